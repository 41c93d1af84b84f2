"""Two kinds of window that a limit counts in: moving, and of the calendar.

Belongs here: how much is taken and when there is room again. Does not belong
here: waiting for it. Methods take both clocks: `now` in monotonic seconds,
`today` in seconds since 1970.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

from resources.http.ledger import Ledger
from resources.http.policy import Limit

_WINDOWS_S = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_DUST = 1e-9
"""What adding fractions may leave over."""


class Moving:
    """A window that moves with time: exact, so never twice the limit at an edge."""

    def __init__(self, count: float, length_s: float) -> None:
        self._count = count
        self._length_s = length_s
        self._taken: deque[tuple[float, float]] = deque()
        self._sum = 0.0

    def wait(self, now: float, today: float, cost: float) -> float:  # noqa: ARG002
        """Seconds until the cost may be taken, 0 if it may now."""
        while self._taken and self._taken[0][0] + self._length_s <= now:
            self._sum -= self._taken.popleft()[1]
        over, until = self._sum + cost - self._count, now
        for moment, taken in self._taken:
            if over <= _DUST:
                break
            over, until = over - taken, moment + self._length_s
        return until - now

    def take(self, now: float, today: float, cost: float) -> None:  # noqa: ARG002
        """Take the cost."""
        self._taken.append((now, cost))
        self._sum += cost


class Calendar:
    """A day or a month of the calendar in UTC, counted in the ledger."""

    def __init__(self, limit: Limit, budget: str, ledger: Ledger) -> None:
        self._limit = limit
        self._budget = budget
        self._ledger = ledger
        ledger.begin(budget)

    def wait(self, now: float, today: float, cost: float) -> float:  # noqa: ARG002
        """Seconds until the cost may be taken, 0 if it may now."""
        used = self._ledger.used(self._budget, self._period(today))
        return self._end(today) - today if used + cost > self._limit.count else 0.0

    def take(self, now: float, today: float, cost: float) -> None:  # noqa: ARG002
        """Take the cost."""
        self._ledger.take(self._budget, self._period(today), cost)

    def _period(self, today: float) -> str:
        day = datetime.fromtimestamp(today, UTC)
        return f"{day:%Y-%m}" if self._limit.window == "month" else f"{day:%Y-%m-%d}"

    def _end(self, today: float) -> float:
        day = datetime.fromtimestamp(today, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._limit.window != "month":
            return (day + timedelta(days=1)).timestamp()
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()


def window(limit: Limit, identity: tuple[str, ...], ledger: Ledger) -> Moving | Calendar:
    """An empty window of a limit, for one host, key or tenant."""
    if limit.window in ("day", "month"):
        name = "|".join((*identity, limit.scope, limit.unit, str(limit.window)))
        return Calendar(limit, f"{name}|{limit.name}", ledger)
    length = limit.window if not isinstance(limit.window, str) else _WINDOWS_S[limit.window]
    return Moving(limit.count, length)
