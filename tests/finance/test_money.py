"""Amounts and rates: exact, of the right day, and refused where no rate is true."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import FinanceError
from pipelines.finance.currencies import ENDINGS
from pipelines.finance.money import Money, RateTable, redenominate

DAY = date(2024, 3, 28)
RATES = RateTable(
    [
        ("USD", DAY, Decimal("1.0811")),
        ("USD", date(2024, 4, 2), Decimal("1.0749")),
        ("JPY", DAY, Decimal("163.45")),
        ("ISK", date(2024, 3, 27), Decimal("149.9")),
        ("RUB", date(2022, 3, 1), Decimal("117.201")),
        ("TRL", date(2004, 12, 31), Decimal("1836200")),
        ("TRY", date(2005, 1, 3), Decimal("1.8233")),
        ("HRK", date(2022, 12, 30), Decimal("7.5365")),
    ]
)


@pytest.mark.parametrize("amount", [0.1, True, Decimal("NaN"), "1,5", None])
def test_only_an_exact_number_is_an_amount(amount: str) -> None:
    with pytest.raises(FinanceError, match="An amount must be"):
        Money(amount, "EUR")


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "€"])
def test_a_currency_is_a_code(currency: str) -> None:
    with pytest.raises(FinanceError, match="three capital letters"):
        Money(1, currency)


def test_tenths_add_up_and_currencies_do_not_mix() -> None:
    assert Money("0.1", "EUR") + Money("0.2", "EUR") == Money("0.3", "EUR")
    assert Money(3, "EUR") * 2 - Money(1, "EUR") == Money(5, "EUR")
    assert Money(1, "EUR") < Money(2, "EUR")
    assert -Money(1, "EUR") <= Money(0, "EUR")
    for mixed in (
        lambda: Money(1, "EUR") + Money(1, "USD"),
        lambda: Money(1, "EUR") - Money(1, "USD"),
        lambda: Money(1, "EUR") < Money(1, "USD"),
    ):
        with pytest.raises(FinanceError, match="two currencies"):
            mixed()
    with pytest.raises(FinanceError, match="float"):
        Money(1, "EUR") * 1.5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("money", "rounded"),
    [
        (Money("2.345", "EUR"), "2.35 EUR"),
        (Money("-2.345", "EUR"), "-2.35 EUR"),
        (Money("1234.5", "JPY"), "1235 JPY"),
        (Money("1.2345", "KWD"), "1.235 KWD"),
    ],
)
def test_amounts_round_to_their_own_unit_half_up(money: Money, rounded: str) -> None:
    assert str(money.rounded()) == rounded


def test_the_rate_of_the_day_is_used_and_named() -> None:
    made = RATES.convert(Money("1000000", "USD"), "EUR", DAY)
    assert str(made.money) == "924983.81 EUR"
    assert (made.rate_on, made.age_days, made.rule) == (DAY, 0, "the rate of the day")


def test_over_easter_the_last_rate_is_used_and_its_age_told() -> None:
    made = RATES.convert(Money("1081.10", "USD"), "EUR", date(2024, 4, 1))
    assert str(made.money) == "1000.00 EUR"
    assert (made.rate_on, made.age_days) == (DAY, 4)
    assert made.rule == "the last rate published before the day"


def test_between_two_others_the_older_of_both_rates_counts() -> None:
    made = RATES.convert(Money("108.11", "USD"), "JPY", DAY)
    assert (str(made.money), made.age_days) == ("16345 JPY", 0)
    made = RATES.convert(Money(1499, "ISK"), "USD", DAY)
    assert (str(made.money), made.age_days) == ("10.81 USD", 1)


def test_nothing_happens_to_an_amount_in_its_own_currency() -> None:
    made = RATES.convert(Money("5.005", "XXX"), "XXX", DAY)
    assert (str(made.money), made.rate) == ("5.01 XXX", Decimal(1))


def test_before_the_first_rate_and_without_any_there_is_none() -> None:
    with pytest.raises(FinanceError, match="the first is of 2024-03-28"):
        RATES.convert(Money(1, "USD"), "EUR", date(2024, 3, 27))
    with pytest.raises(FinanceError, match="there is none at all"):
        RATES.convert(Money(1, "GBP"), "EUR", DAY)


def test_a_rate_that_is_no_longer_published_is_refused_when_too_old() -> None:
    assert RATES.convert(Money("117.20", "RUB"), "EUR", date(2022, 3, 8)).age_days == 7
    with pytest.raises(FinanceError, match="8 days before"):
        RATES.convert(Money(1, "RUB"), "EUR", date(2022, 3, 9))


def test_a_currency_that_has_ended_is_refused_and_its_successor_named() -> None:
    table = RateTable([("HRK", date(2022, 12, 30), Decimal("7.5365"))])
    last = table.convert(Money("10.00", "EUR"), "HRK", date(2022, 12, 31))
    assert (str(last.money), last.age_days) == ("75.37 HRK", 1)
    with pytest.raises(FinanceError, match=r"HRK ended on 2022-12-31.*one EUR"):
        RATES.convert(Money(1, "HRK"), "USD", date(2023, 1, 2))
    with pytest.raises(FinanceError, match=r"TRL ended on 2004-12-31.*1000000 TRL became one TRY"):
        RATES.convert(Money(1, "EUR"), "TRL", date(2005, 1, 3))


def test_redenominations_are_exact_on_any_day() -> None:
    assert redenominate(Money(1_836_200, "TRL")) == Money("1.84", "TRY")
    assert redenominate(Money(25_000, "ROL")) == Money("2.50", "RON")
    assert redenominate(Money("7.5345", "HRK")) == Money("1.00", "EUR")
    assert redenominate(Money(5, "USD")) == Money(5, "USD")
    made = RATES.convert(Money(5_000_000, "TRL"), "TRY", date(2020, 1, 1))
    assert (made.money, made.rate_on, made.age_days) == (Money("5.00", "TRY"), None, None)
    assert "fixed by law" in made.rule


def test_two_rates_of_a_day_and_rates_of_nothing_are_refused() -> None:
    with pytest.raises(FinanceError, match="two rates of USD"):
        RateTable([("USD", DAY, Decimal(1)), ("USD", DAY, Decimal(2))])
    with pytest.raises(FinanceError, match="above 0"):
        RateTable([("USD", DAY, Decimal(0))])


def test_every_ended_currency_leads_to_one_that_exists() -> None:
    ended = {ending.currency for ending in ENDINGS}
    for ending in ENDINGS:
        assert redenominate(Money(1000, ending.currency)).currency not in ended


@given(
    st.decimals("0.01", "99999999999.99", places=2),
    st.decimals("0.0001", "20000", places=4),
    st.integers(0, 7),
)
def test_conversion_is_exact_to_the_cent(amount: Decimal, rate: Decimal, age: int) -> None:
    table = RateTable([("USD", DAY, rate)])
    made = table.convert(Money(amount, "USD"), "EUR", DAY + timedelta(days=age))
    assert made.money.amount == (amount / rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert made.age_days == age
