"""The text of an XML value as the value that its schema type says, exactly.

Belongs here: the built-in simple types. Does not belong here: elements and what is
in them (`decoding`).

Numbers are whole numbers or decimals; a double is the nearest float. Dates, times
and durations stay text in their ISO form, with the zone as it was written. Binary
is base64 or hexadecimal text. An empty number, date or truth is None: it says
nothing. Any other text that is not of its type raises NotOfType.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from zeep.xsd.types import builtins
from zeep.xsd.types.any import AnyType
from zeep.xsd.types.collection import ListType, UnionType

_ZONE = r"(Z|[+-](0\d|1[0-4]):[0-5]\d)?"
_TIME = r"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)"
_LONG_MONTHS = {1, 3, 5, 7, 8, 10, 12}


class NotOfType(ValueError):
    """The text is no value of its type; the message says which was expected."""


def value_of(xsd_type: Any, text: str) -> Any:
    """The value of a simple type that the text stands for."""
    if isinstance(xsd_type, ListType):
        return [value_of(xsd_type.item_type, item) for item in text.split()]
    if isinstance(xsd_type, UnionType):
        return _of_any(xsd_type.item_types, text)
    for kind, read in _READERS:
        if isinstance(xsd_type, kind):
            return read(text)
    return text


def sql_type(xsd_type: Any) -> str:
    """The SQL type that values of this type fit into; empty where none is sure."""
    if isinstance(xsd_type, builtins.Integer):
        return "BIGINT" if isinstance(xsd_type, builtins.Long) else ""
    names = {
        builtins.Boolean: "BOOLEAN",
        builtins.Float: "DOUBLE",
        builtins.Double: "DOUBLE",
        builtins.String: "VARCHAR",
        builtins.AnyURI: "VARCHAR",
        builtins.Base64Binary: "VARCHAR",
        builtins.HexBinary: "VARCHAR",
    }
    return next((sql for kind, sql in names.items() if isinstance(xsd_type, kind)), "")


def _of_any(kinds: list[Any], text: str) -> Any:
    for kind in kinds:
        try:
            return value_of(kind, text)
        except NotOfType:
            continue
    raise NotOfType("a value of one of the types that the union allows")


def _boolean(text: str) -> bool | None:
    known = {"": None, "true": True, "1": True, "false": False, "0": False}
    try:
        return known[text.strip()]
    except KeyError:
        raise NotOfType("true, false, 1 or 0") from None


def _double(text: str) -> float | str | None:
    """A float; those that JSON has no word for stay text, and the load names them."""
    text = text.strip()
    if text in ("INF", "-INF", "+INF", "NaN"):
        return text
    if not re.fullmatch(r"([+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?)?", text, re.ASCII):
        raise NotOfType("a number")
    number = float(text) if text else None
    if number in (float("inf"), float("-inf")):
        raise NotOfType("a number that a double can hold")
    return number


def _decimal(text: str) -> Decimal | None:
    text = text.strip()
    if not re.fullmatch(r"([+-]?(\d+(\.\d*)?|\.\d+))?", text, re.ASCII):
        raise NotOfType("a decimal number")
    return Decimal(text) if text else None


def _integer(text: str) -> int | None:
    text = text.strip()
    if not re.fullmatch(r"([+-]?\d{1,4000})?", text, re.ASCII):
        raise NotOfType("a whole number")
    return int(text) if text else None


def _pattern(pattern: str, expected: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern, re.ASCII)

    def read(text: str) -> str | None:
        text = text.strip()
        match = compiled.fullmatch(text)
        if text and not (match and _in_month(match)):
            raise NotOfType(expected)
        return text or None

    return read


def _in_month(match: re.Match[str]) -> bool:
    """Whether a date's day is one of its month."""
    if "year" not in match.re.groupindex:
        return True
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return day <= (29 if leap else 28)
    return day <= (31 if month in _LONG_MONTHS else 30)


def _base64(text: str) -> str:
    whole = "".join(text.split())
    try:
        base64.b64decode(whole, validate=True)
    except (binascii.Error, ValueError):
        raise NotOfType("base64") from None
    return whole


def _hexadecimal(text: str) -> str:
    text = text.strip()
    if not re.fullmatch(r"([0-9A-Fa-f]{2})*", text):
        raise NotOfType("hexadecimal digits, two for each byte")
    return text.upper()


def _line(text: str) -> str:
    return re.sub(r"[\t\n\r]", " ", text)


def _token(text: str) -> str:
    return " ".join(text.split())


_NAMED_DAY = r"-?(?P<year>\d{4,})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])"
_READERS: tuple[tuple[type, Callable[[str], Any]], ...] = (
    (builtins.Boolean, _boolean),
    (builtins.Integer, _integer),
    (builtins.Decimal, _decimal),
    (builtins.Float, _double),
    (builtins.Double, _double),
    (
        builtins.DateTime,
        _pattern(f"{_NAMED_DAY}T{_TIME}{_ZONE}", "a time such as 2026-01-31T12:00:00Z"),
    ),
    (builtins.Date, _pattern(_NAMED_DAY + _ZONE, "a day such as 2026-01-31")),
    (builtins.Time, _pattern(_TIME + _ZONE, "a time of day such as 12:00:00")),
    (
        builtins.Duration,
        _pattern(
            r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
            "a duration such as P1DT12H",
        ),
    ),
    (builtins.gYearMonth, _pattern(rf"-?\d{{4,}}-(0[1-9]|1[0-2]){_ZONE}", "a month")),
    (builtins.gYear, _pattern(rf"-?\d{{4,}}{_ZONE}", "a year")),
    (builtins.Base64Binary, _base64),
    (builtins.HexBinary, _hexadecimal),
    (builtins.Token, _token),
    (builtins.NormalizedString, _line),
    (builtins.AnyURI, _token),
    (builtins.QName, _token),
    (AnyType, lambda text: text),
)
