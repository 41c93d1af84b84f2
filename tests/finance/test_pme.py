"""Public market equivalents against published examples, and what must hold of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import FinanceError
from pipelines.finance.flows import Flow
from pipelines.finance.pme import Index, direct_alpha, kaplan_schoar, long_nickels
from pipelines.finance.returns import Reason, irr, multiples
from tests.finance.series import funds, year, yearly


def _index(*levels: str | int) -> Index:
    return Index({year(n): Decimal(level) for n, level in enumerate(levels)})


SCHOOL = yearly(-25, 15), _index(100, 115, 130)
"""INSEAD, Measuring Private Equity Fund Performance (2019)."""

WIKI = yearly(-100, -50, 60, 10), _index(100, 105, 115, 117, 120)
"""Wikipedia, Public Market Equivalent; the value left is 110."""


def test_kaplan_and_schoar_s_ratio() -> None:
    assert kaplan_schoar(SCHOOL[0], Decimal(20), year(2), SCHOOL[1]) == pytest.approx(
        Decimal("1.14"), abs=Decimal("0.005")
    )


@pytest.mark.parametrize(
    ("example", "value", "rate", "end"), [(SCHOOL, "15.5", 0.144, 2), (WIKI, "104.28", 0.053, 4)]
)
def test_long_and_nickels_index_investment(
    example: tuple[list[Flow], Index], value: str, rate: float, end: int
) -> None:
    made = long_nickels(example[0], year(end), example[1])
    assert made.value == pytest.approx(Decimal(value), abs=Decimal("0.05"))
    assert made.irr.rate == pytest.approx(rate, abs=1e-3)
    assert not made.shorted


@pytest.mark.parametrize(
    ("flows", "index", "value", "end", "rate"),
    [
        (*SCHOOL, 20, 2, 0.0875),
        (*WIKI, 110, 4, 0.0109),
        # Edda, Advanced Fund Performance Methods: PME and Direct Alpha.
        (
            yearly(-80, -140, 0, 70, 140, 85),
            _index("890.35", "1144.98", "1271.5", "1289.09", "1466.47", "1842.37"),
            70,
            5,
            0.028,
        ),
        # directalphamethod.info, the page of the method's authors.
        (
            yearly(-100, 0, -75, 0, 100, 0, 150, 0, 100),
            _index(
                100, "77.9", "100.24", "111.15", "116.61", "135.03", "142.45", "89.75", "113.50",
                "130.59",
            ),
            75,
            9,
            0.1257,
        ),
    ],
)  # fmt: skip
def test_direct_alpha(flows: list[Flow], index: Index, value: int, end: int, rate: float) -> None:
    made = direct_alpha(flows, Decimal(value), year(end), index)
    assert made.rate == pytest.approx(rate, abs=1e-4)


def test_a_fund_that_paid_out_more_than_the_index_had_is_told_so() -> None:
    made = long_nickels(yearly(-100, 300), year(2), _index(100, 110, 121))
    assert made.value == Decimal(-209)
    assert made.shorted


def test_a_fund_that_called_nothing_has_no_equivalent() -> None:
    index = _index(100, 110)
    assert kaplan_schoar([], Decimal(0), year(1), index) is Reason.NOTHING_PAID
    assert direct_alpha([], Decimal(0), year(1), index).reason is Reason.ALL_ZERO
    assert long_nickels([], year(1), index).irr.rate is None


def test_levels_serve_over_a_weekend_and_no_longer() -> None:
    index = Index({date(2024, 3, 28): Decimal(5)})
    assert index.level(date(2024, 4, 1)) == 5
    with pytest.raises(FinanceError, match="more than 7 days"):
        index.level(date(2024, 4, 5))
    with pytest.raises(FinanceError, match="begins on 2024-03-28"):
        index.level(date(2024, 3, 27))
    with pytest.raises(FinanceError, match="above 0"):
        Index({date(2024, 3, 28): Decimal(0)})


@settings(deadline=None)
@given(funds(), st.decimals("0", "1000000", places=2))
def test_against_an_index_that_stands_still_they_are_the_plain_measures(
    fund: list[Flow], value: Decimal
) -> None:
    end = max(flow.on for flow in fund)
    index = Index({flow.on: Decimal(100) for flow in fund})
    ratio = kaplan_schoar(fund, value, end, index)
    assert ratio == pytest.approx(multiples(fund, value).tvpi)
    assert direct_alpha(fund, value, end, index) == irr([*fund, Flow(end, value)])


@settings(deadline=None)
@given(funds(), st.lists(st.decimals("1", "500", places=2), min_size=16, max_size=16))
def test_a_fund_that_is_the_index_has_a_ratio_of_one(
    fund: list[Flow], levels: list[Decimal]
) -> None:
    end = max(flow.on for flow in fund)
    days = sorted({flow.on for flow in fund})
    index = Index(dict(zip(days, levels, strict=False)))
    paid = [flow for flow in fund if flow.amount < 0]
    value = long_nickels(paid, end, index).value
    assert kaplan_schoar(paid, value, end, index) == pytest.approx(Decimal(1))
