"""Moments that components declare, with their bounds, and steps in time.

Belongs here: MinMaxDatetime, reading a moment in one of several formats, adding
durations without overflow. Does not belong here: the formats themselves
(declarative.datetimes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.datetimes import parse_duration, parse_iso, parse_time
from pipelines.extract.declarative.interpolation import compile_text

Gap: TypeAlias = "timedelta | relativedelta"
_DEFAULT_FORMAT = "%Y-%m-%dT%H:%M:%S.%f%z"
_LAST = datetime.max.replace(tzinfo=UTC)
_FIRST = datetime.min.replace(tzinfo=UTC)


def parse_moment(text: Any, forms: Sequence[str]) -> datetime:
    """The moment by the first format that fits; without formats ISO 8601 or seconds.

    ValueError where none fits.
    """
    for form in forms:
        try:
            return parse_time(text, form)
        except (ValueError, TypeError, OverflowError):
            continue
    if forms:
        raise ValueError(f"{text!r} is in none of the formats {', '.join(forms)}")
    if str(text).isdigit():
        return parse_time(str(text), "%s")
    return parse_iso(str(text))


def duration(text: Any) -> Gap:
    """An ISO 8601 duration; DeclarationError for anything else."""
    try:
        return parse_duration(str(text))
    except ValueError:
        raise DeclarationError(
            f"{text!r} is no duration. Expected ISO 8601, such as P1D, P1M or PT1S."
        ) from None


def later(moment: datetime, gap: Gap) -> datetime:
    """The moment plus the gap, or the last moment there is."""
    try:
        return moment + gap
    except (OverflowError, ValueError):
        return _LAST


def earlier(moment: datetime, gap: Gap) -> datetime:
    """The moment minus the gap, or the first moment there is."""
    try:
        return moment - gap
    except (OverflowError, ValueError):
        return _FIRST


def compile_moment(declared: Any, form: str) -> Callable[[Mapping[str, Any]], datetime]:
    """A function from the scope to the moment that text or a MinMaxDatetime declares."""
    component = declared if isinstance(declared, Mapping) else {"datetime": declared}
    form = str(component.get("datetime_format") or form or _DEFAULT_FORMAT)
    parameters = component.get("$parameters") or {}
    texts = {
        name: compile_text(str(component[name]), parameters)
        for name in ("datetime", "min_datetime", "max_datetime")
        if component.get(name)
    }

    def moment(scope: Mapping[str, Any]) -> datetime:
        found = _parse(texts["datetime"](scope), form)
        for name, choose in (("min_datetime", max), ("max_datetime", min)):
            bound = texts[name](scope) if name in texts else None
            if bound:
                found = choose(found, _parse(bound, form))
        return found

    return moment


def _parse(text: Any, form: str) -> datetime:
    try:
        return parse_moment(text, [form])
    except ValueError:
        raise DeclarationError(
            f"{text!r} is no moment in the format {form!r}. Check the setting it comes from, and "
            "datetime_format."
        ) from None
