"""API budgets of a manifest as limits of the HTTP client.

Belongs here: HTTPAPIBudget, its policies and request matchers. Does not belong
here: keeping the limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.moments import duration, later
from pipelines.extract.declarative.runtime.windows import EPOCH
from resources.http.message import Request
from resources.http.policy import Limit, Window

Matches = Callable[[Request], bool]


def limits_of(budget: Mapping[str, Any] | None, config: Mapping[str, Any]) -> tuple[Limit, ...]:
    """The limits that a manifest's `api_budget` declares.

    A request counts against the first policy that matches it. Where its requests weigh
    differently, all are taken to weigh as much as the heaviest.
    """
    if budget is None:
        return ()
    limits: list[Limit] = []
    before: list[Matches] = []
    for policy in budget["policies"]:
        own = [matcher(item) for item in policy.get("matchers") or ()]
        matches = _first(own, tuple(before))
        before.append(_any(own))
        weight = max([_weight(item, config) for item in policy.get("matchers") or ()], default=1.0)
        limits.extend(
            Limit(max(1.0, count // weight), window, matches=matches)
            for count, window in _rates(policy, config)
        )
    return tuple(limits)


def limit_headers(budget: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """The pair of headers (remaining, reset) that the budget names."""
    if budget is None:
        return ()
    remaining = str(budget.get("ratelimit_remaining_header") or "ratelimit-remaining")
    return ((remaining, str(budget.get("ratelimit_reset_header") or "ratelimit-reset")),)


def _rates(
    policy: Mapping[str, Any], config: Mapping[str, Any]
) -> list[tuple[float, Window | float]]:
    kind = policy["type"]
    if kind == "UnlimitedCallRatePolicy":
        return []
    if kind == "FixedWindowCallRatePolicy":
        return [(float(policy["call_limit"]), _window(policy["period"]))]
    if kind == "MovingWindowCallRatePolicy":
        return [(_count(rate, config), _window(rate["interval"])) for rate in policy["rates"]]
    raise DeclarationError(
        f"{kind} is no call rate policy. Known: FixedWindowCallRatePolicy, "
        "MovingWindowCallRatePolicy, UnlimitedCallRatePolicy."
    )


def _count(rate: Mapping[str, Any], config: Mapping[str, Any]) -> float:
    given = rate["limit"]
    if isinstance(given, str):
        given = compile_text(given, rate.get("$parameters") or {})({"config": config})
    return float(given)


def _weight(matcher: Mapping[str, Any], config: Mapping[str, Any]) -> float:
    given = matcher.get("weight")
    if isinstance(given, str):
        given = compile_text(given, matcher.get("$parameters") or {})({"config": config})
    return max(1.0, float(given)) if given else 1.0


def _window(text: Any) -> Window | float:
    """Seconds; a day and a month are the calendar's, which count across runs."""
    calendar: dict[str, Window] = {"P1D": "day", "PT24H": "day", "P1M": "month"}
    return calendar.get(str(text)) or _seconds(text)


def _seconds(text: Any) -> float:
    return (later(EPOCH, duration(text)) - EPOCH).total_seconds()


def _first(own: list[Matches], before: tuple[Matches, ...]) -> Matches:
    mine = _any(own)
    return lambda request: mine(request) and not any(other(request) for other in before)


def _any(own: list[Matches]) -> Matches:
    return (lambda request: any(match(request) for match in own)) if own else (lambda _: True)


def matcher(component: Mapping[str, Any]) -> Matches:
    """Whether a request is one that a HttpRequestRegexMatcher describes."""
    method, base = component.get("method"), component.get("url_base")
    pattern = component.get("url_path_pattern")
    path = re.compile(str(pattern)) if pattern else None
    params = {str(k): str(v) for k, v in (component.get("params") or {}).items()}
    headers = {str(k): str(v) for k, v in (component.get("headers") or {}).items()}

    def matches(request: Request) -> bool:
        return (
            (not method or request.method == str(method).upper())
            and (not base or request.url.startswith(str(base)))
            and (path is None or path.search(urlsplit(request.url).path) is not None)
            and all(str(request.params.get(name)) == value for name, value in params.items())
            and all(request.headers.get(name) == value for name, value in headers.items())
        )

    return matches
