"""Attio: records with their values, lists with their entries, and pages by offset."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.errors import CredentialsRefused
from sandbox.apis._dealflow import dealflow, until
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench

FLOW = dealflow(UNIVERSE)


@pytest.fixture
def attio() -> Iterator[Bench]:
    with bench("attio") as made:
        yield made


def test_companies_and_people_are_those_of_the_firm(attio: Bench) -> None:
    companies = {record["record_id"]: record for record in attio.read("companies")}
    for known in until(FLOW.companies, NOW):
        record = companies.pop(known.who.uuid_in("attio"))
        assert (record["name"], record["domain"]) == (known.who.name_in("attio"), known.who.domain)
        assert "id" not in record
    assert not companies
    people = attio.read("people")
    contacts = until(FLOW.contacts, NOW)
    assert {p["email_address"]: (p["name"], p["company_id"]) for p in people} == {
        c.person.email: (c.person.name, c.known.who.uuid_in("attio")) for c in contacts
    }
    asked = [e.asked.json() for e in attio.running.requests if "people" in e.asked.path]
    assert [(body["limit"], body["offset"]) for body in asked] == [(500, 0), (500, 500)]


def test_deals_have_stage_amount_and_company(attio: Bench) -> None:
    deals = {deal["company_id"]: deal for deal in attio.read("deals")}
    held = until(FLOW.deals, NOW)
    assert len(deals) == len(held)
    for deal in held:
        record = deals[deal.known.who.uuid_in("attio")]
        told = (record["stage"], record["amount"], record["currency"])
        assert told == (deal.stage(NOW), deal.amount_usd, "USD")


def test_entries_are_read_for_every_list(attio: Bench) -> None:
    lists = {one["list_id"] for one in attio.read("lists")}
    entries = attio.read("list_entries")
    assert {entry["list_id"] for entry in entries} == lists
    closed = ("Invested", "Passed")
    expected = {
        d.known.who.uuid_in("attio") for d in until(FLOW.deals, NOW) if d.stage(NOW) not in closed
    }
    assert {entry["parent_record_id"] for entry in entries} == expected


def test_notes_and_meetings_are_read_to_the_last_page(attio: Bench) -> None:
    notes = attio.read("notes")
    assert len({note["note_id"] for note in notes}) == len(until(FLOW.notes, NOW)) > 300
    meetings = attio.read("meetings")
    assert len({one["meeting_id"] for one in meetings}) == len(until(FLOW.meetings, NOW)) > 200
    assert sum("cursor" in entry.asked.query for entry in attio.running.requests) == 1


def test_what_is_made_meanwhile_comes_with_the_next_run(attio: Bench) -> None:
    before = attio.read("people")
    attio.stand_in.now += timedelta(days=10)
    after = attio.read("people")
    assert after[: len(before)] == before
    assert len(after) == len(until(FLOW.contacts, attio.stand_in.now)) > len(before)


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "overlap", "reorder"]
)
def test_a_fault_on_the_second_page_loses_nothing(attio: Bench, kind: str) -> None:
    whole = {one.person.email for one in until(FLOW.contacts, NOW)}
    attio.hit(Fault(kind, path="/attio/v2/objects/people", after=1))  # type: ignore[arg-type]
    assert {record["email_address"] for record in attio.read("people")} == whole
    assert any(entry.fault for entry in attio.running.requests)


def test_a_token_that_is_refused_is_told_in_sentences_and_not_shown(attio: Bench) -> None:
    attio.environment["ATTIO_API_KEY"] = "a-token-of-yesterday"
    with pytest.raises(CredentialsRefused, match="does not accept the credentials") as caught:
        attio.read("companies")
    assert "Renew the key or token" in str(caught.value)
    assert "yesterday" not in str(caught.value)
