"""Money over time: a missing valuation shows, reserves add up, projections follow the paper."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import FinanceError
from pipelines.finance.flows import total
from pipelines.finance.pacing import Pace, j_curve, project, reserves
from tests.finance.series import exact, year, yearly

# Takahashi and Alexander's venture fund: calls of 25 %, 33.3 %, then 50 %; 12 years.
VENTURE = Pace(
    calls=(Decimal("0.25"), Decimal("0.3333"), Decimal("0.5")),
    growth=Decimal("0.13"),
    yield_rate=Decimal(0),
    bow=Decimal("2.5"),
    life=12,
)


def test_the_curve_falls_then_rises_and_shows_a_day_without_a_valuation() -> None:
    series = yearly(-50, -50, 60, 80)
    values = {year(0): Decimal(48), year(1): Decimal(97), year(3): Decimal(10)}
    points = j_curve(series, values, [year(n) for n in range(4)])
    assert [point.net for point in points] == [-50, -100, -40, 40]
    assert [point.value for point in points] == [48, 97, None, 10]
    assert (points[2].multiples, points[2].irr) == (None, None)
    last = points[3].multiples
    assert last is not None
    assert last.tvpi == Decimal("1.5")
    assert points[0].irr is not None
    assert points[0].irr.rate is None  # one day has no rate


def test_reserves_leave_what_can_be_deployed() -> None:
    made = reserves(
        committed=Decimal(100),
        called=Decimal(60),
        recallable=Decimal(5),
        cash=Decimal(3),
        fees_to_come=Decimal(8),
        invested=Decimal(50),
        planned={"a": Decimal(15), "b": Decimal(10)},
    )
    assert (made.unfunded, made.reserved, made.deployable) == exact(45, 25, 15)
    assert made.reserve_ratio == Decimal("0.5")
    with pytest.raises(FinanceError, match="reserve for a"):
        reserves(
            committed=Decimal(1),
            called=Decimal(0),
            recallable=Decimal(0),
            cash=Decimal(0),
            fees_to_come=Decimal(0),
            invested=Decimal(0),
            planned={"a": Decimal(-1)},
        )


def test_the_first_years_of_the_paper_s_fund_by_hand() -> None:
    first, second, third, *_ = project(VENTURE, Decimal(100))
    assert (first.called, first.distributed, first.value) == exact(25, 0, 25)
    # 25 grow to 28.25, of which (2 / 12) ** 2.5 = 1.134 % are distributed.
    assert (second.called, second.distributed) == (Decimal("25.00"), Decimal("0.32"))
    assert second.value == Decimal("52.93")
    assert (third.called, third.unfunded) == (Decimal("25.00"), Decimal("25.00"))


def test_a_projection_can_start_from_where_a_fund_stands() -> None:
    whole = project(VENTURE, Decimal(100))
    fifth = whole[4]
    rest = project(VENTURE, Decimal(100), after_year=5, unfunded=fifth.unfunded, value=fifth.value)
    assert rest == whole[5:]


def test_a_pace_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(FinanceError, match="year 1"):
        Pace((), Decimal(0), Decimal(0), Decimal(1), 10)
    with pytest.raises(FinanceError, match="between 0 and 1"):
        Pace((Decimal(2),), Decimal(0), Decimal(0), Decimal(1), 10)
    with pytest.raises(FinanceError, match="Growth"):
        Pace((Decimal(1),), Decimal(-1), Decimal(0), Decimal(1), 10)


@given(
    st.lists(st.decimals("0", "1", places=4), min_size=1, max_size=5),
    st.decimals("-0.5", "0.5", places=4),
    st.decimals("0", "1", places=4),
    st.decimals("0", "5", places=2),
    st.integers(1, 20),
)
def test_no_money_is_called_twice_or_left_over(
    calls: list[Decimal], growth: Decimal, least: Decimal, bow: Decimal, life: int
) -> None:
    years = project(Pace(calls, growth, least, bow, life), Decimal(1_000_000))
    assert total(y.called for y in years) + years[-1].unfunded == 1_000_000
    assert all(min(y.called, y.distributed, y.unfunded, y.value) >= 0 for y in years)
    assert years[-1].value == years[-1].called
