"""What several vendors have in common: moments drawn for a record, and JSON dates.

Belongs here: small things that every register or CRM writes alike. Does not belong
here: any vendor's paging or errors.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from sandbox.universe import TODAY

HORIZON = TODAY + timedelta(days=30)
"""How far the world is known: what lies behind `now` happens when `now` moves on."""


def moment(chance: Random, first: date, last: date = HORIZON) -> datetime:
    """A second of a working day between two days, in UTC."""
    day = first + timedelta(days=chance.randint(0, max(0, (last - first).days)))
    seconds = chance.randint(8 * 3600, 18 * 3600)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)


def zulu(at: datetime) -> str:
    """ISO 8601 in UTC, to the second: 2026-04-13T08:15:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
