"""Requests that are under way while something else is done.

Belongs here: sending now or in the background, and asking again with a new token.
Does not belong here: what a request holds, or what its answer means.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.errors import CredentialsRefused
from pipelines.extract.declarative.runtime.answers import AnswerCache
from pipelines.extract.declarative.runtime.auth import Authenticator, Send
from pipelines.extract.declarative.runtime.judging import REFRESH, RESET, ErrorHandling
from resources.http.judge import Judge
from resources.http.message import Answer, Headers, Request

SendSoon = Callable[[Request, Judge], "Future[Answer]"]
_TOKENS_IN_A_ROW = 2


@dataclass
class _Attempt:
    """One request with its judge, and what the judge told."""

    request: Request
    judge: Judge
    told: list[str] = field(default_factory=list)


class Given:
    """A page that came with something else, such as a parent's record."""

    is_reset = False
    method = ""
    at = ""
    future: Future[Answer] | None = None

    def __init__(self, body: bytes) -> None:
        self._body = body

    def answer(self) -> Answer:
        """The body as an answer that nobody was asked for."""
        return Answer(status=200, headers=Headers(), body=self._body, url="", elapsed_s=0.0)

    def cancel(self) -> None:
        """There is nothing under way."""


class Pending:
    """One page that was asked for, or will be when its answer is needed.

    `future` is there if it was asked for ahead. With the answer, `method` and `at`
    (UTC) are known, and whether it asks to begin the paging anew (`is_reset`).
    """

    def __init__(
        self,
        stream: str,
        make: Callable[[], Request],
        errors: ErrorHandling,
        auth: Authenticator,
        send: Send,
        soon: SendSoon | None,
        cache: AnswerCache | None = None,
    ) -> None:
        self._stream = stream
        self._make = make
        self._errors = errors
        self._auth = auth
        self._send = send
        self._cache = cache
        self._refreshed = 0
        self._attempt: _Attempt | None = None
        self._future: Future[Answer] | None = None
        self.future: Future[Answer] | None = None
        if soon is not None:
            self._attempt = attempt = self._prepare()
            if cache is None or cache.get(attempt.request) is None:
                self._future = self.future = soon(attempt.request, attempt.judge)
        self.method = ""
        self.at = ""
        self.is_reset = False

    def answer(self) -> Answer:
        """The answer; waits for it. CredentialsRefused where new tokens don't help."""
        while True:
            attempt = self._attempt or self._prepare()
            future = self._future
            self._attempt = self._future = None
            known = self._cache.get(attempt.request) if self._cache and not future else None
            answer = known or (
                future.result() if future else self._send(attempt.request, attempt.judge)
            )
            if not (answer.ignored and REFRESH in attempt.told):
                self.method = attempt.request.method
                self.is_reset = answer.ignored and RESET in attempt.told
                if self._cache and known is None:
                    self._cache.put(attempt.request, answer)
                self.at = datetime.now(UTC).isoformat(timespec="milliseconds")
                return answer
            self._refreshed += 1
            if self._refreshed > _TOKENS_IN_A_ROW:
                raise CredentialsRefused(
                    f"The stream {self._stream} is refused ({answer.status}) with a new token, "
                    "too. Sign in to this source anew."
                )

    def cancel(self) -> None:
        """The answer is not needed; a request that has not left stays here."""
        if self._future is not None:
            self._future.cancel()

    def _prepare(self) -> _Attempt:
        request = self._make()
        told: list[str] = []

        def can_refresh() -> bool:
            return self._refreshed < _TOKENS_IN_A_ROW and self._auth.refresh(request)

        return _Attempt(request, self._errors.judge(request, can_refresh, told.append), told)
