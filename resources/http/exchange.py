"""One attempt through budgets, circuit and redirects, told as events.

Belongs here: what happens between deciding to send and having an outcome. Does
not belong here: judging the outcome, and sending again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from urllib3.util import parse_url

from pipelines.errors import RequestRefused
from resources.http.breaker import Breaker
from resources.http.budget import Governor
from resources.http.failures import RedirectRefused, RequestFailed
from resources.http.masking import Masker
from resources.http.message import Answer, Request
from resources.http.policy import Clock, Policy
from resources.http.redirects import redirected
from resources.http.transport import Transport, full_url


@dataclass(frozen=True)
class Event:
    """One exchange as it happened; no field holds a secret.

    `attempt` counts from 1, and a redirect keeps the number. `status` is None
    and `error` says why if no answer came. `size` is the body's decompressed
    bytes, `waited_s` how long budgets held the request back.
    """

    method: str
    url: str
    status: int | None
    size: int
    elapsed_s: float
    attempt: int
    waited_s: float
    error: str = ""


class Exchanges:
    """Makes the attempts of one client; `sent` counts their requests."""

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        pause: Callable[[float], None],
        masker: Masker,
        on_event: Callable[[Event], None] | None,
        ledger: Path | None,
    ) -> None:
        self.sent = 0
        self._redirects = policy.redirects
        self._masker = masker
        self._on_event = on_event
        self._transport = Transport(policy)
        self._governor = Governor(policy, clock, pause, ledger)
        self._breaker = Breaker(policy.circuit_failures, policy.circuit_cool_s, clock)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close connections and ledger."""
        self._transport.close()
        self._governor.close()

    def attempt(self, request: Request, attempt: int) -> Answer | Exception:
        """The outcome of one attempt through all its redirects.

        Raises SourceUnavailable while a budget or the host's circuit lets
        nothing through.
        """
        try:
            for _ in range(self._redirects + 1):
                answer = self._exchange(request, attempt)
                following = redirected(request, answer) if self._redirects else None
                if following is None:
                    return answer
                request = following
        except (RequestFailed, RequestRefused) as error:
            return error
        return RedirectRefused(
            f"The server redirected more than {self._redirects} times. Check the URL."
        )

    def _exchange(self, request: Request, attempt: int) -> Answer:
        """One request and its answer, as budgets and the host's circuit allow."""
        host = _host(request.url)
        with self._governor.slot(request, host) as waited:
            self._breaker.enter(host)
            well: bool | None = None
            started = time.monotonic()
            try:
                with self._lock:
                    self.sent += 1
                answer = self._transport.exchange(request)
                well = answer.status < 500
                self._governor.learn(request, host, answer)
            except (RequestFailed, RequestRefused) as error:
                well = False if isinstance(error, RequestFailed) else None
                self._tell(request, error, attempt, waited, time.monotonic() - started)
                raise
            finally:
                self._breaker.leave(host, well)
        self._tell(request, answer, attempt, waited, answer.elapsed_s)
        return answer

    def _tell(
        self,
        request: Request,
        outcome: Answer | Exception,
        attempt: int,
        waited_s: float,
        elapsed_s: float,
    ) -> None:
        if self._on_event is None:
            return
        came = outcome if isinstance(outcome, Answer) else None
        mask = self._masker.mask
        self._on_event(
            Event(
                method=request.method,
                url=mask(came.url if came else _address(request), request),
                status=came.status if came else None,
                size=len(came.body) if came else 0,
                elapsed_s=elapsed_s,
                attempt=attempt,
                waited_s=waited_s,
                error="" if came else mask(str(outcome), request),
            )
        )


def _address(request: Request) -> str:
    try:
        return full_url(request)
    except RequestRefused:
        return request.url


def _host(url: str) -> str:
    """Host and port, as budgets and circuits are kept by."""
    try:
        parts = parse_url(url)
    except ValueError:
        return url
    return f"{parts.host}:{parts.port}" if parts.port else str(parts.host)
