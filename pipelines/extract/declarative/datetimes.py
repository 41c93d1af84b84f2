"""Times and durations as the low-code vocabulary writes them.

Formats are strftime's, and five of the vocabulary's own: `%s` and `%ms` (whole
seconds and milliseconds since 1970), `%s_as_float`, `%epoch_microseconds`, and
`%_ms`, three digits of milliseconds inside a longer format. A time without a zone
is UTC.

Belongs here: parsing and formatting. Does not belong here: which format a stream
uses, or stepping through time.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SHORT = re.compile(r"(\d{4})(?:-(\d{2}))?")
_DAY_OF_YEAR = re.compile(r"(\d{4})-?(\d{3})")
_MIDNIGHT = re.compile(r"(?<=[T ])24(?=:?00(?::?00(?:[.,]0+)?)?(?:$|[Zz+-]))")
_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?!$)"
    r"(?:(?P<years>\d+(?:[.,]\d+)?)Y)?(?:(?P<months>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<weeks>\d+(?:[.,]\d+)?)W)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
)

_DATE: Final = r"\d{4}-\d{2}-\d{2}"
_CLOCK: Final = r"\d{2}:\d{2}:\d{2}"
_ISO_FORMS: Final = {
    "%Y-%m-%d": re.compile(_DATE, re.ASCII),
    **{
        f"%Y-%m-%d{between}%H:%M:%S{fraction}{zone}": re.compile(
            f"{_DATE}{between}{_CLOCK}{digits}{offset}", re.ASCII
        )
        for between in "T "
        for fraction, digits in (("", ""), (".%f", r"\.\d{6}"))
        for zone, offset in (("", ""), ("Z", "Z"), ("%z", r"(?:Z|[+-]\d{2}:?\d{2})"))
    },
}
"""Forms whose usual spelling is ISO 8601, which is read ten times as fast."""


@dataclass(frozen=True)
class CalendarDuration:
    """Months, whose length the calendar gives, and an exact rest.

    It's added to or taken from a time, months first; a day that the month doesn't
    have becomes its last, so the 31st of January and a month is the end of
    February.
    """

    months: int
    exact: timedelta

    def __radd__(self, time: datetime) -> datetime:
        return _moved(time, self.months) + self.exact

    def __rsub__(self, time: datetime) -> datetime:
        return _moved(time, -self.months) - self.exact

    def __neg__(self) -> CalendarDuration:
        return CalendarDuration(-self.months, -self.exact)


def parse_time(value: str | float, form: str) -> datetime:
    """A time in a format; always with a zone. ValueError where it isn't one."""
    usual = _ISO_FORMS.get(form)
    if usual is not None and isinstance(value, str) and usual.fullmatch(value):
        return _aware(datetime.fromisoformat(value))
    if form == "%s":
        return datetime.fromtimestamp(int(value), tz=UTC)
    if form == "%s_as_float":
        return datetime.fromtimestamp(float(value), tz=UTC)
    if form == "%epoch_microseconds":
        return _EPOCH + timedelta(microseconds=int(value))
    if form == "%ms":
        return _EPOCH + timedelta(milliseconds=int(value))
    parsed = datetime.strptime(str(value), form.replace("%_ms", "%f"))  # noqa: DTZ007 - below
    return parsed if parsed.utcoffset() is not None else parsed.replace(tzinfo=UTC)


def format_time(time: datetime, form: str) -> str:
    """A time in a format; the numbers are exact."""
    if form == "%s":
        return str(int(time.timestamp()))
    if form == "%s_as_float":
        return str(time.timestamp())
    if form == "%epoch_microseconds":
        return str((_aware(time) - _EPOCH) // _MICROSECOND)
    if form == "%ms":
        return str((_aware(time) - _EPOCH) // _MICROSECOND // 1000)
    if "%_ms" in form:
        form = form.replace("%_ms", f"{time.microsecond // 1000:03d}")
    return time.strftime(form)


def parse_iso(text: str) -> datetime:
    """A time in ISO 8601, down from a year alone, in UTC. ValueError otherwise.

    24:00 is the midnight that a day ends with.
    """
    short = _SHORT.fullmatch(text)
    if short:
        return datetime(int(short[1]), int(short[2] or 1), 1, tzinfo=UTC)
    day = _DAY_OF_YEAR.fullmatch(text)
    if day:
        return datetime(int(day[1]), 1, 1, tzinfo=UTC) + timedelta(days=int(day[2]) - 1)
    begun, midnights = _MIDNIGHT.subn("00", text.replace("z", "Z"), count=1)
    return _aware(datetime.fromisoformat(begun)).astimezone(UTC) + timedelta(days=midnights)


@lru_cache(maxsize=256)
def parse_duration(text: str) -> timedelta | CalendarDuration:
    """A duration in ISO 8601; ValueError otherwise.

    One with years or months is a CalendarDuration.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration such as P1D, PT1H or P1M.")
    sign = -1 if match["sign"] == "-" else 1
    parts = {
        name: sign * float(value.replace(",", "."))
        for name, value in match.groupdict().items()
        if name != "sign" and value is not None
    }
    years, months = parts.pop("years", 0.0), parts.pop("months", 0.0)
    if not years.is_integer() or not months.is_integer():
        raise ValueError(f"{text!r} has a part of a year or a month, which has no fixed length.")
    exact = timedelta(**parts)
    if not years and not months:
        return exact
    return CalendarDuration(months=12 * int(years) + int(months), exact=exact)


def _moved(time: datetime, months: int) -> datetime:
    year, month = divmod(time.year * 12 + time.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return time.replace(year=year, month=month + 1, day=min(time.day, last))


def _aware(time: datetime) -> datetime:
    return time if time.utcoffset() is not None else time.replace(tzinfo=UTC)
