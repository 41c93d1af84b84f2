"""The client: sends requests until a judge is content, within the policy.

Belongs here: the loop of attempts, sending in the background and ahead, and
errors without secrets. Does not belong here: what outcomes mean (judges),
authentication, paging, decoding.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.errors import SourceError, SourceUnavailable
from resources.http.exchange import Event, Exchanges
from resources.http.judge import ERRORS, Judge, Verdict, standard_judge
from resources.http.masking import Masker
from resources.http.message import Answer, Headers, Request
from resources.http.policy import Clock, Policy, SystemClock
from resources.http.retries import GiveUp, Retries

_NAP_S = 0.25
"""A wait is cut into naps, so that closing the client ends it."""


class HttpClient:
    """Sends requests for one source, from any number of threads.

    `on_event` is called after every exchange, from the thread that made it.
    `secrets` are values that must never show, besides those under telling names.
    `ledger` is a file in which budgets of a day or month are counted across runs
    and processes; without it each client counts for itself. Use it as a context
    manager, or call `close`.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        clock: Clock | None = None,
        on_event: Callable[[Event], None] | None = None,
        secrets: Iterable[str] = (),
        ledger: Path | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.policy = policy or Policy()
        self._clock = clock or SystemClock()
        self._masker = Masker(secrets)
        self._exchanges = Exchanges(
            self.policy, self._clock, self.pause, self._masker, on_event, ledger
        )
        self._retries = Retries(self.policy, self._clock, chance)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._workers: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End waits, let requests under way finish, close the connections."""
        self._closed.set()
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=True)
        self._exchanges.close()

    def keep_secret(self, value: str) -> None:
        """Hide this value in every event and error from now on."""
        self._masker.register(value)

    def mask(self, text: str) -> str:
        """The text without any secret that this client knows."""
        return self._masker.mask(text)

    def pause(self, seconds: float) -> None:
        """Wait by the client's clock; closing the client ends it with an error."""
        ends = self._clock.monotonic() + seconds
        while (left := ends - self._clock.monotonic()) > 0:
            if self._closed.is_set():
                raise SourceUnavailable("The client was closed while a request waited its turn.")
            self._clock.sleep(min(left, _NAP_S))

    def send(self, request: Request, judge: Judge | None = None) -> Answer:
        """The answer that the judge takes, after as many attempts as it needs.

        Raises one of SourceUnavailable, CredentialsRefused, SourceNotFound and
        RequestRefused, by the kind of the judge's verdict.
        """
        judge = judge or standard_judge(request)
        started = self._clock.monotonic()
        for attempt in itertools.count(1):
            outcome = self._exchanges.attempt(request, attempt)
            verdict = judge(outcome, attempt)
            if verdict.outcome == "fail":
                raise self._error(request, verdict, attempt)
            if verdict.outcome != "retry":
                return _taken(outcome, attempt, verdict.outcome == "ignore")
            self.pause(self._wait_s(request, outcome, verdict, attempt, started))
        raise AssertionError("unreachable")

    def send_soon(self, request: Request, judge: Judge | None = None) -> Future[Answer]:
        """Start sending in the background; the future holds the answer or the error.

        This is how the next page is fetched while the last one is decoded.
        """
        with self._lock:
            if self._workers is None:
                threads = sum(self.policy.parallel.values()) or 8
                self._workers = ThreadPoolExecutor(threads, thread_name_prefix="http")
        return self._workers.submit(self.send, request, judge)

    def send_ahead(
        self, requests: Iterable[Request], judge: Judge | None = None, *, ahead: int = 4
    ) -> Iterator[Answer]:
        """The answers to independent requests, in order, with `ahead` under way.

        At most `ahead` answers are held in memory. An error is raised at its
        place; then, or when the iterator is closed, what has not begun is dropped.
        """
        if ahead < 1:
            raise ValueError(f"ahead is {ahead}; expected at least 1.")
        waiting: deque[Future[Answer]] = deque()
        coming = iter(requests)
        try:
            for request in itertools.islice(coming, ahead):
                waiting.append(self.send_soon(request, judge))
            while waiting:
                answer = waiting.popleft().result()
                for request in itertools.islice(coming, 1):
                    waiting.append(self.send_soon(request, judge))
                yield answer
        finally:
            for future in waiting:
                future.cancel()

    def _wait_s(
        self,
        request: Request,
        outcome: Answer | Exception,
        verdict: Verdict,
        attempt: int,
        started: float,
    ) -> float:
        """Seconds until the next attempt, or the error that ends them."""
        try:
            wait = self._retries.wait_s(
                request, outcome, verdict.after_s, attempt, self._exchanges.sent
            )
            if self._clock.monotonic() - started + wait > self.policy.give_up_s:
                raise GiveUp(f"The {self.policy.give_up_s:g} s for it are used up")
        except GiveUp as end:
            raise self._error(request, verdict, attempt, str(end)) from None
        return wait

    def _error(
        self, request: Request, verdict: Verdict, attempt: int, why: str = ""
    ) -> SourceError:
        message = verdict.message or "The request failed."
        if why:
            times = "once" if attempt == 1 else f"{attempt} times"
            message = f"{message.rstrip('.')}. {why} (tried {times}). Run again later."
        text = f"{request.method} {request.url}: {message}"
        return ERRORS[verdict.kind](self._masker.mask(text, request))


def _taken(outcome: Answer | Exception, attempt: int, ignored: bool) -> Answer:
    if isinstance(outcome, Answer):
        return replace(outcome, attempts=attempt, ignored=ignored)
    if not ignored:
        raise outcome
    return Answer(
        status=0, headers=Headers(), body=b"", url="", elapsed_s=0.0, attempts=attempt, ignored=True
    )
