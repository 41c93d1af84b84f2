"""Months, quarters, halves and years as days.

Belongs here: what a period is. Does not belong here: how people spell one (periods).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Granularity = Literal["month", "quarter", "half", "year"]
MONTHS: dict[Granularity, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """From the first day to the last, both in it."""

    start: date
    end: date
    granularity: Granularity


def period(granularity: Granularity, year: int, number: int = 1, ends: int = 12) -> Period:
    """The `number`th month, quarter or half of a year, or the year, from 1.

    Quarters, halves and years are those of a year whose last month is `ends`; it is
    named for the calendar year in which it ends. Months are the calendar's.
    """
    length = MONTHS[granularity]
    last = year * 12 + number - 1
    if granularity != "month":
        last = year * 12 + ends - 1 - 12 + number * length
    return ending(granularity, date(last // 12, last % 12 + 1, 1))


def ending(granularity: Granularity, day: date) -> Period:
    """The period whose last month is that of `day`."""
    first = day.year * 12 + day.month - MONTHS[granularity]
    end = date(day.year, day.month, monthrange(day.year, day.month)[1])
    return Period(date(first // 12, first % 12 + 1, 1), end, granularity)


def is_month_end(day: date) -> bool:
    """Whether it is its month's last day."""
    return day.day == monthrange(day.year, day.month)[1]
