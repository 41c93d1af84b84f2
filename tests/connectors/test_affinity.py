"""Affinity: every list as the firm holds it, what changed since, and its two limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import CredentialsRefused, SourceUnavailable
from sandbox.apis._dealflow import dealflow, until
from sandbox.apis.affinity import Affinity
from sandbox.standin import RateLimit
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench

FLOW = dealflow(UNIVERSE)


@pytest.fixture
def affinity() -> Iterator[Bench]:
    with bench("affinity", stand_in=Affinity(UNIVERSE)) as made:
        yield made


def test_companies_and_people_are_those_of_the_firm(affinity: Bench) -> None:
    companies = affinity.read("companies")
    known = {one.who.number_in("affinity"): one.who for one in until(FLOW.companies, NOW)}
    assert {c["id"]: c["name"] for c in companies} == {
        n: who.name_in("affinity") for n, who in known.items()
    }
    assert {f["type"] for c in companies for f in c["fields"]} == {"enriched", "global"}
    assert len([e for e in affinity.running.requests if e.asked.get("cursor")]) == 4
    people = affinity.read("persons")
    assert len(people) == len(FLOW.who.firm) + len(until(FLOW.contacts, NOW))
    assert {p["type"] for p in people} == {"internal", "external"}


def test_rows_of_every_list_know_their_list_and_their_status(affinity: Bench) -> None:
    entries = affinity.read("list_entries")
    deals = until(FLOW.deals, NOW)
    invested = [deal for deal in deals if deal.stage(NOW) == "Invested"]
    assert len([e for e in entries if e["listId"] == 1]) == len(invested)
    stages = {e["entity_id"]: e["entity"]["fields"][0]["value"]["data"]["text"]
              for e in entries if e["listId"] == 2}  # fmt: skip
    assert stages == {d.known.who.number_in("affinity", "deal"): d.stage(NOW) for d in deals}
    assert {f["list_id"] for f in affinity.read("list_fields")} == {1, 2}


@pytest.mark.parametrize(("stream", "things"), [("notes", FLOW.notes), ("meetings", FLOW.meetings)])
def test_only_what_was_made_or_changed_meanwhile_comes_again(
    affinity: Bench, stream: str, things: Any
) -> None:
    first = affinity.pages(stream)
    later = NOW + timedelta(days=20)
    affinity.stand_in.now = later
    again = affinity.read(stream, first[-1].state)
    held = {
        one.number
        for one in until(things, later)
        if one.updated_at(later) > NOW and (stream == "notes" or one.number % 5)
    }
    assert held <= {record["id"] for record in again}
    assert len(again) <= len(held) + 2
    created = {n.number for n in FLOW.notes if NOW < n.created_at <= later}
    assert stream == "meetings" or held - created, "some notes were only changed"


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "overlap", "reorder"]
)
def test_a_fault_on_the_second_page_loses_nothing(affinity: Bench, kind: str) -> None:
    whole = {one.who.number_in("affinity") for one in until(FLOW.companies, NOW)}
    affinity.hit(Fault(kind, path="/affinity/v2/companies", after=1))  # type: ignore[arg-type]
    assert {record["id"] for record in affinity.read("companies")} == whole
    assert any(entry.fault for entry in affinity.running.requests)


def test_a_key_that_is_refused_is_told_in_sentences_and_not_shown(affinity: Bench) -> None:
    affinity.environment["AFFINITY_API_KEY"] = "a-key-of-yesterday"
    with pytest.raises(CredentialsRefused, match="does not accept the credentials") as caught:
        affinity.read("lists")
    assert "Renew the key" in str(caught.value)
    assert "yesterday" not in str(caught.value)
    assert len(affinity.running.requests) == 1


def test_when_the_months_calls_are_used_up_reading_ends_and_says_until_when(
    affinity: Bench,
) -> None:
    stand_in = affinity.stand_in
    assert isinstance(stand_in, Affinity)
    stand_in.left_in_month = 2
    with pytest.raises(SourceUnavailable, match="used up until"):
        affinity.read("companies")
    assert len(affinity.running.requests) == 2


def test_a_minute_that_is_used_up_is_waited_for_and_no_call_is_wasted(affinity: Bench) -> None:
    stand_in = affinity.stand_in
    assert isinstance(stand_in, Affinity)
    stand_in.minute = RateLimit(2, 0.02)
    assert len(affinity.read("companies")) == len(until(FLOW.companies, NOW))
