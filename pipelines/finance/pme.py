"""A fund against a public market: what the same money would have become in an index.

Belongs here: the public market equivalents of Kaplan and Schoar, Long and Nickels, and
Direct Alpha. Does not belong here: a fund's own returns (`returns`), or where index
levels come from. Levels are of a total return index, in the currency of the flows.

Sources: Kaplan and Schoar, Private Equity Performance: Returns, Persistence, and
Capital Flows, Journal of Finance 60 (2005); Long and Nickels, A Private Investment
Benchmark (1996); Gredil, Griffiths and Stucke, Benchmarking Private Equity: The Direct
Alpha Method (2014).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.errors import FinanceError
from pipelines.finance.flows import Flow, distributed, paid_in, ratio, total
from pipelines.finance.money import EXACT, exact
from pipelines.finance.returns import Irr, Reason, irr


class Index:
    """The levels of an index by day; the last one serves until the next is published."""

    def __init__(self, levels: Mapping[date, Decimal], *, max_age_days: int = 7) -> None:
        """`levels`: closing levels, above 0. A level serves no longer than `max_age_days`."""
        self._days = sorted(levels)
        self._levels = levels
        self._max_age_days = max_age_days
        for day in self._days:
            if exact(levels[day]) <= 0:
                raise FinanceError(f"The index stands at {levels[day]} on {day}; must be above 0.")

    def level(self, on: date) -> Decimal:
        """The last level by a day; FinanceError before the first and where it is too old."""
        place = bisect_right(self._days, on) - 1
        if place < 0:
            first = f"begins on {self._days[0]}" if self._days else "has no levels"
            raise FinanceError(f"There is no level of the index for {on}: the series {first}.")
        found = self._days[place]
        if (on - found).days > self._max_age_days:
            raise FinanceError(
                f"The last level of the index by {on} is of {found}; more than "
                f"{self._max_age_days} days before is no level. Add the missing ones."
            )
        return self._levels[found]

    def grown(self, flows: Iterable[Flow], to: date) -> list[Flow]:
        """Each flow as it would stand on `to`, had it followed the index; days are kept."""
        end = self.level(to)
        return [
            Flow(flow.on, EXACT.divide(EXACT.multiply(flow.amount, end), self.level(flow.on)))
            for flow in flows
        ]


@dataclass(frozen=True)
class LongNickels:
    """The IRR that the index would have given on the fund's own flows.

    `value` is what the index investment is worth at the end: below 0 where the fund
    distributed more than the index could have, and then `irr` is of a loan, not of an
    investment; `shorted` says so. Compare `irr` with the fund's.
    """

    value: Decimal
    irr: Irr

    @property
    def shorted(self) -> bool:
        """Whether the fund paid out more than the index investment had."""
        return self.value < 0


def kaplan_schoar(
    flows: Iterable[Flow], value: Decimal, as_of: date, index: Index
) -> Decimal | Reason:
    """(Grown distributions + value) / grown contributions; above 1 the fund beat the index.

    Every flow by `as_of` is grown to that day with the index; `value` is the fund's net
    asset value on it.
    """
    grown = index.grown(_by(flows, as_of), as_of)
    paid = paid_in(grown)
    return ratio(EXACT.add(distributed(grown), value), paid) if paid else Reason.NOTHING_PAID


def long_nickels(flows: Iterable[Flow], as_of: date, index: Index) -> LongNickels:
    """Buy the index with each contribution, sell it for each distribution; then its IRR."""
    given = _by(flows, as_of)
    value = -total(flow.amount for flow in index.grown(given, as_of))
    return LongNickels(value, irr([*given, Flow(as_of, value)]))


def direct_alpha(flows: Iterable[Flow], value: Decimal, as_of: date, index: Index) -> Irr:
    """The yearly rate by which the fund beat the index: the IRR of the grown flows.

    It is the discrete rate; ln(1 + rate) is the continuous one of the paper.
    """
    return irr([*index.grown(_by(flows, as_of), as_of), Flow(as_of, value)])


def _by(flows: Iterable[Flow], as_of: date) -> list[Flow]:
    return [flow for flow in flows if flow.on <= as_of]
