"""Interest on convertible notes.

Interest runs from a rate's first day to the day of conversion, that day excluded, by
actual days over 365 or by months of 30 days over 360 (the US rule: the 31st counts as
the 30th). Compounding notes add it to the principal at the end of each period,
counted from the first day of the first rate; simple ones never do.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise

from pipelines.finance.captable.state import ZERO
from pipelines.finance.captable.terms import Mechanism, Rate
from pipelines.finance.captable.values import PLACES

_MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "SEMI_ANNUAL": 6, "ANNUAL": 12}


def accrued(principal: Decimal, terms: Mechanism, on: date) -> Decimal:
    """Interest that a note has earned before `on`, to ten decimals, paid out or not."""
    rates = sorted(terms.rates, key=lambda rate: rate.start)
    if not rates:
        return ZERO
    periods = _periods(rates[0].start, on, terms.accrual) if _compounds(terms) else []
    ends = {rate.end + timedelta(days=1) for rate in rates if rate.end is not None}
    marks = sorted({*(rate.start for rate in rates), *ends, *periods, on})
    marks = [mark for mark in marks if mark <= on]
    with localcontext(prec=50):
        base, waiting = principal, ZERO
        for begin, end in pairwise(marks):
            waiting += base * _rate(rates, begin) * _years(begin, end, terms.day_count)
            if end in periods:
                base, waiting = base + waiting, ZERO
        return (base + waiting - principal).quantize(PLACES)


def _compounds(terms: Mechanism) -> bool:
    return terms.compounding == "COMPOUNDING"


def _rate(rates: list[Rate], on: date) -> Decimal:
    """The rate of a day: of those that have begun, the latest, until its end."""
    begun = [rate for rate in rates if rate.start <= on]
    if not begun or (begun[-1].end is not None and on > begun[-1].end):
        return ZERO
    return begun[-1].rate


def _periods(start: date, until: date, accrual: str) -> list[date]:
    """Ends of the accrual periods up to `until`."""
    found: list[date] = []
    nth = 0
    while True:
        nth += 1
        if accrual == "DAILY":
            end = start + timedelta(days=nth)
        else:
            months = start.year * 12 + start.month - 1 + nth * _MONTHS[accrual]
            year, month = divmod(months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            end = date(year, month + 1, min(start.day, last))
        if end > until:
            return found
        found.append(end)


def _years(begin: date, end: date, day_count: str) -> Decimal:
    if day_count == "30_360":
        first = min(begin.day, 30)
        last = 30 if end.day == 31 and first == 30 else end.day
        months = (end.year - begin.year) * 12 + end.month - begin.month
        return Decimal(months * 30 + last - first) / 360
    return Decimal((end - begin).days) / 365
