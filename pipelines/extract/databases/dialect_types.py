"""What the types mean that SQLAlchemy's dialects reflect.

Belongs here: from a reflected type to a kind. Does not belong here: values. A type
that nothing is known of is read as text.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pipelines.extract.databases.kinds import (
    ANYTHING,
    BYTES,
    CLOCK,
    DAY,
    INSTANT,
    MOMENT,
    REAL,
    TEXT,
    TRUTH,
    Kind,
    decimal,
    whole,
)

_WHOLE = {
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "MEDIUMINT": "INTEGER",
    "INTEGER": "INTEGER",
    "BIGINT": "BIGINT",
    "YEAR": "SMALLINT",
}
_MOST_DIGITS = 38
CURSORS = (TEXT, DAY, MOMENT, INSTANT)
"""Kinds that can be a cursor, beside whole numbers and decimals."""


def kind_of(column: sa.types.TypeEngine[Any], dialect: str) -> Kind:
    """The kind of a reflected column."""
    name = type(column).__name__.upper()
    if dialect in ("mysql", "mariadb"):
        found = _of_mysql(column, name)
        if found is not None:
            return found
    if isinstance(column, sa.Boolean):
        return TRUTH
    if isinstance(column, sa.Integer):
        return whole(_WHOLE.get(name, "BIGINT"))
    if isinstance(column, sa.Double | sa.Float):
        return REAL
    if isinstance(column, sa.Numeric):
        return _decimal(column)
    return _simple(column)


def _simple(column: sa.types.TypeEngine[Any]) -> Kind:
    if isinstance(column, sa.DateTime):
        return INSTANT if column.timezone else MOMENT
    for kind, classes in (
        (DAY, sa.Date),
        (CLOCK, sa.Time),
        (BYTES, sa.LargeBinary | sa.types._Binary),  # noqa: SLF001  (BINARY and VARBINARY have no other base)
        (TEXT, sa.String | sa.Enum | sa.JSON | sa.Uuid),
    ):
        if isinstance(column, classes):
            return kind
    return ANYTHING


def _decimal(column: sa.Numeric[Any]) -> Kind:
    precision, scale = column.precision, column.scale
    if (
        precision is None
        or scale is None
        or precision > _MOST_DIGITS
        or not 0 <= scale <= precision
    ):
        return ANYTHING
    return decimal(precision, scale)


def _of_mysql(column: Any, name: str) -> Kind | None:
    """MySQL's own: unsigned integers, TIME as a span, TIMESTAMP as a moment in UTC."""
    if name in _WHOLE:
        plain = _WHOLE[name]
        return whole(f"U{plain}" if getattr(column, "unsigned", False) else plain)
    if name == "TIMESTAMP":
        return INSTANT
    if name == "TIME":
        return ANYTHING
    return BYTES if name == "BIT" else None
