"""Xero: the books to the cent, moments as times, and refresh tokens that are never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import CredentialsRefused, SourceUnavailable
from sandbox.apis._books import books
from sandbox.apis._dealflow import until
from sandbox.apis.xero import REFRESH, Xero
from sandbox.standin import Asked, RateLimit, Reply
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench, records

BOOKS = books(UNIVERSE)


@pytest.fixture
def xero() -> Iterator[Bench]:
    with bench("xero", stand_in=Xero(UNIVERSE)) as made:
        yield made


def world(made: Bench) -> Xero:
    assert isinstance(made.stand_in, Xero)
    return made.stand_in


def test_invoices_and_bills_are_those_of_the_firm_to_the_cent(xero: Bench) -> None:
    found = {one["InvoiceID"]: one for one in xero.read("invoices")}
    held = until(BOOKS.documents, NOW)
    assert len(found) == len(held) > 500
    for document in held:
        told = found[world(xero).id_of("invoice", document.number)]
        assert Decimal(str(told["Total"])) * 100 == document.cents
        assert (told["Date"], told["DueDate"]) == (str(document.on), str(document.due))
        assert told["Status"] == ("PAID" if document.is_paid(NOW) else "AUTHORISED")
        assert told["ContactID"] == world(xero).party_id(document.party)
        changed = datetime.fromisoformat(told["UpdatedDateUTC"])
        assert changed == document.updated_at(NOW).replace(microsecond=0)
    pages = [e.asked.get("page") for e in xero.running.requests if e.asked.get("page")]
    assert pages == ["1", "2"]


def test_contacts_are_vendors_and_companies_under_their_names_in_the_books(xero: Bench) -> None:
    found = {one["ContactID"]: one["Name"] for one in xero.read("contacts")}
    assert found == {
        world(xero).party_id(one): one.who.name_in("xero") if one.who else one.name
        for one in until(BOOKS.parties, NOW)
    }
    assert xero.running.requests[-1].asked.get("includeArchived") == "true"


def test_every_journal_comes_once_and_adds_up_to_nothing(xero: Bench) -> None:
    first = xero.pages("journals")
    found = records(first)
    numbers = [one["JournalNumber"] for one in found]
    assert numbers == list(range(1, len(numbers) + 1))
    posted = [*BOOKS.documents, *BOOKS.payments, *BOOKS.moves]
    assert len(found) == sum(one.created_at <= NOW for one in posted)
    for journal in found:
        amounts = [Decimal(str(line["NetAmount"])) for line in journal["JournalLines"]]
        assert sum(amounts) == 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", journal["JournalDate"])
    xero.stand_in.now += timedelta(days=5)
    again = xero.read("journals", first[-1].state)
    assert [one["JournalNumber"] for one in again][:2] == [numbers[-1] + 1, numbers[-1] + 2]


def test_only_what_was_modified_since_comes_again(xero: Bench) -> None:
    first = xero.pages("invoices")
    later = NOW + timedelta(days=6)
    xero.stand_in.now = later
    again = {one["InvoiceID"]: one for one in xero.read("invoices", first[-1].state)}
    changed = {
        world(xero).id_of("invoice", one.number)
        for one in until(BOOKS.documents, later)
        if one.updated_at(later) > NOW
    }
    assert changed <= set(again)
    assert len(again) <= len(changed) + 2
    assert {one["Status"] for one in again.values()} == {"PAID", "AUTHORISED"}
    since = xero.running.requests[-1].asked.headers["if-modified-since"]
    assert since < NOW.isoformat()


def test_nothing_new_may_be_told_by_304(xero: Bench) -> None:
    state = {"UpdatedDateUTC": "2026-04-01T00:00:00"}
    assert xero.read("accounts", state) == []
    assert xero.running.requests[-1].status == 304


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "overlap", "reorder"]
)
def test_a_fault_on_the_second_page_loses_nothing(xero: Bench, kind: str) -> None:
    held = until(BOOKS.payments, NOW)
    whole = {world(xero).id_of("payment", one.number) for one in held}
    assert len(whole) > 500
    xero.hit(Fault(kind, path="/xero/api.xro/2.0/Payments", after=1))  # type: ignore[arg-type]
    assert {record["PaymentID"] for record in xero.read("payments")} == whole
    assert any(entry.fault for entry in xero.running.requests)


def test_a_token_that_expired_is_renewed_once_and_the_page_read(xero: Bench) -> None:
    tokens = world(xero).tokens
    whole = xero.read("contacts")
    assert tokens.granted == 1
    xero.read("contacts")
    assert tokens.granted == 1, "the access token is kept between runs"
    tokens.expire()
    assert xero.read("contacts") == whole
    assert tokens.granted == 2
    statuses = [entry.status for entry in xero.running.asked("xero")]
    assert statuses.count(401) == 1


class ShortLived(Xero):
    """Ends every access token after the first page of each kind."""

    def answer(self, asked: Asked) -> Reply:
        reply = super().answer(asked)
        if asked.get("page") == "1" and reply.status == 200:
            self.tokens.expire()
        return reply


def test_a_token_that_expires_between_two_pages_costs_no_record() -> None:
    with bench("xero", stand_in=ShortLived(UNIVERSE)) as made:
        assert len(made.read("invoices")) == len(until(BOOKS.documents, NOW))
        assert world(made).tokens.granted == 2


def test_every_new_refresh_token_is_kept_before_it_is_needed(xero: Bench) -> None:
    tokens = world(xero).tokens
    for granted in (1, 2, 3):
        xero.read("organisation")
        assert tokens.granted == granted
        tokens.expire()
    assert tokens.refresh_token != REFRESH
    sent = [
        entry.asked.form()["refresh_token"]
        for entry in xero.running.asked("xero")
        if entry.asked.path == "/connect/token"
    ]
    assert len(set(sent)) == len(sent) == 3, "no refresh token is used twice"


def test_a_refresh_token_that_is_refused_is_told_in_sentences_and_not_shown(xero: Bench) -> None:
    xero.environment["XERO_REFRESH_TOKEN"] = "a-token-of-yesterday"
    with pytest.raises(CredentialsRefused, match="The OAuth server refused") as caught:
        xero.read("organisation")
    assert "Sign in to this source anew" in str(caught.value)
    assert "yesterday" not in str(caught.value)


def test_an_organisation_of_somebody_else_is_told(xero: Bench) -> None:
    xero.environment["XERO_TENANT_ID"] = "another"
    with pytest.raises(CredentialsRefused, match="AuthenticationUnsuccessful"):
        xero.read("organisation")


def test_a_used_up_day_is_not_waited_for(xero: Bench) -> None:
    world(xero).left_today = 1
    with pytest.raises(SourceUnavailable, match="5,000 calls of this day are used up"):
        xero.read("invoices")
    assert [entry.status for entry in xero.running.asked("xero")] == [200, 200, 429]


def test_a_used_up_minute_is_waited_for(xero: Bench) -> None:
    world(xero).minute = RateLimit(2, 0.02)
    assert len(xero.read("invoices")) == len(until(BOOKS.documents, NOW))


# ── the examples of Xero's own description ────────────────────────────────────


class _Texts(yaml.SafeLoader):
    """Plain values; what looks like a date stays text."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Examples(Xero):
    """Answers each path with the example of its description."""

    def __init__(self, paths: Any) -> None:
        super().__init__(UNIVERSE)
        self.paths = paths

    def answer(self, asked: Asked) -> Reply:
        if asked.parts[0] == "connect":
            return super().answer(asked)
        answers = self.paths[f"/{asked.parts[-1]}"]["get"]["responses"]["200"]
        return Reply(body=answers["content"]["application/json"]["example"])


@pytest.fixture(scope="module")
def described(shared: Path) -> Any:
    text = (shared / "specs" / "xero" / "xero_accounting.yaml").read_text(encoding="utf-8")
    return yaml.load(text, _Texts)


@pytest.fixture(scope="module")
def paths(described: Any) -> Any:
    return described["paths"]


_STREAMS = {
    "accounts": "Accounts",
    "contacts": "Contacts",
    "invoices": "Invoices",
    "payments": "Payments",
    "bank_transactions": "BankTransactions",
    "journals": "Journals",
}
_MOMENTS = ("UpdatedDateUTC", "CreatedDateUTC")
_DAYS = ("Date", "DueDate", "JournalDate")


@pytest.mark.parametrize("stream", _STREAMS)
def test_the_vendors_own_examples_are_read_right(stream: str, paths: Any) -> None:
    with bench("xero", stand_in=Examples(paths)) as made:
        found = made.read(stream)
    name = _STREAMS[stream]
    answers = paths[f"/{name}"]["get"]["responses"]["200"]["content"]["application/json"]
    examples = answers["example"][name]
    assert len(found) == len(examples) > 0
    turned = 0
    for record, example in zip(found, examples, strict=True):
        for field, value in example.items():
            if isinstance(value, str) and field in _MOMENTS + _DAYS and "/Date(" in value:
                millis = int(value.partition("(")[2].rstrip(")/").partition("+")[0])
                moment = datetime.fromtimestamp(millis / 1000, UTC)
                told = record[field]
                turned += 1
                if field in _DAYS:
                    assert told == moment.strftime("%Y-%m-%d")
                else:
                    assert datetime.fromisoformat(told) == moment
            else:
                assert record[field] == value, field
    assert turned or stream == "accounts", "the examples write moments as /Date(…)/"


def _offered(described: Any, path: str) -> set[str]:
    """Names of the parameters of a path, in lower case."""
    shared_ones = described["components"]["parameters"]
    every = [
        shared_ones[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for one in described["paths"][path]["get"].get("parameters", ())
    ]
    return {one["name"].lower() for one in every}


_OURS = {"ContactID", "InvoiceID", "AccountID"}
_ONLY_IN_EXAMPLES = {"DateString", "DueDateString"}


@pytest.mark.parametrize("stream", _STREAMS)
def test_connector_and_stand_in_keep_to_the_vendors_description(
    xero: Bench, described: Any, stream: str
) -> None:
    found = xero.read(stream)
    path, name = f"/{_STREAMS[stream]}", _STREAMS[stream].removesuffix("s")
    offered = _offered(described, path)
    for entry in xero.running.requests[1:]:
        assert {parameter.lower() for parameter in entry.asked.query} <= offered
        assert "if-modified-since" in offered
    known = set(described["components"]["schemas"][name]["properties"])
    assert {field for record in found for field in record} - known <= _OURS | _ONLY_IN_EXAMPLES
