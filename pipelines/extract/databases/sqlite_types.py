"""What SQLite's declared types mean.

Belongs here: from the words after a column's name to a kind, and how moments are
spelled. Does not belong here: values.

SQLite takes any words for a type and any value for a column. The rules are its own
(INT, CHAR, BLOB, REAL … in this order), and what else is in wide use: BOOLEAN, DATE,
DATETIME, DECIMAL(p,s). A column of no known type is read as text.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from pipelines.extract.databases.kinds import (
    ANYTHING,
    BYTES,
    DAY,
    MOMENT,
    REAL,
    TEXT,
    TRUTH,
    Kind,
    decimal,
    whole,
)

NUMBERS, TEXTS = ("integer", "real"), ("text",)
"""The sorts of values that SQLite orders among themselves."""
_DIGITS = re.compile(r"(?:DECIMAL|NUMERIC|DEC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


_WHOLE = whole("BIGINT")
ORDERED_AS = {_WHOLE: NUMBERS, REAL: NUMBERS, TEXT: TEXTS}
"""Kinds of which the sort is certain; the others are as they are found."""


_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:([T ])(\d\d:\d\d(?::\d\d)?)(?:([.,])(\d+))?(.*))?", re.DOTALL
)


def moment_of(text: str) -> date:
    """The day, or the day and time, that a text says by ISO 8601; ValueError for another."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return datetime.fromisoformat(text) if found[1] else date.fromisoformat(text)


def respelled(like: str, moment: date) -> str:
    """A moment as another text spells its own: texts are compared, not moments."""
    found = _MOMENT.fullmatch(like)
    if found is None or not isinstance(moment, datetime):
        return moment.isoformat()
    separator, clock, point, digits, zone = (part or "" for part in found.groups())
    parts = f"{moment.microsecond:06d}".ljust(len(digits), "0")[: len(digits)]
    time = moment.time().isoformat("seconds")[: len(clock)]
    return f"{moment.date().isoformat()}{separator}{time}{point}{parts}{zone}"


def kind_of(declared: str) -> Kind:
    """The kind of a column by its declared type."""
    said = " ".join(declared.upper().split())
    if "INT" in said:
        return _WHOLE
    if any(word in said for word in ("CHAR", "CLOB", "TEXT")):
        return TEXT
    if "BLOB" in said:
        return BYTES
    if any(word in said for word in ("REAL", "FLOA", "DOUB")):
        return REAL
    return _customary(said)


def _customary(said: str) -> Kind:
    found = _DIGITS.fullmatch(said)
    if found and int(found[1]) <= 38 and int(found[2] or 0) <= int(found[1]):
        return decimal(int(found[1]), int(found[2] or 0))
    if said.startswith(("DEC", "NUMERIC", "NUMBER")) and not found:
        return REAL
    if said.startswith("BOOL"):
        return TRUTH
    if said == "DATE":
        return DAY
    return MOMENT if said.startswith(("DATETIME", "TIMESTAMP")) else ANYTHING
