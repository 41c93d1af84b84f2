"""Management fees: by the days of their terms, to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from pipelines.errors import FinanceError
from pipelines.finance.fees import FeeTerms, management_fee
from pipelines.finance.flows import total

TERMS = FeeTerms(
    rate=Decimal("0.02"),
    starts=date(2016, 1, 1),
    investment_period_ends=date(2020, 12, 31),
    later_rate=Decimal("0.015"),
    ends=date(2025, 12, 31),
)


def test_a_textbook_s_fees_of_a_life() -> None:
    # Metrick and Yasuda, chapter 2: 2 % of 100 committed for ten years are 20.
    flat = FeeTerms(
        rate=Decimal("0.02"),
        starts=date(2016, 1, 1),
        investment_period_ends=date(2025, 12, 31),
        later_rate=Decimal(0),
        ends=date(2025, 12, 31),
    )
    made = management_fee(flat, Decimal(100_000_000), {})
    assert len(made) == 40
    assert abs(total(fee.net for fee in made) - 20_000_000) <= Decimal("0.20")


def test_after_the_investment_period_the_fee_is_on_what_is_still_invested() -> None:
    invested = {date(2018, 5, 1): Decimal(60_000_000), date(2023, 7, 1): Decimal(20_000_000)}
    made = {fee.start: fee for fee in management_fee(TERMS, Decimal(100_000_000), invested)}
    assert made[date(2020, 10, 1)].basis == 100_000_000
    assert made[date(2021, 1, 1)].basis == 60_000_000
    assert made[date(2021, 1, 1)].gross == Decimal("221917.81")  # 0.015 * 60m * 90 / 365
    assert made[date(2023, 7, 1)].basis == 20_000_000


def test_periods_are_cut_where_terms_change_and_leave_no_day_out() -> None:
    odd = FeeTerms(
        rate=Decimal("0.02"),
        starts=date(2020, 2, 10),
        investment_period_ends=date(2020, 11, 15),
        later_rate=Decimal("0.01"),
        ends=date(2021, 5, 5),
    )
    made = management_fee(odd, Decimal(1000), {})
    spans = [(fee.start, fee.end) for fee in made]
    assert spans[0] == (date(2020, 2, 10), date(2020, 3, 31))
    assert (date(2020, 10, 1), date(2020, 11, 15)) in spans
    assert (date(2020, 11, 16), date(2020, 12, 31)) in spans
    assert spans[-1] == (date(2021, 4, 1), date(2021, 5, 5))
    for (_, end), (start, _) in pairwise(spans):
        assert start == end + timedelta(days=1)


def test_what_portfolio_companies_paid_is_taken_off_and_carried_on() -> None:
    made = management_fee(TERMS, Decimal(1_000_000), {}, {date(2016, 2, 1): Decimal(8_000)})
    first, second, third = made[:3]
    assert (first.gross, first.net, first.carried_offset) == (
        Decimal("4972.68"), Decimal(0), Decimal("3027.32"),
    )  # fmt: skip
    assert second.net == second.gross - Decimal("3027.32")
    assert (third.offset, third.net) == (Decimal(0), third.gross)


def test_terms_out_of_order_or_beyond_reason_are_refused() -> None:
    with pytest.raises(FinanceError, match="in this order"):
        FeeTerms(
            rate=Decimal("0.02"),
            later_rate=Decimal("0.02"),
            starts=date(2020, 1, 1),
            investment_period_ends=date(2020, 1, 1),
            ends=date(2019, 1, 1),
        )
    with pytest.raises(FinanceError, match="between 0 and 1"):
        FeeTerms(
            rate=Decimal(2),
            later_rate=Decimal(0),
            starts=date(2020, 1, 1),
            investment_period_ends=date(2020, 1, 1),
            ends=date(2020, 1, 1),
        )
