"""Flows written short, for the tests of the fund's arithmetic."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from pipelines.finance.flows import Flow

START = date(2001, 1, 1)


def flows(*given: tuple[str, str | int]) -> list[Flow]:
    """(ISO day, amount) → flows."""
    return [Flow(date.fromisoformat(on), Decimal(amount)) for on, amount in given]


def yearly(*amounts: str | int) -> list[Flow]:
    """Flows 365 days apart, so that a year is exactly a year."""
    return [Flow(year(n), Decimal(amount)) for n, amount in enumerate(amounts)]


def year(number: int) -> date:
    """The day that many years of 365 days after the start."""
    return START + timedelta(days=365 * number)


def exact(*numbers: str | int | Decimal) -> tuple[Decimal, ...]:
    """Several decimals, to compare with."""
    return tuple(map(Decimal, numbers))


amounts = st.decimals("0.01", "99999999.99", places=2)
days = st.integers(0, 9000).map(lambda n: START + timedelta(days=n))


@st.composite
def funds(draw: st.DrawFn) -> list[Flow]:
    """Contributions, and after the last of them distributions: exactly one rate solves it."""
    paid = draw(st.lists(st.tuples(days, amounts), min_size=1, max_size=8))
    last = max(on for on, _ in paid)
    gaps = st.integers(30, 4000).map(lambda n: last + timedelta(days=n))
    back = draw(st.lists(st.tuples(gaps, amounts), min_size=1, max_size=8))
    return [Flow(on, -a) for on, a in paid] + [Flow(on, a) for on, a in back]


signed = st.decimals("-99999999.99", "99999999.99", places=2)
mixed = st.lists(st.builds(Flow, days, signed), max_size=15)
"""Flows of any order and sign."""
