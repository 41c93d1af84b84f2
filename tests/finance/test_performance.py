"""How a fund stands: what is held, what is accrued, and what nobody knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.finance.flows import Flow
from pipelines.finance.performance import Book, Trade, between, held, standing
from pipelines.finance.quarters import quarter_end, quarter_ends, years_before
from pipelines.finance.returns import Reason
from pipelines.finance.tiers import Terms
from tests.finance.series import exact, year, yearly

TERMS = Terms(Decimal("0.08"), Decimal("0.2"), Decimal(1))


def _book(*trades: Trade, **given: object) -> Book:
    marks = {"A": {year(1): Decimal(150)}}
    base = {
        "committed": Decimal(200), "terms": TERMS, "investors": yearly(-100),
        "drawn": yearly(100), "to_invest": yearly(100),
        "trades": trades or (Trade("A", year(0), Decimal(10), Decimal(-100)),), "marks": marks,
    }  # fmt: skip
    return Book(**(base | given))  # type: ignore[arg-type]


def test_carry_is_accrued_on_what_is_not_sold_yet() -> None:
    now = standing(_book(), year(1))
    assert (now.held.value, now.cash, now.accrued_carry, now.net_value) == exact(150, 0, 10, 140)
    assert now.net.rate == pytest.approx(0.4)
    assert now.gross.rate == pytest.approx(0.5)
    assert now.unfunded == 100


def test_carry_that_was_paid_is_not_accrued_again() -> None:
    sold = (
        Trade("A", year(0), Decimal(10), Decimal(-100)),
        Trade("A", year(1), Decimal(-10), Decimal(150)),
    )
    paid = {"investors": yearly(-100, 140), "carried": [Flow(year(1), Decimal(10))]}
    now = standing(_book(*sold, **paid), year(1))
    assert (now.cash, now.accrued_carry, now.net_value) == exact(0, 0, 0)
    assert now.net.rate == pytest.approx(0.4)


def test_money_called_and_not_spent_is_the_investors() -> None:
    now = standing(_book(to_invest=yearly(130), investors=yearly(-130)), year(1))
    assert now.cash == 30
    assert now.net_value == 170  # 180, less a fifth of the profit of 50


def test_what_may_be_called_again_is_unfunded_again() -> None:
    now = standing(_book(recallable=[Flow(year(1), Decimal(25))]), year(1))
    assert now.unfunded == 125


def test_a_holding_that_was_never_marked_leaves_the_value_unknown() -> None:
    other = Trade("B", year(0), Decimal(1), Decimal(-1))
    now = standing(_book(Trade("A", year(0), Decimal(10), Decimal(-100)), other), year(1))
    assert (now.held.value, now.held.positions, now.held.unmarked) == (None, 2, 1)
    assert (now.net_value, now.accrued_carry, now.multiples.tvpi) == (None, None, None)
    assert now.moic is Reason.NO_VALUE
    assert now.gross.reason is Reason.NO_VALUE
    assert now.multiples.dpi == 0


def test_an_old_mark_counts_and_shows() -> None:
    now = held(
        [Trade("A", year(0), Decimal(1), Decimal(-1))], {"A": {year(1): Decimal(5)}}, year(2)
    )
    assert (now.value, now.unmarked, now.oldest) == (Decimal(5), 1, year(1))


def test_what_was_sold_needs_no_mark() -> None:
    trades = [
        Trade("A", year(0), Decimal(1), Decimal(-1)),
        Trade("A", year(1), Decimal(-1), Decimal(3)),
    ]
    now = held(trades, {}, year(1))
    assert (now.value, now.positions, now.unmarked, now.oldest) == (Decimal(0), 0, 0, None)


def test_nothing_of_the_future_is_looked_at() -> None:
    later = [*yearly(-100), Flow(year(5), Decimal(-100))]
    assert standing(_book(investors=later), year(1)) == standing(_book(), year(1))


def test_without_terms_there_is_no_net_value() -> None:
    now = standing(_book(terms=None), year(1))
    assert (now.accrued_carry, now.net_value, now.net.reason) == (None, None, Reason.NO_VALUE)
    assert now.gross.rate == pytest.approx(0.5)


def test_a_period_needs_a_value_at_both_ends() -> None:
    values = {year(0): Decimal(100), year(1): Decimal(110), year(2): None}
    assert between([], values, year(0), year(1)).rate == pytest.approx(0.1)
    assert between([], values, year(1), year(2)).reason is Reason.NO_VALUE
    assert between([], values, year(1), year(3)).reason is Reason.NO_VALUE


def test_quarters_end_where_the_calendar_says() -> None:
    assert quarter_end(date(2024, 1, 1)) == date(2024, 3, 31)
    assert quarter_end(date(2024, 12, 31)) == date(2024, 12, 31)
    assert list(quarter_ends(date(2023, 11, 5), date(2024, 7, 1))) == [
        date(2023, 12, 31), date(2024, 3, 31), date(2024, 6, 30),
    ]  # fmt: skip
    assert years_before(date(2026, 3, 31), 3) == date(2023, 3, 31)
