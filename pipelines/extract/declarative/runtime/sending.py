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
from pipelines.extract.declarative.runtime.auth import Authenticator, Send
from pipelines.extract.declarative.runtime.judging import REFRESH, ErrorHandling
from resources.http.judge import Judge
from resources.http.message import Answer, Request

SendSoon = Callable[[Request, Judge], "Future[Answer]"]
_TOKENS_IN_A_ROW = 2


@dataclass
class _Attempt:
    """One request with its judge, and what the judge told."""

    request: Request
    judge: Judge
    told: list[str] = field(default_factory=list)


class Pending:
    """One page that was asked for, or will be when its answer is needed."""

    def __init__(
        self,
        stream: str,
        make: Callable[[], Request],
        errors: ErrorHandling,
        auth: Authenticator,
        send: Send,
        soon: SendSoon | None,
    ) -> None:
        self._stream = stream
        self._make = make
        self._errors = errors
        self._auth = auth
        self._send = send
        self._refreshed = 0
        self._attempt: _Attempt | None = None
        self._future: Future[Answer] | None = None
        if soon is not None:
            self._attempt = self._prepare()
            self._future = soon(self._attempt.request, self._attempt.judge)
        self.method = ""
        self.at = ""

    def answer(self) -> Answer:
        """The answer; waits for it. CredentialsRefused where new tokens don't help."""
        while True:
            attempt = self._attempt or self._prepare()
            future = self._future
            self._attempt = self._future = None
            answer = future.result() if future else self._send(attempt.request, attempt.judge)
            if not (answer.ignored and REFRESH in attempt.told):
                self.method = attempt.request.method
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
