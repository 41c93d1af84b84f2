"""What an answer means by a stream's error handlers.

Belongs here: DefaultErrorHandler, CompositeErrorHandler, response filters and
backoff strategies, as a judge for the HTTP client. Does not belong here: waiting
and sending again (the client does), or asking for a new token (the reader does).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.runtime.decoders import load_json
from pipelines.extract.declarative.runtime.scope import PageHeaders
from resources.http.judge import Judge, Kind, Verdict, standard_judge
from resources.http.message import Answer, Request

DEFAULT_RETRIES = 5
REFRESH = "a new token is needed"
RESET = "the paging has to begin anew"
_KINDS: dict[str, Kind] = {"config_error": "credentials", "transient_error": "later"}
_SETTLED = {"SUCCESS", "RETRY", "IGNORE", "RESET_PAGINATION"}
_ACTIONS = _SETTLED | {
    "FAIL",
    "RATE_LIMITED",
    "REFRESH_TOKEN_THEN_RETRY",
}
_MESSAGE_KEYS = (
    "message", "messages", "error", "errors", "error_message", "errorMessage", "errorMessages",
    "error_description", "failures", "failure", "details", "detail", "err", "reason", "title",
    "status_message",
)  # fmt: skip


@dataclass(frozen=True)
class Resolution:
    """What a filter makes of an answer."""

    action: str
    message: str = ""
    kind: Kind = "refused"


Filter = Callable[[Answer], Resolution | None]
Backoff = Callable[[Answer | Exception, int], float | None]


class ErrorHandling:
    """The compiled error handler of one requester."""

    def __init__(self, component: Mapping[str, Any] | None, config: Mapping[str, Any]) -> None:
        handlers = _flattened(component)
        self._filters = [
            [_filter(item, config) for item in handler.get("response_filters") or ()]
            for handler in handlers
        ]
        self._backoffs = [
            _backoff(item, config)
            for handler in handlers
            for item in handler.get("backoff_strategies") or ()
        ]
        self.resets = any(
            item.get("action") == "RESET_PAGINATION"
            for handler in handlers
            for item in handler.get("response_filters") or ()
        )
        self.retries = _retries(handlers[0], config) if handlers else DEFAULT_RETRIES

    def judge(
        self, request: Request, can_refresh: Callable[[], bool], tell: Callable[[str], None]
    ) -> Judge:
        """A judge for one request; `can_refresh` says whether a new token may be asked for.

        Where the request is to be made anew with a new token, the verdict is
        `ignore` and `tell` is called with REFRESH; with RESET, where the paging is to
        begin anew.
        """
        standard = standard_judge(request)

        def anew() -> Verdict:
            tell(REFRESH)
            return Verdict.ignore(REFRESH)

        def judge(outcome: Answer | Exception, attempt: int) -> Verdict:
            try:
                return judged(outcome, attempt)
            except TooLong as end:
                return Verdict.fail(str(end), "later")

        def judged(outcome: Answer | Exception, attempt: int) -> Verdict:
            if isinstance(outcome, Exception):
                return self._limited(standard(outcome, attempt), outcome, attempt)
            found = self._resolve(outcome)
            if found is None:
                if outcome.status == 401 and can_refresh():
                    return anew()
                return self._limited(standard(outcome, attempt), outcome, attempt)
            if found.action == "REFRESH_TOKEN_THEN_RETRY" and can_refresh():
                return anew()
            if found.action == "RESET_PAGINATION":
                tell(RESET)
                return Verdict.ignore(RESET)
            return self._verdict(found, outcome, attempt)

        return judge

    def _resolve(self, answer: Answer) -> Resolution | None:
        """The first handler that settles the answer, else what the last one says.

        None leaves the answer to the standard judge, as does a server's own failure
        that the first handlers say nothing of.
        """
        last: Resolution | None = None
        for filters in self._filters:
            found = next((hit for item in filters if (hit := item(answer)) is not None), None)
            if found is None and 200 <= answer.status < 400:
                found = Resolution("SUCCESS")
            if found is None and (answer.status == 408 or answer.status >= 500):
                return None
            if found is not None and found.action in _SETTLED:
                return found
            last = found
        return last

    def _verdict(self, found: Resolution, answer: Answer, attempt: int) -> Verdict:
        told = found.message or f"the server answered {answer.status}"
        if found.action == "SUCCESS":
            return Verdict.success()
        if found.action == "IGNORE":
            return Verdict.ignore(told)
        if found.action == "RATE_LIMITED":
            return Verdict.retry(self._wait(answer, attempt), told)
        if found.action == "RETRY":
            return self._limited(Verdict.retry(None, told), answer, attempt)
        return Verdict.fail(
            f"The source's own rules call this answer an error (status {answer.status}): {told}",
            found.kind,
        )

    def _limited(self, verdict: Verdict, outcome: Answer | Exception, attempt: int) -> Verdict:
        """A retry with the declared wait, or the end of patience."""
        if verdict.outcome != "retry":
            return verdict
        if attempt > self.retries:
            return Verdict.fail(
                f"After {attempt} attempts still: {verdict.message}. Run again later.", "later"
            )
        return Verdict.retry(self._wait(outcome, attempt), verdict.message)

    def _wait(self, outcome: Answer | Exception, attempt: int) -> float | None:
        waits = (backoff(outcome, attempt) for backoff in self._backoffs)
        return next((wait for wait in waits if wait), None)


def _flattened(component: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if component is None:
        return []
    if component["type"] == "DefaultErrorHandler":
        return [component]
    if component["type"] == "CompositeErrorHandler":
        return [leaf for inner in component["error_handlers"] for leaf in _flattened(inner)]
    raise DeclarationError(
        f"{component['type']} is no error handler that runs here; expected DefaultErrorHandler or "
        "CompositeErrorHandler."
    )


def _retries(handler: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    given = handler.get("max_retries")
    if isinstance(given, str):
        given = compile_text(given, handler.get("$parameters") or {})({"config": config})
    return DEFAULT_RETRIES if given is None else int(given)


def _filter(component: Mapping[str, Any], config: Mapping[str, Any]) -> Filter:
    parameters = component.get("$parameters") or {}
    codes = {int(code) for code in component.get("http_codes") or ()}
    part = component.get("error_message_contains") or ""
    predicate = component.get("predicate") or ""
    holds = compile_condition(predicate, parameters) if predicate else None
    message = compile_text(str(component.get("error_message") or ""), parameters, default=None)
    action = str(component.get("action") or "FAIL")
    if action not in _ACTIONS:
        raise DeclarationError(
            f"A response filter asks for {action}, which is not done here. "
            f"Known: {', '.join(sorted(_ACTIONS))}."
        )
    kind: Kind = _KINDS.get(str(component.get("failure_type")), "refused")

    def check(answer: Answer) -> Resolution | None:
        body = _json(answer) if holds or part or answer.status in codes else None
        scope = {
            "config": config,
            "response": {} if body is None else body,
            "headers": PageHeaders(answer.headers),
            "request_url": _address(answer.url),
        }
        hit = (
            answer.status in codes
            or (holds is not None and holds(scope))
            or (part and _tells(answer, body, part))
        )
        return Resolution(action, str(message(scope) or ""), kind) if hit else None

    return check


def _json(answer: Answer) -> Any:
    """The body's value; None where it is no JSON."""
    try:
        return load_json(answer.body)
    except SourceError:
        return None


def _tells(answer: Answer, body: Any, part: str) -> bool:
    """Whether what went wrong is told in these words; a body that's no JSON is all words."""
    return part in error_text(body) if body is not None else part.encode() in answer.body


def _address(url: str) -> str:
    """An address without its query, which may hold a key."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def error_text(body: Any) -> str:
    """What a JSON body says went wrong, from the places where vendors put it."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return ", ".join(filter(None, map(error_text, body)))
    if isinstance(body, dict):
        return next((text for key in _MESSAGE_KEYS if (text := error_text(body.get(key)))), "")
    return ""


def _backoff(component: Mapping[str, Any], config: Mapping[str, Any]) -> Backoff:
    maker = _BACKOFFS.get(component["type"])
    if maker is None:
        raise DeclarationError(
            f"{component['type']} is no backoff strategy that runs here. "
            f"Known: {', '.join(sorted(_BACKOFFS))}."
        )
    return maker(component, config)


def _number(
    component: Mapping[str, Any], name: str, config: Mapping[str, Any], default: float | None
) -> float | None:
    given = component.get(name)
    if isinstance(given, str):
        given = compile_text(given, component.get("$parameters") or {})({"config": config})
    return default if given in (None, "") else float(str(given))


def _constant(component: Mapping[str, Any], config: Mapping[str, Any]) -> Backoff:
    wait = _number(component, "backoff_time_in_seconds", config, 0) or 0
    spread = _number(component, "jitter_range_in_seconds", config, 0) or 0
    return lambda _, __: wait + random.uniform(0, 2 * spread)


def _exponential(component: Mapping[str, Any], config: Mapping[str, Any]) -> Backoff:
    factor = _number(component, "factor", config, 5) or 5
    spread = _number(component, "jitter_range_in_seconds", config, 0) or 0
    return lambda _, attempt: factor * 2 ** min(attempt, 30) + random.uniform(0, 2 * spread)


def _header(
    component: Mapping[str, Any], config: Mapping[str, Any]
) -> Callable[[Answer | Exception], float | None]:
    """The number in a header, or in the part of it that a regex matches."""
    parameters, scope = component.get("$parameters") or {}, {"config": config}
    name = str(compile_text(str(component["header"]), parameters)(scope))
    declared = component.get("regex")
    pattern = re.compile(str(compile_text(str(declared), parameters)(scope))) if declared else None

    def read(outcome: Answer | Exception) -> float | None:
        text = outcome.headers.get(name, "") if isinstance(outcome, Answer) else ""
        found = pattern.match(text) if pattern else None
        try:
            return float(found.group() if found else text)
        except ValueError:
            return None

    return read


class TooLong(Exception):
    """The source asks for a longer wait than its manifest allows."""


def _bounded(backoff: Backoff, component: Mapping[str, Any], config: Mapping[str, Any]) -> Backoff:
    """The same waits; TooLong for one above `max_waiting_time_in_seconds`."""
    longest = _number(component, "max_waiting_time_in_seconds", config, None)

    def wait(outcome: Answer | Exception, attempt: int) -> float | None:
        asked = backoff(outcome, attempt)
        if longest is not None and asked is not None and asked >= longest:
            raise TooLong(
                f"The source asks to wait {asked:.0f} s, and its manifest allows less than "
                f"{longest:.0f} s. Run again later."
            )
        return asked

    return wait


def _wait_from_header(component: Mapping[str, Any], config: Mapping[str, Any]) -> Backoff:
    read = _header(component, config)
    return _bounded(lambda outcome, _: read(outcome), component, config)


def _wait_until_header(component: Mapping[str, Any], config: Mapping[str, Any]) -> Backoff:
    read, shortest = _header(component, config), _number(component, "min_wait", config, None)

    def wait(outcome: Answer | Exception, attempt: int) -> float | None:  # noqa: ARG001
        until = read(outcome)
        if not until:
            return shortest
        left = until - time.time()
        if shortest:
            return max(left, shortest)
        return left if left > 0 else None

    return _bounded(wait, component, config)


_BACKOFFS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Backoff]] = {
    "ConstantBackoffStrategy": _constant,
    "ExponentialBackoffStrategy": _exponential,
    "WaitTimeFromHeader": _wait_from_header,
    "WaitUntilTimeFromHeader": _wait_until_header,
}
