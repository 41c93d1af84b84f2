"""Several tokens that are worth the same, each with a quota of its own.

Belongs here: RateLimitedMultipleTokenAuthenticator: which token a request carries, and
waiting where all are spent. Does not belong here: counting (`quotas`).

A request counts against the quota of the token that it carries. A token is used until
it's spent, then the next one; when all are, the earliest reset is waited for, and the
source is asked anew. Shortly before that the calls left are spread over the time left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pipelines.errors import ConfigurationError, DeclarationError, SourceUnavailable
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.auth import AuthContext, Authenticator, text_in
from pipelines.extract.declarative.runtime.decoders import load_json
from pipelines.extract.declarative.runtime.moments import duration
from pipelines.extract.declarative.runtime.quotas import Count, Pool, pool_of
from resources.http.judge import Judge, Verdict, standard_judge
from resources.http.message import Answer, Headers, Request

_LONGEST_PACE_S = 10.0
_SHORTEST_PACE_S = 0.1
_SHORTEST_WAIT_S = 5.0
"""A reset that has just passed must not let the source be asked again and again."""


class Tokens(Authenticator):
    """The tokens of one component, for all threads; no wait holds the lock."""

    def __init__(self, component: Mapping[str, Any], context: AuthContext) -> None:
        self._component, self._context = component, context
        self._tokens = _tokens(component, context.config)
        for token in self._tokens:
            context.keep_secret(token)
        self._pools = [Pool(item) for item in component["quotas"]]
        self._header = str(component.get("header") or "Authorization")
        self._prefix = str(component.get("auth_method") or "Bearer")
        self._longest_s = _longest_s(component, context.config)
        self._fraction = float(component.get("budget_reserve_fraction", 0.1))
        self._least = float(component.get("budget_min_reserve", 50))
        self._lock = threading.RLock()
        self._asking = threading.Lock()
        self._counts: list[dict[str, Count]] = []
        self._active = 0

    def signed(self, request: Request) -> Request:
        """The request with a token that has a call left; waits where none has."""
        with self._asking:
            if not self._counts:
                self._ask()
        pool = pool_of(self._pools, request)
        number = self._take(pool)
        headers = Headers(request.headers).with_({self._header: self._value(number)})
        # What a source's headers say is of this token and pool alone.
        return replace(request, headers=headers, key=f"{pool.name} of token {number + 1}")

    def learn(self, request: Request, answer: Answer, attempt: int) -> None:
        """Take over what an answer says is left to the token that asked."""
        pool, number = pool_of(self._pools, request), self._sender(request)
        if number is None:
            return
        with self._lock:
            count = self._counts[number][pool.name]
            if attempt > 1 and count.remaining:
                count.remaining -= 1
            count.learn(pool.told(answer))

    def has_other(self, request: Request) -> bool:
        """Whether its token is spent, and another one is not."""
        pool, number = pool_of(self._pools, request), self._sender(request)
        if number is None:
            return False
        with self._lock:
            counts = [counts[pool.name] for counts in self._counts]
            sender = counts.pop(number)
            return sender.tracked and sender.remaining <= 0 and any(c.remaining > 0 for c in counts)

    def _value(self, number: int) -> str:
        return f"{self._prefix} {self._tokens[number]}".strip()

    def _sender(self, request: Request) -> int | None:
        value = request.headers.get(self._header)
        return next((n for n in range(len(self._tokens)) if self._value(n) == value), None)

    def _take(self, pool: Pool) -> int:
        """The number of a token that one call of the pool was taken from."""
        waited = 0.0
        while True:
            with self._lock:
                number, pace_s = self._next(pool)
                counts = [counts[pool.name] for counts in self._counts]
            if number is not None:
                if pace_s >= _SHORTEST_PACE_S:
                    self._context.pause(pace_s)
                return number
            left = self._longest_s - waited
            wait = min(count.resets_at for count in counts) - time.time()
            if left <= 0 or wait >= left:
                raise SourceUnavailable(
                    f"All {len(counts)} tokens have used up their quota {pool.name!r}, and the "
                    f"next is new in {max(0.0, wait):.0f} s; max_wait_time allows "
                    f"{self._longest_s:.0f} s. Run again later, or add a token."
                )
            wait = min(max(wait, _SHORTEST_WAIT_S), left)
            self._context.pause(wait)
            waited += wait
            self._ask_again(pool)

    def _next(self, pool: Pool) -> tuple[int | None, float]:
        """(token, seconds to wait before its call); None where every token is spent."""
        for _ in self._tokens:
            number = self._active
            count = self._counts[number][pool.name]
            if not count.tracked:
                # Nothing tells them apart, so they are used in turn.
                self._turn()
                return number, 0.0
            if count.remaining > 0:
                count.remaining -= 1
                return number, self._pace_s(pool, count)
            self._turn()
        return None, 0.0

    def _turn(self) -> None:
        self._active = (self._active + 1) % len(self._tokens)

    def _pace_s(self, pool: Pool, active: Count) -> float:
        """Seconds between calls that spread what is left, once every token is low."""
        counts = [counts[pool.name] for counts in self._counts]
        low = (
            c.tracked and c.remaining <= max(self._least, self._fraction * c.limit) for c in counts
        )
        left = sum(count.remaining for count in counts)
        if left <= 0 or not all(low):
            return 0.0
        return min(max(0.0, active.resets_at - time.time()) / left, _LONGEST_PACE_S)

    def _ask_again(self, pool: Pool) -> None:
        """Ask the source what is left, unless another thread has done so."""
        with self._asking:
            with self._lock:
                spent = all(counts[pool.name].remaining <= 0 for counts in self._counts)
            if spent:
                self._ask()

    def _ask(self) -> None:
        found = [self._status(number) for number in range(len(self._tokens))]
        with self._lock:
            self._counts = found

    def _status(self, number: int) -> dict[str, Count]:
        """Pool → count of one token, by the source's own word."""
        source = self._component["quota_status_source"]
        config = self._context.config
        unavailable = {int(code) for code in source.get("unavailable_status_codes") or ()}
        declared = {
            name: text_in({"value": value}, "value", config)
            for name, value in (source.get("request_headers") or {}).items()
            if name != "$parameters"
        }
        url = text_in(source, "url", config)
        request = Request(
            method=str(source.get("http_method") or "GET"),
            url=url,
            headers={**declared, self._header: self._value(number)},
            key=f"quotas of token {number + 1}",
        )
        judge = _judge(unavailable, standard_judge(request))
        answer = self._context.send(request, judge)
        if answer.status in unavailable:
            return {pool.name: Count(tracked=False) for pool in self._pools}
        status = load_json(answer.body)
        return {pool.name: pool.count(status, url) for pool in self._pools}


def _judge(unavailable: set[int], standard: Judge) -> Judge:
    def judge(outcome: Answer | Exception, attempt: int) -> Verdict:
        if isinstance(outcome, Answer) and outcome.status in unavailable:
            return Verdict.ignore("the source counts no calls")
        return standard(outcome, attempt)

    return judge


def _tokens(component: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    declared = component["tokens"]
    if isinstance(declared, str):
        given = text_in(component, "tokens", config).split(component.get("token_delimiter") or ",")
    else:
        given = [str(compile_text(str(one), {})({"config": config}) or "") for one in declared]
    tokens = list(dict.fromkeys(token.strip() for token in given if token.strip()))
    if not tokens:
        raise ConfigurationError(
            "The RateLimitedMultipleTokenAuthenticator found no token in this source's settings. "
            "Set one or more."
        )
    return tokens


def _longest_s(component: Mapping[str, Any], config: Mapping[str, Any]) -> float:
    text = text_in(component, "max_wait_time", config) or "PT2H"
    found = duration(text)
    if not isinstance(found, timedelta):
        raise DeclarationError(
            f"max_wait_time is {text!r}, whose length depends on the calendar. Expected days, "
            "hours, minutes or seconds, such as PT2H."
        )
    return found.total_seconds()
