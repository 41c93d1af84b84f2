"""The client: sends requests until a judge is content, within the policy.

Belongs here: the loop of attempts, redirects, waits between attempts, events,
and errors without secrets. Does not belong here: what outcomes mean (judges),
authentication, paging, decoding.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import NoReturn, Self

from urllib3.util import parse_url

from pipelines.errors import RequestRefused, SourceUnavailable
from resources.http.breaker import Breaker
from resources.http.budget import Governor
from resources.http.failures import RedirectRefused, RequestFailed
from resources.http.judge import ERRORS, Judge, Verdict, standard_judge
from resources.http.masking import Masker
from resources.http.message import Answer, Headers, Request
from resources.http.policy import Clock, Policy, SystemClock
from resources.http.redirects import redirected
from resources.http.signals import retry_after
from resources.http.transport import Transport, full_url

_NAP_S = 0.25
"""A wait is cut into naps, so that closing the client ends it."""


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


class HttpClient:
    """Sends requests for one source, from any number of threads.

    `on_event` is called after every exchange, from the thread that made it.
    `secrets` are values that must never show, besides those under telling names.
    Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        clock: Clock | None = None,
        on_event: Callable[[Event], None] | None = None,
        secrets: Iterable[str] = (),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.policy = policy or Policy()
        self._clock = clock or SystemClock()
        self._on_event = on_event
        self._masker = Masker(secrets)
        self._chance = chance
        self._transport = Transport(self.policy)
        self._governor = Governor(self.policy, self._clock, self._pause)
        self._breaker = Breaker(
            self.policy.circuit_failures, self.policy.circuit_cool_s, self._clock
        )
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._workers: ThreadPoolExecutor | None = None
        self._sent = 0
        self._retried = 0

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
        self._transport.close()

    def keep_secret(self, value: str) -> None:
        """Hide this value in every event and error from now on."""
        self._masker.register(value)

    def mask(self, text: str) -> str:
        """The text without any secret that this client knows."""
        return self._masker.mask(text)

    def send(self, request: Request, judge: Judge | None = None) -> Answer:
        """The answer that the judge takes, after as many attempts as it needs.

        Raises one of SourceUnavailable, CredentialsRefused, SourceNotFound and
        RequestRefused, by the kind of the judge's verdict.
        """
        judge = judge or standard_judge(request)
        started = self._clock.monotonic()
        for attempt in itertools.count(1):
            outcome = self._try(request, attempt)
            verdict = judge(outcome, attempt)
            if verdict.outcome == "fail":
                self._fail(request, verdict, attempt)
            if verdict.outcome != "retry":
                return _taken(outcome, attempt, verdict.outcome == "ignore")
            wait = self._wait_before_retry(request, outcome, verdict, attempt, started)
            self._pause(wait)
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

    def _try(self, request: Request, attempt: int) -> Answer | Exception:
        """One attempt through all its redirects."""
        try:
            for _ in range(self.policy.redirects + 1):
                answer = self._exchange(request, attempt)
                following = redirected(request, answer) if self.policy.redirects else None
                if following is None:
                    return answer
                request = following
        except (RequestFailed, RequestRefused) as error:
            return error
        return RedirectRefused(
            f"The server redirected more than {self.policy.redirects} times. Check the URL."
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
                    self._sent += 1
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

    def _wait_before_retry(
        self,
        request: Request,
        outcome: Answer | Exception,
        verdict: Verdict,
        attempt: int,
        started: float,
    ) -> float:
        """Seconds to wait, or the error that ends the attempts."""
        policy = self.policy
        if not request.repeatable and _may_have_arrived(outcome):
            self._fail(request, verdict, attempt, "It may have taken effect, so it is not repeated")
        if attempt >= policy.attempts:
            self._fail(request, verdict, attempt, "That was the last attempt")
        told = verdict.after_s
        if told is None and isinstance(outcome, Answer):
            told = retry_after(outcome.headers, self._clock.time())
        if told is None:
            self._spend_retry(request, verdict, attempt)
            wait = min(policy.first_wait_s * 2.0 ** (attempt - 1), policy.longest_wait_s)
            wait *= 0.5 + self._chance() / 2
        else:
            wait = min(max(0.0, told), policy.longest_wait_s)
        if self._clock.monotonic() - started + wait > policy.give_up_s:
            self._fail(request, verdict, attempt, f"The {policy.give_up_s:g} s for it are used up")
        return wait

    def _spend_retry(self, request: Request, verdict: Verdict, attempt: int) -> None:
        policy = self.policy
        with self._lock:
            allowed = policy.retries_floor + policy.retries_share * self._sent
            spent = self._retried >= allowed
            self._retried += not spent
        if spent:
            self._fail(
                request,
                verdict,
                attempt,
                f"The run's {allowed:.0f} retries are used up, so the source is not well",
            )

    def _fail(self, request: Request, verdict: Verdict, attempt: int, why: str = "") -> NoReturn:
        message = verdict.message or "The request failed."
        if why:
            times = "once" if attempt == 1 else f"{attempt} times"
            message = f"{message.rstrip('.')}. {why} (tried {times}). Run again later."
        text = f"{request.method} {request.url}: {message}"
        raise ERRORS[verdict.kind](self._masker.mask(text, request))

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

    def _pause(self, seconds: float) -> None:
        """Wait by the client's clock; closing the client ends it with an error."""
        ends = self._clock.monotonic() + seconds
        while (left := ends - self._clock.monotonic()) > 0:
            if self._closed.is_set():
                raise SourceUnavailable("The client was closed while a request waited its turn.")
            self._clock.sleep(min(left, _NAP_S))


def _taken(outcome: Answer | Exception, attempt: int, ignored: bool) -> Answer:
    if isinstance(outcome, Answer):
        return replace(outcome, attempts=attempt, ignored=ignored)
    if not ignored:
        raise outcome
    return Answer(
        status=0, headers=Headers(), body=b"", url="", elapsed_s=0.0, attempts=attempt, ignored=True
    )


def _may_have_arrived(outcome: Answer | Exception) -> bool:
    if isinstance(outcome, RequestFailed):
        return outcome.sent
    return not (isinstance(outcome, Answer) and outcome.status == 429)


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
