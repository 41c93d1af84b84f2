"""What an outcome means: success, ignore, retry or fail.

Belongs here: the verdicts and the standard judge. Does not belong here: waiting
and counting retries, which the client does, and any vendor's own rules, which
come as another judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipelines.errors import (
    CredentialsRefused,
    RequestRefused,
    SourceError,
    SourceNotFound,
    SourceUnavailable,
)
from resources.http.failures import RequestFailed
from resources.http.message import Answer, Request

Kind = Literal["later", "credentials", "missing", "refused"]

ERRORS: dict[Kind, type[SourceError]] = {
    "later": SourceUnavailable,
    "credentials": CredentialsRefused,
    "missing": SourceNotFound,
    "refused": RequestRefused,
}

_PASSWORD_FIELD = re.compile(rb"type\s*=\s*[\"']?password", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """What to do with one outcome; made by the four functions below."""

    outcome: Literal["success", "ignore", "retry", "fail"]
    after_s: float | None = None
    message: str = ""
    kind: Kind = "refused"

    @staticmethod
    def success() -> Verdict:
        """The answer is good."""
        return Verdict("success")

    @staticmethod
    def ignore(message: str = "") -> Verdict:
        """Go on without this answer; it is returned with `ignored` set."""
        return Verdict("ignore", message=message)

    @staticmethod
    def retry(after_s: float | None = None, reason: str = "") -> Verdict:
        """Send again, after so many seconds, or after Retry-After or a backoff."""
        return Verdict("retry", after_s, reason, "later")

    @staticmethod
    def fail(message: str, kind: Kind = "refused") -> Verdict:
        """Raise the error of this kind."""
        return Verdict("fail", None, message, kind)


Judge = Callable[[Answer | Exception, int], Verdict]
"""Called with the outcome of an attempt and its number, from 1."""


def standard_judge(request: Request) -> Judge:
    """The judge used when none is given; others may fall back on it."""
    wants_json = "json" in request.headers.get("Accept", "").lower()
    conditional = "If-None-Match" in request.headers or "If-Modified-Since" in request.headers

    def judge(outcome: Answer | Exception, attempt: int) -> Verdict:  # noqa: ARG001
        if isinstance(outcome, Exception):
            return _of_failure(outcome)
        if outcome.status == 304 and conditional:
            return Verdict.success()
        if 200 <= outcome.status < 300:
            return _of_page(outcome) if wants_json else Verdict.success()
        return _of_status(outcome)

    return judge


def _of_failure(error: Exception) -> Verdict:
    if isinstance(error, RequestFailed) and error.fault != "tls":
        return Verdict.retry(None, str(error))
    if isinstance(error, SourceUnavailable):
        return Verdict.fail(str(error), "later")
    return Verdict.fail(str(error), "refused")


def _of_page(answer: Answer) -> Verdict:
    if "html" not in answer.headers.get("Content-Type", "").lower():
        return Verdict.success()
    if _PASSWORD_FIELD.search(answer.body):
        return Verdict.fail(
            "JSON was asked for and a login page came back. Renew the credentials.", "credentials"
        )
    return Verdict.fail(
        "JSON was asked for and an HTML page came back. Check the URL; behind a proxy or a "
        "maintenance page, run again later."
    )


def _of_status(answer: Answer) -> Verdict:
    status, excerpt = answer.status, _excerpt(answer)
    if status in (408, 425, 429) or status >= 500:
        return Verdict.retry(None, f"the server answered {status}{excerpt}")
    if status in (401, 407):
        return Verdict.fail(
            f"The server does not accept the credentials ({status}{excerpt}). Renew the key or "
            "token of this source.",
            "credentials",
        )
    if status == 403:
        return Verdict.fail(
            f"The credentials may not see this (403{excerpt}). Ask for the right, or leave the "
            "stream out.",
            "credentials",
        )
    if status in (404, 410):
        return Verdict.fail(
            f"There is nothing at this address ({status}{excerpt}). Check the URL.", "missing"
        )
    return Verdict.fail(f"A status of 200 to 299 was expected and {status} came{excerpt}.")


def _excerpt(answer: Answer) -> str:
    """The beginning of what the server said, which often names the cause."""
    if "html" in answer.headers.get("Content-Type", "").lower():
        return ""
    text = " ".join(answer.body[:1000].decode("utf-8", "replace").split())
    return f": {text[:200]}" if text else ""
