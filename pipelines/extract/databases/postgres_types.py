"""Which column of Postgres is read how, and as what.

Belongs here: the one table of types. Does not belong here: asking the catalog
(`postgres_catalog`), converting (`postgres_values`).

What the driver gives exactly is read as it is. Everything else is cast to text by the
server: enums, uuid, intervals (ISO 8601), ranges, geometry, money, inet, composites,
and numbers without a stated precision, or of more than 38 digits.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.extract.databases.postgres_values import (
    Settle,
    as_is,
    dates,
    decimals,
    lists,
    timestamps,
)
from pipelines.naming import quote

_MOST_DIGITS = 38
_EXACT: dict[str, tuple[str, Settle]] = {
    "bool": ("BOOLEAN", as_is),
    "int2": ("SMALLINT", as_is),
    "int4": ("INTEGER", as_is),
    "int8": ("BIGINT", as_is),
    "float4": ("FLOAT", as_is),
    "float8": ("DOUBLE", as_is),
    "text": ("VARCHAR", as_is),
    "varchar": ("VARCHAR", as_is),
    "bpchar": ("VARCHAR", as_is),
    "name": ("VARCHAR", as_is),
    "json": ("VARCHAR", as_is),
    "jsonb": ("VARCHAR", as_is),
    "bytea": ("BLOB", as_is),
    "date": ("DATE", dates),
    "time": ("TIME", as_is),
    "timestamp": ("TIMESTAMP", timestamps),
    "timestamptz": ("TIMESTAMPTZ", timestamps),
}
_ORDERED = {"int2", "int4", "int8", "numeric", "float4", "float8", "date", "timestamp"}
CURSORS = _ORDERED | {"timestamptz", "text", "varchar", "bpchar", "oid"}
"""Types that can be a cursor: Postgres orders them and says which is the greatest."""
ENDLESS = {"numeric", "float4", "float8"}
"""Types with NaN, which sorts behind everything and must not become a cursor."""
MOMENTS = {"date", "timestamp", "timestamptz"}
NUMBERS = {
    "int2": -(2**15),
    "int4": -(2**31),
    "int8": -(2**63),
    "oid": 0,
    "numeric": None,
    "float4": None,
    "float8": None,
}
"""Types that numbers can be taken from, with the least that each can hold, if any."""


@dataclass(frozen=True)
class Field:
    """One column as the catalog says it, domains already seen through.

    `type` is the type's own name; `element` that of a list's members. `digits` is
    (precision, scale) where a numeric states them. `spelled` is Postgres' own
    spelling, for casts.
    """

    name: str
    type: str
    spelled: str
    element: str | None = None
    digits: tuple[int, int] | None = None
    nullable: bool = True


@dataclass(frozen=True)
class Way:
    """How one column is read.

    `sql` is its type in the warehouse, `value` what is selected. `odd` is an expression
    that gives, as text, what the warehouse's type can't hold, and else NULL.
    """

    field: Field
    sql: str
    value: str
    settle: Settle
    odd: str | None = None


def way(field: Field, *, as_text: bool = False, text: Settle = as_is) -> Way:
    """How to read a column; `as_text`: the stream declares it as text.

    `text` is what settles texts.
    """
    column = quote(field.name)
    if field.element is not None and not as_text:
        return _list_way(field, column, text)
    found = _of(field.type, field.digits)
    kept = found is not None and (found[0] in ("VARCHAR", "BLOB") or not as_text)
    if found is not None and kept:
        return Way(field, found[0], column, text if found[0] == "VARCHAR" else found[1])
    if field.type == "oid" and not as_text:
        return Way(field, "BIGINT", f"{column}::int8", as_is)
    return Way(field, "VARCHAR", f"{column}::text", text)


def _of(kind: str, digits: tuple[int, int] | None) -> tuple[str, Settle] | None:
    """The type in the warehouse of what the driver gives exactly; None: ask for text."""
    if kind != "numeric":
        return _EXACT.get(kind)
    if digits is None:
        return None
    precision, scale = digits
    precision, scale = max(precision - min(scale, 0), scale), max(scale, 0)
    if precision > _MOST_DIGITS:
        return None
    return f"DECIMAL({precision},{scale})", decimals(precision, scale)


def _list_way(field: Field, column: str, text: Settle) -> Way:
    assert field.element is not None
    found = _of(field.element, field.digits)
    settle: Settle = as_is
    sql, value = "VARCHAR", f"{column}::text[]"
    if found is not None:
        (sql, settle), value = found, column
    elif field.element == "oid":
        sql, value = "BIGINT", f"{column}::int8[]"
    # The driver flattens tables of values, and a list can't say that it begins at 0.
    shaped = f"(array_ndims({column}) > 1 OR array_lower({column}, 1) <> 1)"
    value = f"CASE WHEN {shaped} THEN NULL ELSE {value} END"
    odd = f"CASE WHEN {shaped} THEN {column}::text END"
    return Way(field, f"{sql}[]", value, lists(text if sql == "VARCHAR" else settle), odd)
