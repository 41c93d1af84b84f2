"""How many calls each of several tokens has left, by what a source says of them.

Belongs here: the pools of a RateLimitedMultipleTokenAuthenticator, which of them a
request counts against, and what one count learns. Does not belong here: choosing a
token, asking the source, waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.errors import SourceError
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.budgets import matcher
from pipelines.extract.declarative.runtime.moments import parse_moment
from resources.http.message import Answer, Request

_SKEW_S = 60.0
"""How far a reset may lie before the one that is known and still be of the same window:
a status endpoint and the headers of answers need not agree to the second."""
_ABSENT = object()


@dataclass
class Count:
    """What one token has left in one pool, until `resets_at` (seconds since 1970).

    Where the source counts nothing, `tracked` is False and `remaining` 0.
    """

    remaining: int = 0
    resets_at: float = 0.0
    limit: int = 0
    tracked: bool = True

    def learn(self, told: Told) -> None:
        """Take over what an answer says; an older window's numbers are left aside.

        Within one window a count only falls: answers come out of order, and calls given
        back by a late one would be made twice.
        """
        if not self.tracked:
            return
        at, remaining = told.resets_at, told.remaining
        if told.limit and (at is None or at >= self.resets_at):
            self.limit = told.limit
        if at is not None and at > self.resets_at:
            self.resets_at = at
            self.remaining = self.limit if remaining is None else remaining
        elif remaining is not None and (
            at is None or at >= self.resets_at - _SKEW_S or (told.is_refusal and remaining <= 0)
        ):
            self.remaining = min(self.remaining, remaining)


@dataclass(frozen=True)
class Told:
    """What the headers of one answer say; `is_refusal`: its status means a spent pool."""

    remaining: int | None
    resets_at: float | None
    limit: int | None
    is_refusal: bool


class Pool:
    """One compiled TokenQuota."""

    def __init__(self, component: Mapping[str, Any]) -> None:
        self.name = str(component["name"])
        self._component = component
        self._matchers: list[Callable[[Request], bool]] = [
            matcher(item) for item in component.get("matchers") or ()
        ]
        self._refusals = {int(code) for code in component.get("exhaustion_status_codes") or ()}
        self.is_default = not self._matchers

    def takes(self, request: Request) -> bool:
        """Whether a matcher of this pool holds for the request."""
        return any(match(request) for match in self._matchers)

    def count(self, status: Any, where: str) -> Count:
        """What the answer of the status endpoint says; SourceError where it doesn't."""
        remaining = self._number("remaining_path", status, where)
        has_limit = bool(self._component.get("limit_path"))
        return Count(
            remaining=remaining,
            resets_at=self._moment(self._value("reset_path", status, where), where),
            limit=self._number("limit_path", status, where) if has_limit else remaining,
        )

    def told(self, answer: Answer) -> Told:
        """What an answer says of this pool."""
        is_refusal = answer.status in self._refusals
        remaining = _integer(self._header("remaining_header", answer))
        return Told(
            remaining=0 if remaining is None and is_refusal else remaining,
            resets_at=_seconds(self._header("reset_header", answer)),
            limit=_integer(self._header("limit_header", answer)),
            is_refusal=is_refusal,
        )

    def _header(self, field: str, answer: Answer) -> str | None:
        name = self._component.get(field)
        return answer.headers.get(str(name)) if name else None

    def _value(self, field: str, status: Any, where: str) -> Any:
        path = [str(part) for part in self._component[field]]
        found = paths.get(status, path, _ABSENT)
        if found is _ABSENT:
            raise SourceError(
                f"{where} answered without {'.'.join(path)}, where the manifest looks for the "
                f"quota {self.name!r}. Correct its {field}."
            )
        return found

    def _number(self, field: str, status: Any, where: str) -> int:
        found = self._value(field, status, where)
        number = _integer(found)
        if number is None:
            raise SourceError(
                f"{where} gives {found!r} where the manifest expects a number of calls of the "
                f"quota {self.name!r}. Correct its {field}."
            )
        return number

    def _moment(self, found: Any, where: str) -> float:
        moment = _seconds(found)
        if moment is None:
            raise SourceError(
                f"{where} gives {found!r} where the manifest expects the moment at which the quota "
                f"{self.name!r} is new. Correct its reset_path."
            )
        return moment


def pool_of(pools: list[Pool], request: Request) -> Pool:
    """The pool that a request counts against: by matchers, else the one without any."""
    found = next((pool for pool in pools if pool.takes(request)), None)
    return found or next((pool for pool in pools if pool.is_default), pools[0])


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _seconds(value: Any) -> float | None:
    """Seconds since 1970 of a moment in such seconds or by ISO 8601."""
    try:
        return None if value is None else parse_moment(value, []).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
