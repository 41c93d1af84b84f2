"""How long to wait before sending again, and when to stop.

Belongs here: Retry-After, backoff with jitter, and the budgets of retries, for
one request and over the whole run. Does not belong here: what is worth a retry,
and waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from resources.http.failures import RequestFailed
from resources.http.message import Answer, Request
from resources.http.policy import Clock, Policy
from resources.http.signals import retry_after


class GiveUp(Exception):
    """A request is not sent again; the text says why. It never leaves the client."""


class Retries:
    """The retries of one client; `chance` gives numbers from 0 to 1 for the jitter."""

    def __init__(self, policy: Policy, clock: Clock, chance: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._spent = 0

    def wait_s(
        self,
        request: Request,
        outcome: Answer | Exception,
        told: float | None,
        attempt: int,
        sent: int,
    ) -> float:
        """Seconds to wait: what the judge told, else the server, else a backoff.

        `sent` is how many requests the client has sent so far. Raises GiveUp
        when the request has had all that the policy grants.
        """
        policy = self._policy
        if not request.repeatable and _may_have_arrived(outcome):
            raise GiveUp("It may have taken effect, so it is not repeated")
        if attempt >= policy.attempts:
            raise GiveUp("That was the last attempt")
        if told is None and isinstance(outcome, Answer):
            told = retry_after(outcome.headers, self._clock.time())
        if told is not None:
            return min(max(0.0, told), policy.longest_wait_s)
        self._spend(sent)
        backoff = min(policy.first_wait_s * 2.0 ** (attempt - 1), policy.longest_wait_s)
        return backoff * (0.5 + self._chance() / 2)

    def _spend(self, sent: int) -> None:
        allowed = self._policy.retries_floor + self._policy.retries_share * sent
        with self._lock:
            if self._spent >= allowed:
                raise GiveUp(
                    f"The run's {allowed:.0f} retries are used up, so the source is not well"
                )
            self._spent += 1


def _may_have_arrived(outcome: Answer | Exception) -> bool:
    if isinstance(outcome, RequestFailed):
        return outcome.sent
    return not (isinstance(outcome, Answer) and outcome.status == 429)
