"""Requests that are under way while something else is done.

Belongs here: sending now or in the background, and asking again with another token.
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
from resources.http.judge import Judge, Verdict
from resources.http.message import Answer, Headers, Request

SendSoon = Callable[[Request, Judge], "Future[Answer]"]
_TOKENS_IN_A_ROW = 2
_TURNS_IN_A_ROW = 20
_TURN = "another token has calls left"


@dataclass
class _Attempt:
    """One request as it was made, and what the judge of its answer told.

    It is signed as it leaves: an answer that is kept costs no call.
    """

    request: Request
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
        self._refreshed = self._turns = 0
        self._attempt: _Attempt | None = None
        self._future: Future[Answer] | None = None
        self.future: Future[Answer] | None = None
        if soon is not None:
            self._attempt = attempt = _Attempt(make())
            if cache is None or cache.get(attempt.request) is None:
                self._future = self.future = soon(*self._leaving(attempt))
        self.method = ""
        self.at = ""
        self.is_reset = False

    def answer(self) -> Answer:
        """The answer; waits for it. CredentialsRefused where new tokens don't help."""
        while True:
            attempt = self._attempt or _Attempt(self._make())
            future = self._future
            self._attempt = self._future = None
            known = self._cache.get(attempt.request) if self._cache and not future else None
            answer = known or (future.result() if future else self._send(*self._leaving(attempt)))
            if answer.ignored and _TURN in attempt.told:
                self._turns += 1
                continue
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

    def _leaving(self, attempt: _Attempt) -> tuple[Request, Judge]:
        request = self._auth.signed(attempt.request)

        def can_refresh() -> bool:
            return self._refreshed < _TOKENS_IN_A_ROW and self._auth.refresh(request)

        judge = self._errors.judge(request, can_refresh, attempt.told.append)

        def judged(outcome: Answer | Exception, number: int) -> Verdict:
            verdict = judge(outcome, number)
            if isinstance(outcome, Exception):
                return verdict
            self._auth.learn(request, outcome, number)
            if verdict.kind == "later" and outcome.status < 500 and self._may_turn(request):
                # No wait is needed where the limit was one token's, and another has calls left.
                attempt.told.append(_TURN)
                return Verdict.ignore(_TURN)
            return verdict

        return request, judged

    def _may_turn(self, request: Request) -> bool:
        return self._turns < _TURNS_IN_A_ROW and self._auth.has_other(request)
