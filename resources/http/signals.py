"""What a server says about its limits in headers.

Belongs here: reading Retry-After and the rate-limit headers in all their forms.
Does not belong here: obeying them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from resources.http.message import Headers

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_MILLISECONDS = 1e11
_EPOCH = 1e8
"""Numbers from here on are moments since 1970 and not durations."""


@dataclass(frozen=True)
class Allowance:
    """What is left of one of the vendor's windows, and seconds until it is new."""

    name: str
    remaining: float
    reset_s: float


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds to wait by Retry-After, or None where it is absent or useless.

    A date is measured against the server's own Date header where there is one,
    so a clock that is wrong here does not matter. A moment in the past, or a
    negative number, says nothing. `now` is in seconds since 1970.
    """
    given = headers.get("Retry-After", "").strip()
    seconds = _number(given)
    if seconds is None:
        moment, sent = _date(given), _date(headers.get("Date", ""))
        seconds = None if moment is None else moment - (now if sent is None else sent)
    return seconds if seconds is not None and seconds >= 0 else None


def allowances(
    headers: Headers, now: float, more: tuple[tuple[str, str], ...] = ()
) -> list[Allowance]:
    """Every window that the headers tell of with both its rest and its reset.

    Known are `RateLimit-Remaining` with `RateLimit-Reset`, the same with X- and
    a vendor's words before, between or after, the structured `RateLimit: "name";r=0;t=9`,
    its older form `limit=9, remaining=0, reset=9`, and the pairs in `more`.
    """
    lowered = headers.lowered()
    found = list(_structured(lowered.get("ratelimit", "")))
    pairs = {(left.lower(), reset.lower()) for left, reset in more}
    for name in lowered:
        if "remaining" in name and ("ratelimit" in name or "rate-limit" in name):
            pairs.add((name, name.replace("remaining", "reset")))
    for left, reset in sorted(pairs):
        remaining = _number(lowered.get(left, ""))
        seconds = reset_seconds(lowered.get(reset, ""), now)
        if remaining is not None and seconds is not None:
            found.append(Allowance(left, max(0.0, remaining), seconds))
    return found


def reset_seconds(text: str, now: float) -> float | None:
    """Seconds until a reset given as duration, moment since 1970, or date."""
    text = text.strip()
    number = _number(text)
    if number is not None:
        if number >= _MILLISECONDS:
            number /= 1000
        return max(0.0, number - now if number >= _EPOCH else number)
    parts = _DURATION.findall(text)
    if parts and "".join(value + unit for value, unit in parts) == text:
        return sum(float(value) * _UNITS_S[unit] for value, unit in parts)
    moment = _date(text)
    return None if moment is None else max(0.0, moment - now)


def _structured(text: str) -> Iterator[Allowance]:
    for name, rest in re.findall(r'"?([\w.-]+)"?((?:\s*;\s*\w+=[^;,]+)+)', text):
        fields: Mapping[str, str] = dict(re.findall(r";\s*(\w+)=([^;,\s]+)", rest))
        remaining, seconds = _number(fields.get("r", "")), _number(fields.get("t", ""))
        if remaining is not None and seconds is not None:
            yield Allowance(f"ratelimit {name}", max(0.0, remaining), max(0.0, seconds))
    plain = dict(re.findall(r"(remaining|reset)=(\d+)", text))
    if len(plain) == 2:
        yield Allowance("ratelimit", float(plain["remaining"]), float(plain["reset"]))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str) -> float | None:
    if not text:
        return None
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except (ValueError, TypeError, IndexError):
            continue
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        try:
            return aware.timestamp()
        except (OverflowError, ValueError):
            return None
    return None
