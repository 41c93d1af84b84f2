"""Conversion by the central bank's real file: holidays, pauses and the ends of currencies."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import FinanceError
from pipelines.finance.money import Money, RateTable, redenominate

CURRENCIES = ("USD", "ISK", "RUB", "HRK", "BGN")


@pytest.fixture(scope="module")
def rates(shared: Path) -> RateTable:
    """The rates of five currencies, 2015 to 2026, as the file writes them."""
    path = shared / "data" / "ecb-fx" / "eurofxref-hist.2015-2026.csv"
    with path.open(newline="") as file:
        return RateTable(
            (code, date.fromisoformat(row["Date"]), Decimal(row[code]))
            for row in csv.DictReader(file)
            for code in CURRENCIES
            if row[code] != "N/A"
        )


def test_easter_takes_thursday_s_rate(rates: RateTable) -> None:
    made = rates.convert(Money("1081.10", "USD"), "EUR", date(2024, 4, 1))
    assert (str(made.money), made.rate_on, made.age_days) == (
        "1000.00 EUR", date(2024, 3, 28), 4,
    )  # fmt: skip


def test_the_krona_s_pause_has_no_rate(rates: RateTable) -> None:
    with pytest.raises(FinanceError, match="the first is of 2018-02-01"):
        rates.convert(Money(1000, "ISK"), "EUR", date(2017, 6, 30))
    assert rates.convert(Money(12501, "ISK"), "EUR", date(2018, 2, 1)).money.amount == 100


def test_the_rouble_is_refused_a_week_after_its_last_rate(rates: RateTable) -> None:
    assert rates.convert(Money(1000, "RUB"), "EUR", date(2022, 3, 1)).age_days == 0
    with pytest.raises(FinanceError, match="The last rate of RUB by 2022-06-30 is of 2022-03-01"):
        rates.convert(Money(1000, "RUB"), "EUR", date(2022, 6, 30))


@pytest.mark.parametrize(
    ("code", "last", "after", "fixed"),
    [
        ("HRK", date(2022, 12, 30), date(2023, 1, 2), "7.5345"),
        ("BGN", date(2025, 12, 31), date(2026, 1, 2), "1.95583"),
    ],
)
def test_currencies_that_joined_the_euro_convert_until_then(
    rates: RateTable, code: str, last: date, after: date, fixed: str
) -> None:
    assert rates.convert(Money(100, "EUR"), code, last).age_days == 0
    with pytest.raises(FinanceError, match=f"{code} ended"):
        rates.convert(Money(100, "EUR"), code, after)
    assert redenominate(Money(fixed, code)) == Money("1.00", "EUR")
