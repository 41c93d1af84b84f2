"""Calendar quarters, by which funds report.

Belongs here: their last days. Does not belong here: what is reported of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta


def quarter_end(on: date) -> date:
    """The last day of the quarter that a day lies in."""
    month = (on.month + 2) // 3 * 3
    return date(on.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def quarter_ends(first: date, last: date) -> Iterator[date]:
    """The last days of quarters from the one of `first` on, none later than `last`."""
    end = quarter_end(first)
    while end <= last:
        yield end
        end = quarter_end(end + timedelta(days=1))


def years_before(end: date, years: int) -> date:
    """The quarter's end so many years before a quarter's end."""
    return quarter_end(date(end.year - years, end.month, 1))
