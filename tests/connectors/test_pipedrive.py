"""Pipedrive: both versions of its API, what changed since, and a day's tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.engine import Engine, run_stream
from pipelines.errors import CredentialsRefused, RequestRefused, SourceError
from resources.settings import Settings
from sandbox.apis._dealflow import dealflow, until
from sandbox.apis.pipedrive import Pipedrive
from sandbox.standin import Asked, Reply
from tests.assets.bench import catalog
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench

FLOW = dealflow(UNIVERSE)


@pytest.fixture
def pipedrive() -> Iterator[Bench]:
    with bench("pipedrive", stand_in=Pipedrive(UNIVERSE)) as made:
        yield made


def test_organizations_and_people_are_those_of_the_firm(pipedrive: Bench) -> None:
    found = {one["id"]: one["name"] for one in pipedrive.read("organizations")}
    assert found == {
        one.who.number_in("pipedrive"): one.who.name_in("pipedrive")
        for one in until(FLOW.companies, NOW)
    }
    people = pipedrive.read("persons")
    contacts = until(FLOW.contacts, NOW)
    assert len(people) == len(contacts) > 500
    assert {p["emails"][0]["value"] for p in people} == {c.person.email for c in contacts}
    assert sum("cursor" in entry.asked.query for entry in pipedrive.running.requests) == 1


def test_deals_of_every_status_come(pipedrive: Bench) -> None:
    deals = pipedrive.read("deals")
    assert {deal["status"] for deal in deals} == {"open", "won", "lost"}
    assert {deal["id"]: deal["value"] for deal in deals} == {
        deal.number: deal.amount_usd for deal in until(FLOW.deals, NOW)
    }
    stages = {stage["id"]: stage["name"] for stage in pipedrive.read("stages")}
    assert all(deal["stage_id"] in stages for deal in deals)


def test_codes_of_own_fields_have_names(pipedrive: Bench) -> None:
    names = {one["field_code"]: one for one in pipedrive.read("fields")}
    (code,) = pipedrive.read("organizations")[0]["custom_fields"]
    assert names[code]["field_name"] == "Web domain"
    assert names[code]["entity"] == "organizationFields"


def test_notes_and_users_come_from_the_first_version(pipedrive: Bench) -> None:
    assert len(pipedrive.read("notes")) == len(until(FLOW.notes, NOW))
    assert len(pipedrive.read("users")) == len(FLOW.who.firm)
    assert {entry.asked.parts[0] for entry in pipedrive.running.requests} == {"v1"}


@pytest.mark.parametrize(
    ("stream", "things"), [("deals", FLOW.deals), ("activities", FLOW.meetings)]
)
def test_only_what_changed_meanwhile_is_asked_for_again(
    pipedrive: Bench, stream: str, things: Any
) -> None:
    first = pipedrive.pages(stream)
    later = NOW + timedelta(days=20)
    pipedrive.stand_in.now = later
    again = {record["id"] for record in pipedrive.read(stream, first[-1].state)}
    changed = {one.number for one in until(things, later) if one.updated_at(later) > NOW}
    assert changed <= again
    assert len(again) <= len(changed) + 2


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "overlap", "reorder"]
)
def test_a_fault_on_the_second_page_loses_nothing(pipedrive: Bench, kind: str) -> None:
    whole = {one.number for one in until(FLOW.contacts, NOW)}
    pipedrive.hit(Fault(kind, path="/pipedrive/api", after=1))  # type: ignore[arg-type]
    assert {record["id"] for record in pipedrive.read("persons")} == whole
    assert any(entry.fault for entry in pipedrive.running.requests)


def test_people_on_two_pages_are_kept_once(
    pipedrive: Bench, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pipedrive.environment.items():
        monkeypatch.setenv(name, value)
    pipedrive.hit(Fault("overlap", path="/pipedrive/api", after=1))
    engine = Engine(settings.model_copy(update={"allow_hosts": ("127.0.0.1",)}), catalog())
    source = engine.catalog.sources["pipedrive"]
    stream = next(one for one in source.streams if one.name == "persons")
    report = run_stream(engine, source, stream, run_id="1")
    held = len(until(FLOW.contacts, NOW))
    assert (report.rows_read, report.rows_loaded, report.rows_duplicate) == (held + 500, held, 500)
    engine.close()


def test_a_token_that_is_refused_is_told_in_sentences_and_not_shown(pipedrive: Bench) -> None:
    pipedrive.environment["PIPEDRIVE_API_TOKEN"] = "a-token-of-yesterday"
    with pytest.raises(CredentialsRefused, match="does not accept the credentials") as caught:
        pipedrive.read("users")
    assert "yesterday" not in str(caught.value)


def test_a_day_without_tokens_ends_the_run_after_few_attempts(pipedrive: Bench) -> None:
    stand_in = pipedrive.stand_in
    assert isinstance(stand_in, Pipedrive)
    stand_in.tokens = 5
    with pytest.raises(SourceError):
        pipedrive.read("deals")
    assert len(pipedrive.running.requests) <= 6


class Unwilling(Pipedrive):
    """Answers 200 and says in the body that it failed."""

    def answer(self, asked: Asked) -> Reply:
        return Reply(body={"success": False, "error": "Filter not found", "error_info": "see docs"})


def test_a_failure_in_a_good_answer_is_no_empty_page() -> None:
    unwilling = Unwilling(UNIVERSE)
    refused = pytest.raises(RequestRefused, match="Filter not found")
    with bench("pipedrive", stand_in=unwilling) as made, refused:
        made.read("persons")
