"""Notes, SAFEs and warrants that convert at a price nobody agreed to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import FinanceError
from pipelines.finance.captable.dilution import rounds
from pipelines.finance.captable.interest import accrued
from pipelines.finance.captable.ownership import Capital, capital
from pipelines.finance.captable.priced_round import (
    Convertible,
    Priced,
    Terms,
    convertible,
    price_round,
)
from pipelines.finance.captable.reading import read_documents
from pipelines.finance.captable.replay import replay
from pipelines.finance.captable.terms import mechanism
from pipelines.finance.captable.values import Money
from tests.finance.captable.company import documents, numbers, usd

NONE = Decimal(0)
DAY = date(2021, 2, 1)


def safe(amount: str, on: date = DAY, name: str = "safe", **said: Any) -> Convertible:
    terms = mechanism({"type": "SAFE_CONVERSION", "conversion_mfn": False} | said)
    return Convertible(name, on, Money(Decimal(amount), "USD"), terms)


def capped(cap: str, timing: str = "POST_MONEY") -> dict[str, Any]:
    return {"conversion_valuation_cap": usd(cap), "conversion_timing": timing}


def a_round(pre: str, new: str, **more: Any) -> Terms:
    return Terms(DAY, Money(Decimal(pre), "USD"), Decimal(new), **more)


def shares(count: int, available: int = 0) -> Capital:
    return Capital(Decimal(count), NONE, NONE, Decimal(available))


def test_the_safe_of_the_company_converts_as_worked_by_hand() -> None:
    past = replay(read_documents("juniper", documents()))
    before = past.on(date(2021, 1, 31))
    held = convertible(before.holdings["safe-1"], DAY)
    priced = price_round(capital(before), [held], a_round("10000000", "2000000"))
    (made,) = priced.converted
    assert (made.price, made.shares, made.by) == (*numbers("0.5", 1_000_000), "cap")
    assert (priced.price, priced.new_shares) == numbers(1, 2_000_000)
    # What was computed is what the company then issued.
    assert priced.capital == capital(past.on(DAY))


def test_dilution_by_round_is_that_worked_by_hand() -> None:
    (seed,) = rounds(replay(read_documents("juniper", documents())))
    assert seed.raised == (Money(Decimal("2500000.00"), "USD"),)  # 2,000,000 new, 500,000 SAFE
    assert (seed.shares_before, seed.shares_after) == numbers(9_000_000, 12_000_000)
    changes = {it.stakeholder_id: it for it in seed.changes}
    assert changes["ada"].before_shares == changes["ada"].after_shares == 4_000_000
    assert changes["ada"].dilution == pytest.approx(Decimal("0.25"))  # 4 of 9 to 4 of 12
    assert changes[None].dilution == pytest.approx(Decimal("0.25"))
    assert changes["delta"].after == pytest.approx(Decimal(1) / 12)
    assert changes["echo"].dilution is None
    assert sum(it.before for it in seed.changes) == pytest.approx(1)
    assert sum(it.after for it in seed.changes) == pytest.approx(1)


def test_a_pre_money_safe_converts_as_in_the_primer_of_2013() -> None:
    # Y Combinator, "Primer for understanding and using the safe", example 1: 100,000 at a cap
    # of 5,000,000, 11,000,000 shares with the pool: 0.4545 a share, 220,022 shares.
    priced = price_round(
        shares(10_000_000, 1_000_000),
        [safe("100000", **capped("5000000", "PRE_MONEY"))],
        a_round("10000000", "1000000", within_pre_money=False),
    )
    assert priced.price == Decimal("0.9091")
    assert (priced.converted[0].price, priced.converted[0].shares) == numbers("0.4545", 220_022)


def test_post_money_safes_own_their_shares_of_the_cap_together() -> None:
    # 500,000 of 5,000,000 and of 10,000,000: 10 % and 5 % of 10,000,000 shares.
    priced = price_round(
        shares(8_500_000),
        [
            safe("500000", name="one", **capped("5000000")),
            safe("500000", name="two", **capped("10000000")),
        ],
        a_round("20000000", "5000000"),
    )
    found = {it.security_id: (it.shares, it.price) for it in priced.converted}
    assert found == {"one": numbers(1_000_000, "0.5"), "two": numbers(500_000, 1)}
    assert (priced.price, priced.new_shares) == numbers(2, 2_500_000)


def test_a_discount_that_depends_on_the_price_it_changes_is_solved() -> None:
    # S = 800,000 / (0.8 P) and P = 4,000,000 / (1,000,000 + S): P is 3, S 333,333.33.
    priced = price_round(
        shares(1_000_000),
        [safe("800000", conversion_discount="0.2")],
        a_round("4000000", "1000000"),
    )
    (made,) = priced.converted
    assert (priced.price, made.price, made.by) == (*numbers(3, "2.4"), "discount")
    assert made.shares == 333_333


@pytest.mark.parametrize(
    ("said", "by", "price"),
    [
        ({}, "round", "4"),
        ({"conversion_discount": "0.2"}, "discount", "3.2"),
        ({"conversion_discount": "0.2"} | capped("1000000", "PRE_MONEY"), "cap", "1"),
        ({"conversion_discount": "0.2"} | capped("3900000", "PRE_MONEY"), "discount", "3.2"),
        (capped("9000000", "PRE_MONEY"), "round", "4"),
    ],
)
def test_the_holder_gets_the_lowest_of_round_discount_and_cap(
    said: dict[str, Any], by: str, price: str
) -> None:
    terms = a_round("4000000", "1000000", within_pre_money=False)
    (made,) = price_round(shares(1_000_000), [safe("10000", **said)], terms).converted
    assert (made.by, made.price) == (by, Decimal(price))


def test_most_favoured_takes_the_terms_of_what_came_later_but_not_of_what_came_before() -> None:
    early = safe("1", date(2019, 1, 1), "early", **capped("1000000"))
    favoured = Convertible(
        "mfn",
        date(2020, 1, 1),
        Money(Decimal(250_000), "USD"),
        mechanism({"type": "SAFE_CONVERSION", "conversion_mfn": True}),
    )
    later = safe("250000", date(2020, 6, 1), "later", **capped("5000000"))
    priced = price_round(shares(9_000_000), [favoured, later], a_round("20000000", "1000000"))
    assert [(it.shares, it.price) for it in priced.converted] == [numbers(500_000, "0.5")] * 2
    alone = price_round(shares(9_000_000), [early, favoured], a_round("20000000", "1000000"))
    assert alone.converted[1].by == "round"


def test_a_pool_is_enlarged_to_its_share_of_the_post_money() -> None:
    # New money buys 20 % of 12,500,000, the pool is 10 %, so 8,000,000 shares are 70 %:
    # 11,428,571.43 in all, 1.09375 each, 1,142,857.14 for the pool, 2,285,714.29 sold.
    terms = a_round("10000000", "2500000", pool_after=Decimal("0.1"), price_places=5)
    priced = price_round(shares(8_000_000), [], terms)
    assert priced.price == Decimal("1.09375")
    assert (priced.pool_increase, priced.new_shares) == numbers(1_142_858, 2_285_714)


def test_promised_options_come_from_the_pool_before_it_is_enlarged() -> None:
    terms = a_round("10000000", "0", promised=Decimal(300_000))
    priced = price_round(shares(9_700_000, 100_000), [], terms)
    assert priced.pool_increase == 200_000
    assert (priced.capital.options, priced.capital.available) == numbers(300_000, 0)
    assert priced.price == 1


@given(
    st.integers(1_000_000, 50_000_000),
    st.integers(10_000, 2_000_000),
    st.integers(3_000_000, 90_000_000),
    st.integers(1_000_000, 30_000_000),
)
def test_a_post_money_safe_owns_its_share_whatever_the_round(
    count: int, amount: int, cap: int, pre: int
) -> None:
    terms = a_round(str(pre + cap), "1000000", price_places=12)
    priced = price_round(shares(count), [safe(str(amount), **capped(str(cap)))], terms)
    (made,) = priced.converted
    share = Decimal(amount) / cap
    assert abs(count * share / (1 - share) - made.shares) <= 1  # whole shares
    assert made.by == "cap"


def warrant(kind: str, amount: str = "100000", **said: Any) -> Priced:
    terms = mechanism({"type": kind} | said)
    each = Convertible("w", DAY, Money(Decimal(amount), "USD"), terms)
    return price_round(shares(1_000_000), [each], a_round("10000000", "0", within_pre_money=False))


@pytest.mark.parametrize(
    ("kind", "said", "count"),
    [
        ("FIXED_AMOUNT_CONVERSION", {"converts_to_quantity": "22538"}, 22_538),
        ("VALUATION_BASED_CONVERSION", {"valuation_type": "ACTUAL"}, 10_000),
        (
            "VALUATION_BASED_CONVERSION",
            {"valuation_type": "FIXED", "valuation_amount": usd("20000000")},
            5_000,
        ),
        (
            "VALUATION_BASED_CONVERSION",
            {"valuation_type": "CAP", "valuation_amount": usd("20000000")},
            10_000,
        ),
        ("PPS_BASED_CONVERSION", {"description": "x", "discount_amount": usd("1.12")}, 11_261),
        ("PPS_BASED_CONVERSION", {"description": "x", "discount_percentage": "0.2"}, 12_500),
        ("FIXED_PERCENT_OF_CAPITALIZATION_CONVERSION", {"converts_to_percent": "0.01"}, 10_000),
    ],
)
def test_warrants_convert_by_their_mechanism(kind: str, said: dict[str, Any], count: int) -> None:
    assert warrant(kind, **said).converted[0].shares == count


def test_terms_in_words_are_not_guessed_at() -> None:
    with pytest.raises(FinanceError, match="As the board sees fit"):
        warrant("CUSTOM_CONVERSION", custom_conversion_description="As the board sees fit")


def test_safes_that_claim_the_whole_company_are_refused() -> None:
    with pytest.raises(FinanceError, match="claim the whole company"):
        price_round(
            shares(1_000_000),
            [safe("500000", **capped("400000"))],
            a_round("10000000", "1000000"),
        )


def test_currencies_are_not_mixed() -> None:
    euros = Terms(DAY, Money(Decimal(10), "EUR"), NONE)
    with pytest.raises(FinanceError, match="The round is in EUR"):
        price_round(shares(100), [safe("1")], euros)


def note(rate: str, **said: Any) -> Any:
    return mechanism(
        {
            "type": "CONVERTIBLE_NOTE_CONVERSION",
            "interest_rates": [{"rate": rate, "accrual_start_date": "2020-01-01"}],
            "day_count_convention": "ACTUAL_365",
            "interest_payout": "DEFERRED",
            "interest_accrual_period": "ANNUAL",
            "compounding_type": "SIMPLE",
        }
        | said
    )


@pytest.mark.parametrize(
    ("said", "until", "expected"),
    [
        ({}, date(2021, 1, 1), "8021.9178082192"),  # 366 days of 2020 over 365
        ({"day_count_convention": "30_360"}, date(2021, 1, 1), "8000"),
        ({"day_count_convention": "30_360"}, date(2020, 3, 31), "2000"),  # the 31st is the 30th
        ({"day_count_convention": "30_360"}, date(2022, 1, 1), "16000"),
        (
            {"day_count_convention": "30_360", "compounding_type": "COMPOUNDING"},
            date(2022, 1, 1),
            "16640",
        ),
        (
            {
                "day_count_convention": "30_360",
                "compounding_type": "COMPOUNDING",
                "interest_accrual_period": "QUARTERLY",
            },
            date(2021, 1, 1),
            "8243.216",  # 1.02 four times
        ),
        ({}, date(2019, 6, 1), "0"),
        (
            {
                "day_count_convention": "30_360",
                "interest_rates": [
                    {"rate": "0.08", "accrual_start_date": "2020-01-01"},
                    {
                        "rate": "0.1",
                        "accrual_start_date": "2021-01-01",
                        "accrual_end_date": "2021-06-30",
                    },
                ],
            },
            date(2023, 1, 1),
            "13000",  # a year at 8 %, half a year at 10 %, nothing after
        ),
    ],
)
def test_interest_is_that_worked_by_hand(said: dict[str, Any], until: date, expected: str) -> None:
    assert accrued(Decimal(100_000), note("0.08", **said), until) == Decimal(expected)


def test_paid_interest_does_not_convert_and_deferred_interest_does() -> None:
    trigger = {"trigger_id": "t", "type": "AUTOMATIC_ON_CONDITION", "trigger_condition": "x"}
    for payout, expected in (("DEFERRED", "540109.59"), ("CASH", "500000.00")):
        files = documents()
        (issued,) = (it for it in files["Transactions.ocf.json"]["items"] if it["id"] == "i-safe-1")
        said = {
            "type": "CONVERTIBLE_NOTE_CONVERSION",
            "interest_rates": [{"rate": "0.08", "accrual_start_date": "2020-01-01"}],
            "day_count_convention": "ACTUAL_365",
            "interest_payout": payout,
            "interest_accrual_period": "ANNUAL",
            "compounding_type": "SIMPLE",
        }
        right = {"conversion_mechanism": said, "converts_to_future_round": True}
        changed = issued | {
            "convertible_type": "NOTE",
            "conversion_triggers": [{**trigger, "conversion_right": right}],
        }
        past = replay(read_documents("juniper", documents([changed])))
        held = past.on(date(2021, 1, 1)).holdings["safe-1"]
        assert convertible(held, date(2021, 1, 1)).amount == Money(Decimal(expected), "USD")
