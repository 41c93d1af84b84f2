"""Dated cash flows: money out of an investor's pocket is negative, money back is positive.

Belongs here: the flow, and sums over flows. Does not belong here: what they return
(`returns`), or whose they are. All flows of one series are in one currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.errors import FinanceError
from pipelines.finance.money import EXACT, exact


@dataclass(frozen=True)
class Flow:
    """What an investor paid (negative) or got (positive) on a day."""

    on: date
    amount: Decimal

    def __post_init__(self) -> None:
        exact(self.amount)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0 of nothing."""
    made = Decimal(0)
    for amount in amounts:
        made = EXACT.add(made, amount)
    return made


def paid_in(flows: Iterable[Flow]) -> Decimal:
    """All that was paid, as a positive amount."""
    return -total(flow.amount for flow in flows if flow.amount < 0)


def distributed(flows: Iterable[Flow]) -> Decimal:
    """All that came back."""
    return total(flow.amount for flow in flows if flow.amount > 0)


def by_day(flows: Iterable[Flow]) -> list[Flow]:
    """One flow a day, the day's net, oldest first; days that net to nothing are left out."""
    days: dict[date, Decimal] = {}
    for flow in flows:
        days[flow.on] = EXACT.add(days.get(flow.on, Decimal(0)), flow.amount)
    return [Flow(on, amount) for on, amount in sorted(days.items()) if amount]


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """`part / whole` to 50 digits; FinanceError where the whole is 0."""
    if not whole:
        raise FinanceError(f"{part} of 0 is no ratio.")
    return EXACT.divide(part, whole)
