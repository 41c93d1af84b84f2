"""Companies House: every list whole, filings only once, and the register's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import CredentialsRefused, RequestRefused
from sandbox.apis.companies_house import CompaniesHouse, filings, officers, owners, profile
from sandbox.identities import Identity
from tests.connectors.contract import NOW, Bench, Fault, bench

TODAY = NOW.date().isoformat()


@pytest.fixture
def house() -> Iterator[Bench]:
    with bench("companies_house") as made:
        yield made


def _watched(house: Bench) -> list[Identity]:
    assert isinstance(house.stand_in, CompaniesHouse)
    return [house.stand_in.companies[number] for number in house.stand_in.watched]


def _without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def test_every_watched_company_arrives_with_its_profile(house: Bench) -> None:
    assert house.read("companies") == [profile(who) for who in _watched(house)]


def test_officers_and_owners_arrive_under_their_company_and_their_own_identity(
    house: Bench,
) -> None:
    found = house.read("officers")
    expected = [officer for who in _watched(house) for officer in officers(who)]
    assert [_without(r, "company_number", "appointment_id") for r in found] == expected
    assert all(r["appointment_id"] in r["links"]["self"] for r in found)
    assert all(r["company_number"] in r["links"]["self"] for r in found)
    controlling = house.read("persons_with_significant_control")
    told = [owner for who in _watched(house) for owner in owners(who)]
    assert [_without(r, "company_number", "psc_id") for r in controlling] == told
    assert len({r["company_number"] for r in controlling}) < len(_watched(house))


def test_filings_of_more_than_one_page_arrive_whole(house: Bench) -> None:
    found = [_without(r, "company_number") for r in house.read("filing_history")]
    expected = [f for who in _watched(house) for f in filings(who) if f["date"] <= TODAY]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert any(e.asked.get("start_index") == "100" for e in house.running.requests)


def test_a_later_run_asks_for_no_second_page_and_gets_what_was_filed_since(house: Bench) -> None:
    first = house.pages("filing_history")
    known = {r["transaction_id"] for page in first for r in page.records}
    house.stand_in.now += timedelta(days=31)
    asked = len(house.running.requests)
    new = house.read("filing_history", first[-1].state)
    expected = {
        f["transaction_id"]
        for who in _watched(house)
        for f in filings(who)
        if TODAY < f["date"] <= house.stand_in.now.date().isoformat()
    }
    assert {r["transaction_id"] for r in new} - known == expected
    assert expected
    assert len(house.running.requests) - asked == len(_watched(house))


def test_a_limit_that_names_no_wait_but_a_reset_loses_no_filing(house: Bench) -> None:
    whole = len(house.read("filing_history"))
    house.hit(Fault("too_many", after=2, times=2))
    assert len(house.read("filing_history")) == whole


def test_a_wrong_key_is_told_as_one_and_not_shown(house: Bench) -> None:
    house.environment["COMPANIES_HOUSE_API_KEY"] = "not-the-key"
    with pytest.raises(CredentialsRefused, match="401") as caught:
        house.read("companies")
    assert "not-the-key" not in str(caught.value)


def test_an_unknown_number_is_an_error_that_names_the_setting(house: Bench) -> None:
    house.environment["COMPANIES_HOUSE_NUMBERS"] = "00900057, 99999999"
    with pytest.raises(RequestRefused, match="COMPANIES_HOUSE_NUMBERS"):
        house.read("companies")
