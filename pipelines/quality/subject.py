"""The table that checks look at, and the values they compare it with, as SQL.

Belongs here: which columns there are, how a column's value is written in SQL,
and how a constant from a declaration is. Does not belong here: what an
expectation means.

NaN counts as null, as it does in a pandas frame.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from pipelines.flow import ORIGIN_COLUMNS
from pipelines.naming import literal, quote, quote_table

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
WHOLE = _WHOLE | {"U" + name for name in _WHOLE}
FLOATING = {"FLOAT", "DOUBLE"}
TIMES = {
    "DATE": "TIMESTAMP",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
}
"""Type of a column → type of the constants that it's compared with. A date is
compared as a timestamp, so that a bound's time of day is not cut off."""


class CannotRun(Exception):
    """A check that can't be run on this table; the message says why."""


@dataclass(frozen=True)
class Subject:
    """One table at one snapshot: column → SQL type, and the columns of its key."""

    table: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    snapshot: int

    @property
    def relation(self) -> str:
        """The table's rows as a relation that may be given an alias."""
        return f"(FROM {self.at(self.table)})"

    def at(self, table: str) -> str:
        """A table of the lake as it was at the subject's snapshot."""
        return f"{quote_table(table)} AT (VERSION => {self.snapshot:d})"

    def type_of(self, column: str) -> str:
        """The SQL type of a column; CannotRun names columns like it."""
        found = self.columns.get(column)
        if found is None:
            near = difflib.get_close_matches(column, self.columns, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(self.columns)}."
            raise CannotRun(f"{self.table} has no column {column!r}: {hint}")
        return found

    def value(self, column: str) -> str:
        """A column's value, NaN as null."""
        name = quote(column)
        kind = self.type_of(column)
        if kind in FLOATING:
            return f"(CASE WHEN isnan({name}) THEN NULL ELSE {name}::DOUBLE END)"
        return name

    def constant(self, value: Any, column: str) -> str:
        """A constant that this column can be compared with, as exactly as it is written."""
        return constant(value, self.type_of(column), column)

    def identity(self) -> list[str]:
        """The columns that tell a person which row it is: key, then origin."""
        return [name for name in (*self.key, *ORIGIN_COLUMNS) if name in self.columns]


def is_number(kind: str) -> bool:
    """Whether a SQL type holds numbers."""
    return kind in WHOLE or kind in FLOATING or kind.startswith("DECIMAL")


def constant(value: Any, kind: str, column: str) -> str:
    """A constant for comparing with values of the type `kind`; CannotRun if none fits."""
    if isinstance(value, bool):
        if kind == "BOOLEAN":
            return "TRUE" if value else "FALSE"
    elif isinstance(value, int | float | Decimal):
        if is_number(kind):
            return _number(value, kind)
    elif isinstance(value, str):
        if kind == "VARCHAR" or kind.startswith("ENUM"):
            return literal(value)
        if kind in TIMES:
            return f"CAST({literal(value)} AS {TIMES[kind]})"
    elif isinstance(value, date | time) and kind in TIMES:
        return f"CAST({literal(_moment(value, kind))} AS {TIMES[kind]})"
    raise CannotRun(
        f"The column {column} is {kind}, which can't be compared with {value!r} "
        f"({type(value).__name__}). Write a value of the column's type, or type the column "
        "before it is checked."
    )


def _number(value: float | Decimal, kind: str) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"CAST('{value}' AS DOUBLE)"
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = format(exact, "f")
    if kind in FLOATING or sum(character.isdigit() for character in text) > 38:
        return f"CAST('{value!r}' AS DOUBLE)" if kind in FLOATING else f"CAST('{text}' AS DOUBLE)"
    return text


def _moment(value: date | time, kind: str) -> str:
    if isinstance(value, datetime) and value.tzinfo and kind != "TIMESTAMP WITH TIME ZONE":
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat()
