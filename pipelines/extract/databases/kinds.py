"""What a column's values are as Python objects, and as what they go to the warehouse.

Belongs here: kinds of values and the one way from each to its Arrow type. Does not
belong here: which column is of which kind (each reader knows), rows and rejects.

A value of a type that its kind doesn't expect is turned where that loses nothing, and
is a misfit else.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

Day = TypeVar("Day", bound=dt.date)
Turn = Callable[[Any], Any]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?")


class Misfit(Exception):
    """A value has no like in the warehouse's type."""


@dataclass(frozen=True)
class Kind:
    """`expected` are the Python types that pyarrow takes as they are."""

    sql: str
    expected: frozenset[type]
    turn: Turn


def _none(_: Any) -> Any:
    raise Misfit


def _truth(value: Any) -> bool:
    if type(value) is int and value in (0, 1):
        return value == 1
    raise Misfit


def _real(value: Any) -> float:
    if isinstance(value, int | Decimal) and float(value) == value:
        return float(value)
    raise Misfit


def _day(value: Any) -> dt.date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _parsed(dt.date, value)
    if isinstance(value, dt.datetime) and value.time() == dt.time(0) and value.tzinfo is None:
        return value.date()
    raise Misfit


def _moment(value: Any) -> dt.datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return _parsed(dt.datetime, value)
    raise Misfit


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    raise Misfit


def as_text(value: Any) -> str:
    """Any single value as text from which it can be told what it was."""
    if isinstance(value, str):
        return value if _is_utf8(value) else as_text(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return _clock(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else str(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    if isinstance(value, set | frozenset | tuple):
        return ",".join(sorted(map(as_text, value)))
    return repr(value) if isinstance(value, float) else str(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, str | uuid.UUID | dict | list | set | Decimal | dt.timedelta):
        return as_text(value)
    raise Misfit


def _clock(value: dt.timedelta) -> str:
    """A span as hours, minutes and seconds, as MySQL's TIME."""
    micros = round(abs(value) / dt.timedelta(microseconds=1))
    seconds, micros = divmod(micros, 1_000_000)
    rest = f".{micros:06d}" if micros else ""
    sign = "-" if value < dt.timedelta(0) else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{rest}"


def _parsed(kind: type[Day], text: str) -> Day:
    try:
        return kind.fromisoformat(text)
    except ValueError:
        raise Misfit from None


def decimal(precision: int, scale: int) -> Kind:
    """Exact numbers. A float counts as the shortest decimal that names it."""

    def turn(value: Any) -> Decimal:
        try:
            found = Decimal(repr(value) if isinstance(value, float) else value)
        except (InvalidOperation, TypeError, ValueError):
            raise Misfit from None
        if not found.is_finite():
            raise Misfit
        found = found.normalize()
        exponent = found.as_tuple().exponent
        whole = found.adjusted() + 1 if found else 0
        if isinstance(exponent, int) and -exponent <= scale and whole <= precision - scale:
            return found
        raise Misfit

    return Kind(f"DECIMAL({precision},{scale})", frozenset({Decimal}), turn)


def _kind(sql: str, turn: Turn, *expected: type) -> Kind:
    return Kind(sql, frozenset(expected), turn)


TRUTH = _kind("BOOLEAN", _truth, bool)
REAL = _kind("DOUBLE", _real, float)
SINGLE = _kind("FLOAT", _real, float)
TEXT = _kind("VARCHAR", _text, str)
ANYTHING = _kind("VARCHAR", as_text, str)
BYTES = _kind("BLOB", _bytes, bytes)
DAY = _kind("DATE", _day, dt.date)
MOMENT = _kind("TIMESTAMP", _moment, dt.datetime)
INSTANT = _kind("TIMESTAMPTZ", _none, dt.datetime)
CLOCK = _kind("TIME", _none, dt.time)


def whole(sql: str) -> Kind:
    """Integers of one of the warehouse's types."""
    return _kind(sql, _none, int)
