"""What an investment returned: internal rates of return on dated flows, and multiples.

Belongs here: IRR since inception and by period, DPI, RVPI, TVPI, PIC, MOIC; gross or
net is a matter of whose flows are given. Does not belong here: comparing with a market
(`pme`), or splitting proceeds (`waterfall`).

Definitions: CFA Institute, Global Investment Performance Standards 2020, glossary
(since-inception internal rate of return, DPI, RVPI, TVPI, PIC multiple). Years are
days / 365, as in a spreadsheet's XIRR. Where no single true number exists, the answer
carries the reason in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import log1p

from pipelines.errors import FinanceError
from pipelines.finance import roots
from pipelines.finance.flows import Flow, by_day, distributed, paid_in, ratio
from pipelines.finance.money import EXACT

YEAR_DAYS = 365
_BALANCED = 1e-12
"""NPV over the sum of the sizes of its parts, at a rate that is taken for a root."""


class Reason(StrEnum):
    """Why there is no number; `sentence` says it in words."""

    NO_FLOWS = "no_flows"
    ALL_ZERO = "all_zero"
    SINGLE_FLOW = "single_flow"
    ONE_SIGN = "one_sign"
    SEVERAL_ROOTS = "several_roots"
    NO_ROOT = "no_root"
    NOTHING_PAID = "nothing_paid"
    NO_VALUE = "no_value"

    @property
    def sentence(self) -> str:
        """The reason in words, for a person."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.NO_FLOWS: "There are no flows.",
    Reason.ALL_ZERO: "The flows of every day net to nothing.",
    Reason.SINGLE_FLOW: "All flows fall on one day, so no time passes between them.",
    Reason.ONE_SIGN: "The flows go one way only: nothing was paid, or nothing came back.",
    Reason.SEVERAL_ROOTS: "More than one rate makes these flows worth nothing; none is the one.",
    Reason.NO_ROOT: "No rate makes these flows worth nothing.",
    Reason.NOTHING_PAID: "Nothing was paid in, so there is nothing to be a multiple of.",
    Reason.NO_VALUE: "What is held, or was held at the start, has no known value.",
}


@dataclass(frozen=True)
class Irr:
    """A yearly rate (0.1 is 10 %), or why there is none.

    `roots` are all rates that solve the flows, ascending: one where `rate` is given,
    two or more with SEVERAL_ROOTS. `days` lie between the first and the last flow.
    """

    rate: float | None
    reason: Reason | None
    roots: tuple[float, ...] = ()
    days: int = 0

    @property
    def period_rate(self) -> float | None:
        """The return over the whole span, not a year: what GIPS asks of spans below one."""
        return None if self.rate is None else (1 + self.rate) ** (self.days / YEAR_DAYS) - 1


def irr(flows: Iterable[Flow]) -> Irr:
    """The rate at which the flows' net present value is 0.

    NPV(r) = sum of amount / (1 + r) ** (days since the first flow / 365). All rates
    of `roots` are searched for, so a second root is never overlooked.
    """
    given = list(flows)
    days = by_day(given)
    if not days:
        return Irr(None, Reason.ALL_ZERO if given else Reason.NO_FLOWS)
    if len(days) == 1:
        return Irr(None, Reason.SINGLE_FLOW)
    span = (days[-1].on - days[0].on).days
    if not (distributed(days) and paid_in(days)):
        return Irr(None, Reason.ONE_SIGN, days=span)
    found = _rates(days)
    if len(found) == 1:
        return Irr(found[0], None, tuple(found), span)
    reason = Reason.SEVERAL_ROOTS if found else Reason.NO_ROOT
    return Irr(None, reason, tuple(found), span)


def _rates(days: Sequence[Flow]) -> list[float]:
    """All rates that solve daily flows: by pyxirr where there can be but one.

    Its answer is only taken where it balances; it misses about one series in a hundred
    of those that do have a root, and those are searched as the others are.
    """
    first = days[0].on
    terms = [((day.on - first).days / YEAR_DAYS, float(day.amount)) for day in days]
    changes = sum((a.amount < 0) != (b.amount < 0) for a, b in pairwise(days))
    if changes == 1:
        import pyxirr  # its library takes longer to load than all else here

        rate = pyxirr.xirr([day.on for day in days], [c for _, c in terms])
        within = rate is not None and roots.LOWEST < rate < roots.HIGHEST
        if rate is not None and within and imbalance(days, rate) < _BALANCED:
            return [rate]
    return roots.rates(terms)


def imbalance(flows: Iterable[Flow], rate: float) -> float:
    """The size of NPV at a rate over the sum of the sizes of its parts: 0 at a root."""
    days = by_day(flows)
    if not days:
        return 0.0
    terms = [((day.on - days[0].on).days / YEAR_DAYS, float(day.amount)) for day in days]
    value, size = roots.scaled(terms, log1p(rate))
    return abs(value) / size


def since_inception(flows: Iterable[Flow], value: Decimal | None, as_of: date) -> Irr:
    """The IRR of the flows by a day, with what is still held then as a last distribution.

    A value of None is one that nobody knows: NO_VALUE.
    """
    if value is None:
        return Irr(None, Reason.NO_VALUE)
    last = [Flow(as_of, value)] if value else []
    return irr([*(flow for flow in flows if flow.on <= as_of), *last])


def over_period(
    flows: Iterable[Flow], opening: Decimal, closing: Decimal, start: date, end: date
) -> Irr:
    """The IRR from the end of `start` to the end of `end`: buy the opening value, sell the closing.

    Flows of `start` itself are in the opening value already and left out.
    """
    if end <= start:
        raise FinanceError(f"A period must end after it starts; got {start} to {end}.")
    within = [flow for flow in flows if start < flow.on <= end]
    return irr([Flow(start, -opening), *within, Flow(end, closing)])


@dataclass(frozen=True)
class Multiples:
    """What came back and what is left, as multiples of what was paid in; None with a reason.

    DPI = distributions / paid-in, RVPI = residual value / paid-in, TVPI = DPI + RVPI,
    PIC = paid-in / committed. Without a known value there are neither RVPI nor TVPI.
    """

    paid_in: Decimal
    distributed: Decimal
    value: Decimal | None
    dpi: Decimal | None
    rvpi: Decimal | None
    tvpi: Decimal | None
    pic: Decimal | None
    reason: Reason | None


def multiples(
    flows: Iterable[Flow], value: Decimal | None, committed: Decimal | None = None
) -> Multiples:
    """Multiples of an investor's flows and of the value still held; ratios to 50 digits.

    PIC is None where no commitment is given or where it is 0.
    """
    given = list(flows)
    paid, back = paid_in(given), distributed(given)
    pic = ratio(paid, committed) if committed else None
    if not paid:
        return Multiples(paid, back, value, None, None, None, pic, Reason.NOTHING_PAID)
    dpi = ratio(back, paid)
    if value is None:
        return Multiples(paid, back, None, dpi, None, None, pic, Reason.NO_VALUE)
    rvpi, tvpi = ratio(value, paid), ratio(EXACT.add(back, value), paid)
    return Multiples(paid, back, value, dpi, rvpi, tvpi, pic, None)


def moic(invested: Decimal, realized: Decimal, unrealized: Decimal) -> Decimal | Reason:
    """Multiple on invested capital: (realized + unrealized) / invested, of one investment or all.

    Unlike TVPI it looks at what the fund put into companies, before fees and carry.
    """
    return ratio(EXACT.add(realized, unrealized), invested) if invested else Reason.NOTHING_PAID
