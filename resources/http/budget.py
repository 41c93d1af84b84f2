"""The rate governor: nobody sends before every budget admits it.

Belongs here: limits that are declared, limits that the vendor's headers teach,
pauses that it asks for, and requests under way. Does not belong here: retries,
and whether a host is well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.errors import ConfigurationError, SourceUnavailable
from resources.http.ledger import Ledger
from resources.http.message import Answer, Request
from resources.http.policy import Clock, Policy, Scope
from resources.http.signals import allowances, retry_after
from resources.http.windows import Calendar, Moving, window

Identity = tuple[str, ...]


class Governor:
    """Keeps the budgets of one client for all its threads."""

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        pause: Callable[[float], None],
        ledger: Path | None = None,
    ) -> None:
        self._ledger = Ledger(ledger)
        self._policy = policy
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._windows: dict[tuple[int, Identity], Moving | Calendar] = {}
        self._learned: dict[Identity, dict[str, _Learned]] = {}
        self._paused: dict[Identity, float] = {}
        self._doors: dict[tuple[Scope, Identity], threading.BoundedSemaphore] = {}

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    @contextmanager
    def slot(self, request: Request, host: str) -> Iterator[float]:
        """Wait until the request may be sent, and count it as under way meanwhile.

        Gives the seconds waited. Raises SourceUnavailable when a budget is used
        up for longer than the policy's longest wait.
        """
        before = self._clock.monotonic()
        with ExitStack() as stack:
            for scope in self._policy.parallel:
                stack.enter_context(self._door(scope, _identity(scope, request, host)))
            while (wait := self._take(request, host)) > 0:
                self._refuse_long(wait, host)
                self._pause(wait)
            yield self._clock.monotonic() - before

    def learn(self, request: Request, host: str, answer: Answer) -> None:
        """Take over what the vendor says is left of its own windows.

        After a 429 with Retry-After nothing more is sent for this host, key and
        tenant until then, by any thread.
        """
        now, today = self._clock.monotonic(), self._clock.time()
        told = allowances(answer.headers, today, self._policy.limit_headers)
        wait = retry_after(answer.headers, today) if answer.status == 429 else None
        if not told and wait is None:
            return
        identity = _identity("tenant", request, host)
        with self._lock:
            known = self._learned.setdefault(identity, {})
            for item in told:
                known[item.name] = _Learned(item.remaining, now + item.reset_s)
            if wait is not None:
                until = now + min(wait, self._policy.longest_wait_s)
                self._paused[identity] = max(until, self._paused.get(identity, 0.0))

    def _door(self, scope: Scope, identity: Identity) -> threading.BoundedSemaphore:
        with self._lock:
            door = self._doors.get((scope, identity))
            if door is None:
                door = threading.BoundedSemaphore(self._policy.parallel[scope])
                self._doors[scope, identity] = door
            return door

    def _take(self, request: Request, host: str) -> float:
        """Take from every budget and give 0, or take nothing and give the wait."""
        whole = _identity("tenant", request, host)
        with self._lock:
            now, today = self._clock.monotonic(), self._clock.time()
            costs = [(budget, cost) for budget, cost in self._budgets(request, host) if cost]
            learned = [item for item in self._learned.get(whole, {}).values() if item.until > now]
            waits = [self._paused.get(whole, 0.0) - now]
            waits += [budget.wait(now, today, cost) for budget, cost in costs]
            waits += [item.until - now for item in learned if item.remaining < 1]
            if max(waits) > 0:
                return max(waits)
            for budget, cost in costs:
                budget.take(now, today, cost)
            for item in learned:
                item.remaining -= 1
            return 0.0

    def _budgets(self, request: Request, host: str) -> Iterator[tuple[Moving | Calendar, float]]:
        for place, limit in enumerate(self._policy.limits):
            if limit.matches is not None and not limit.matches(request):
                continue
            cost = request.cost.get(limit.unit, 1.0 if limit.unit == "requests" else 0.0)
            if cost > limit.count:
                raise ConfigurationError(
                    f"A request to {host} costs {cost:g} {limit.unit}, more than the whole limit "
                    f"of {limit.count:g} in one window. Raise the limit or ask for less at once."
                )
            where = (place, _identity(limit.scope, request, host))
            if where not in self._windows:
                self._windows[where] = window(limit, where[1], self._ledger)
            yield self._windows[where], cost

    def _refuse_long(self, wait: float, host: str) -> None:
        if wait <= self._policy.longest_wait_s:
            return
        free = datetime.fromtimestamp(self._clock.time(), UTC) + timedelta(seconds=wait)
        raise SourceUnavailable(
            f"The budget of requests to {host} is used up until {free:%Y-%m-%d %H:%M:%S} UTC, "
            f"longer than the {self._policy.longest_wait_s:g} s that one wait may take. Run again "
            "after that, or raise the limit if the vendor grants more."
        )


@dataclass
class _Learned:
    remaining: float
    until: float


def _identity(scope: Scope, request: Request, host: str) -> Identity:
    if scope == "host":
        return (host,)
    if scope == "key":
        return (host, request.key)
    return (host, request.key, request.tenant)
