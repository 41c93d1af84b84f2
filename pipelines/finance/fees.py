"""What the manager is paid for managing: fees by period, with step-down and offset.

Belongs here: the management fee. Does not belong here: carried interest (`waterfall`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.errors import FinanceError
from pipelines.finance.flows import total
from pipelines.finance.money import CENT, EXACT, exact
from pipelines.finance.quarters import quarter_end


@dataclass(frozen=True)
class FeeTerms:
    """The fee clause of a partnership agreement; rates are a year's, 0.02 for 2 %.

    Until `investment_period_ends`, that day included, the fee is `rate` of what is
    committed; after it, `later_rate` of what is invested and not yet realized (or of
    what is committed, with `later_on_committed`). `offset` is the part of what the
    manager earns from portfolio companies that is taken off the fee.
    """

    rate: Decimal
    starts: date
    investment_period_ends: date
    later_rate: Decimal
    ends: date
    later_on_committed: bool = False
    offset: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if not self.starts <= self.investment_period_ends <= self.ends:
            raise FinanceError(
                f"A fee starts, its investment period ends, and it ends, in this order; got "
                f"{self.starts}, {self.investment_period_ends}, {self.ends}."
            )
        for name in ("rate", "later_rate", "offset"):
            if not 0 <= exact(getattr(self, name)) <= 1:
                raise FinanceError(f"{name} must lie between 0 and 1; got {getattr(self, name)}.")


@dataclass(frozen=True)
class Fee:
    """The fee of some days, both included. `net` is `gross` less `offset`, never below 0.

    `carried_offset` is what could not be taken off yet and lowers the next fee.
    """

    start: date
    end: date
    basis: Decimal
    rate: Decimal
    gross: Decimal
    offset: Decimal
    net: Decimal
    carried_offset: Decimal


def management_fee(
    terms: FeeTerms,
    committed: Decimal,
    invested: Mapping[date, Decimal],
    earned: Mapping[date, Decimal] | None = None,
) -> list[Fee]:
    """The fees by calendar quarter, cut where terms change; amounts in cents.

    `invested`: the unrealized cost from a day on; `earned`: what portfolio companies
    paid the manager, by day. A quarter's fee is basis * rate * its days / the days of
    that calendar year, the basis being that of its first day: it is due in advance.
    """
    made: list[Fee] = []
    left = Decimal(0)
    for start, end in _periods(terms):
        early = start <= terms.investment_period_ends
        rate = terms.rate if early else terms.later_rate
        basis = committed if early or terms.later_on_committed else _standing(invested, start)
        year = date(start.year, 12, 31).timetuple().tm_yday
        days = (end - start).days + 1
        whole = EXACT.multiply(EXACT.multiply(exact(basis), rate), Decimal(days))
        gross = EXACT.divide(whole, Decimal(year)).quantize(CENT, context=EXACT)
        got = total(a for on, a in (earned or {}).items() if start <= on <= end)
        owed = left + EXACT.multiply(got, terms.offset).quantize(CENT, context=EXACT)
        offset = min(owed, gross)
        left = owed - offset
        made.append(Fee(start, end, basis, rate, gross, offset, gross - offset, left))
    return made


def _periods(terms: FeeTerms) -> list[tuple[date, date]]:
    """Calendar quarters within the terms, cut after the investment period's last day."""
    found = []
    start = terms.starts
    while start <= terms.ends:
        end = min(quarter_end(start), terms.ends)
        if start <= terms.investment_period_ends < end:
            end = terms.investment_period_ends
        found.append((start, end))
        start = end + timedelta(days=1)
    return found


def _standing(amounts: Mapping[date, Decimal], on: date) -> Decimal:
    """The amount that stands on a day: the one of the last day by it; 0 before the first."""
    known = [day for day in amounts if day <= on]
    return amounts[max(known)] if known else Decimal(0)
