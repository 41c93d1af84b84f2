"""The central bank's rates: exact values, corrections and quiet days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from pipelines.errors import RequestRefused
from sandbox.rates import published
from tests.connectors.contract import NOW, UNIVERSE, Bench, bench

FIRST = date(2025, 7, 1)


@pytest.fixture
def ecb() -> Iterator[Bench]:
    with bench("ecb") as made:
        yield made


def test_every_rate_arrives_in_the_digits_it_was_published_with(ecb: Bench) -> None:
    found = {(r["CURRENCY"], r["TIME_PERIOD"]): r["OBS_VALUE"] for r in ecb.read("exchange_rates")}
    assert found == {
        (code, day.isoformat()): rate
        for day, rates in published(UNIVERSE).items()
        if day >= FIRST
        for code, rate in rates.items()
    }
    assert len(ecb.running.requests) > 3


def test_only_the_last_week_is_read_again_and_new_days_arrive(ecb: Bench) -> None:
    first = ecb.pages("exchange_rates")
    ecb.stand_in.now += timedelta(days=3)
    again = ecb.read("exchange_rates", first[-1].state)
    days = {record["TIME_PERIOD"] for record in again}
    assert max(days) == (NOW.date() + timedelta(days=3)).isoformat()
    assert min(days) >= (NOW.date() - timedelta(days=7)).isoformat()


def test_only_the_wanted_currencies_are_asked_for(ecb: Bench) -> None:
    ecb.environment["ECB_CURRENCIES"] = "USD+GBP"
    assert {r["CURRENCY"] for r in ecb.read("exchange_rates")} == {"USD", "GBP"}


def test_a_window_without_a_rate_is_no_error(ecb: Bench) -> None:
    ecb.environment["ECB_START_DATE"] = (NOW.date() + timedelta(days=1)).isoformat()
    assert ecb.read("exchange_rates") == []


def test_a_wrong_currency_list_is_an_error_and_not_an_empty_table(ecb: Bench) -> None:
    ecb.environment["ECB_CURRENCIES"] = "USD.GBP"
    with pytest.raises(RequestRefused, match="400"):
        ecb.read("exchange_rates")
