"""HubSpot: searches without their end, what they belong to, and what changed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.errors import CredentialsRefused, SourceUnavailable
from sandbox.apis._dealflow import dealflow, until
from sandbox.apis.hubspot import HubSpot
from sandbox.standin import Asked, Reply
from tests.connectors.contract import NOW, UNIVERSE, Bench, Fault, bench

FLOW = dealflow(UNIVERSE)


@pytest.fixture
def hubspot() -> Iterator[Bench]:
    """A HubSpot whose searches end at their 250th result."""
    with bench("hubspot", stand_in=HubSpot(UNIVERSE, results=250)) as made:
        yield made


def world(made: Bench) -> HubSpot:
    assert isinstance(made.stand_in, HubSpot)
    return made.stand_in


def test_a_search_is_read_beyond_the_end_of_its_results(hubspot: Bench) -> None:
    companies = hubspot.read("companies")
    known = world(hubspot).there("companies")
    assert 250 < len(known) < len(until(FLOW.companies, NOW))
    assert {c["id"]: c["properties"]["name"] for c in companies} == {
        str(one.who.number_in("hubspot")): one.who.name_in("hubspot") for one in known
    }
    bodies = [entry.asked.json() for entry in hubspot.running.requests]
    assert not any("after" in body for body in bodies)
    assert bodies[0]["properties"][:2] == ["name", "domain"]


def test_deals_have_the_properties_asked_for_and_their_companies(hubspot: Bench) -> None:
    hubspot.environment["HUBSPOT_DEAL_PROPERTIES"] = "dealname,amount,dealstage"
    deals = {deal["id"]: deal["properties"] for deal in hubspot.read("deals")}
    links = {link["id"]: link["associations"] for link in hubspot.read("deal_links")}
    held = world(hubspot).there("deals")
    assert set(deals) == set(links)
    assert len(deals) == len(held)
    for deal in held:
        number = str(300_000_000 + deal.number)
        assert deals[number]["amount"] == str(deal.amount_usd)
        assert deals[number]["dealstage"] == deal.stage(NOW).lower().replace(" ", "")
        linked = links[number]["companies"]["results"]
        assert [one["id"] for one in linked] == [str(deal.known.who.number_in("hubspot"))]


def test_contacts_are_searched_by_their_own_time_of_change(hubspot: Bench) -> None:
    assert len(hubspot.read("contacts")) > 250
    filters = hubspot.running.requests[0].asked.json()["filterGroups"][0]["filters"]
    assert [one["propertyName"] for one in filters] == ["lastmodifieddate", "hs_object_id"]


def test_only_what_changed_meanwhile_is_searched_again(hubspot: Bench) -> None:
    first = hubspot.pages("companies")
    later = NOW + timedelta(days=10)
    hubspot.stand_in.now = later
    again = {record["id"] for record in hubspot.read("companies", first[-1].state)}
    changed = {
        str(one.who.number_in("hubspot"))
        for one in world(hubspot).there("companies")
        if one.updated_at(later) > NOW
    }
    assert changed <= again
    assert len(again) <= len(changed) + 2


def test_what_was_deleted_is_told_without_what_it_held(hubspot: Bench) -> None:
    found = hubspot.read("archived")
    assert {one["object"] for one in found} == {
        "companies", "contacts", "deals", "notes", "meetings"
    }  # fmt: skip
    gone = {
        str(one.who.number_in("hubspot"))
        for one in world(hubspot).there("companies", archived=True)
    }
    assert {one["id"] for one in found if one["object"] == "companies"} == gone
    assert not gone & {one["id"] for one in hubspot.read("companies")}
    assert all(one["archivedAt"] for one in found)
    assert not any("properties" in one for one in found)


def test_pipelines_and_owners_are_there(hubspot: Bench) -> None:
    (pipeline,) = hubspot.read("deal_pipelines")
    assert [stage["label"] for stage in pipeline["stages"]][-2:] == ["Invested", "Passed"]
    assert {owner["email"] for owner in hubspot.read("owners")} == {
        who.email for who in FLOW.who.firm
    }


@pytest.mark.parametrize(
    "kind", ["too_many", "unavailable", "server_error", "reset", "truncated", "reorder"]
)
def test_a_fault_on_the_second_page_loses_nothing(hubspot: Bench, kind: str) -> None:
    stand_in = world(hubspot)
    whole = {str(stand_in.number("deals", one)) for one in stand_in.there("deals")}
    hubspot.hit(Fault(kind, path="/hubspot/crm", after=1))  # type: ignore[arg-type]
    assert {record["id"] for record in hubspot.read("deal_links")} == whole
    assert any(entry.fault for entry in hubspot.running.requests)


def test_a_token_that_is_refused_is_told_in_sentences_and_not_shown(hubspot: Bench) -> None:
    hubspot.environment["HUBSPOT_ACCESS_TOKEN"] = "a-token-of-yesterday"
    with pytest.raises(CredentialsRefused, match="does not accept the credentials") as caught:
        hubspot.read("owners")
    assert "yesterday" not in str(caught.value)


class UsedUp(HubSpot):
    """An account whose calls of the day are used up."""

    def answer(self, asked: Asked) -> Reply:
        return Reply(429, {}, {"status": "error", "policyName": "DAILY", "message": "daily limit"})


def test_a_used_up_day_is_not_waited_for() -> None:
    with bench("hubspot", stand_in=UsedUp(UNIVERSE)) as made:
        with pytest.raises(SourceUnavailable, match="calls of this day are used up"):
            made.read("owners")
        assert len(made.running.requests) == 1
