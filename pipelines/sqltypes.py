"""The types of the warehouse, as SQL text and as Arrow types.

Belongs here: the translation both ways. Does not belong here: converting values,
or which type holds the values of two others (load widens).
"""

from __future__ import annotations

import re

import pyarrow as pa

_TO_ARROW = {
    "BOOLEAN": pa.bool_(),
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "UTINYINT": pa.uint8(),
    "USMALLINT": pa.uint16(),
    "UINTEGER": pa.uint32(),
    "UBIGINT": pa.uint64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
}
_ALIASES = {
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "INT": "INTEGER",
    "INT64": "BIGINT",
    "BOOL": "BOOLEAN",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "DATETIME": "TIMESTAMP",
    "REAL": "FLOAT",
    "BYTEA": "BLOB",
}
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


def arrow_type(sql: str) -> pa.DataType:
    """The Arrow type of a SQL type; ValueError names a type that isn't known."""
    text = sql.strip()
    upper = " ".join(text.upper().split())
    upper = _ALIASES.get(upper, upper)
    if upper in _TO_ARROW:
        return _TO_ARROW[upper]
    if upper == "NULL":
        return pa.null()
    if found := _DECIMAL.fullmatch(upper):
        return pa.decimal128(int(found[1]), int(found[2] or 0))
    if upper.endswith("[]"):
        return pa.list_(arrow_type(text[:-2]))
    if upper.startswith("STRUCT(") and upper.endswith(")"):
        return pa.struct([_field(part) for part in _split(text[7:-1])])
    if upper.startswith("MAP(") and upper.endswith(")"):
        key, value = _split(text[4:-1])
        return pa.map_(arrow_type(key), arrow_type(value))
    known = ", ".join(_TO_ARROW)
    raise ValueError(
        f"{sql!r} is no type of the warehouse. Expected one of {known}, DECIMAL(p,s), T[], "
        "STRUCT(name T, …) or MAP(K, V)."
    )


def _field(declared: str) -> pa.Field:
    name, _, rest = declared.strip().partition(" ")
    if declared.strip().startswith('"'):
        end = re.match(r'"((?:[^"]|"")*)"\s+', declared.strip())
        if end is None:
            raise ValueError(f"{declared!r} is no field of a STRUCT: expected a name and a type.")
        name, rest = end[1].replace('""', '"'), declared.strip()[end.end() :]
    return pa.field(name, arrow_type(rest))


def _split(inside: str) -> list[str]:
    """Cut at the commas that stand outside every bracket and quote."""
    parts, depth, start, quoted = [], 0, 0, False
    for position, character in enumerate(inside):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "([":
            depth += 1
        elif not quoted and character in ")]":
            depth -= 1
        elif not quoted and character == "," and depth == 0:
            parts.append(inside[start:position])
            start = position + 1
    return [*parts, inside[start:]]


def sql_type(arrow: pa.DataType, *, null: str = "VARCHAR") -> str:
    """The SQL type that holds every value of an Arrow type.

    `null` is what stands for a type of which only nulls were seen: text holds
    whatever comes; `NULL` remembers that nothing is known yet.
    """
    if pa.types.is_null(arrow):
        return null
    simple = _simple(arrow)
    if simple:
        return simple
    if pa.types.is_decimal(arrow):
        return f"DECIMAL({min(arrow.precision, 38)},{arrow.scale})"
    if pa.types.is_timestamp(arrow):
        return "TIMESTAMPTZ" if arrow.tz else "TIMESTAMP"
    if pa.types.is_dictionary(arrow):
        return sql_type(arrow.value_type, null=null)
    if pa.types.is_struct(arrow):
        inner = (f"{_quoted(f.name)} {sql_type(f.type, null=null)}" for f in arrow)
        return f"STRUCT({', '.join(inner)})"
    if (
        pa.types.is_list(arrow)
        or pa.types.is_large_list(arrow)
        or pa.types.is_fixed_size_list(arrow)
    ):
        return sql_type(arrow.value_type, null=null) + "[]"
    if pa.types.is_map(arrow):
        key, item = sql_type(arrow.key_type, null=null), sql_type(arrow.item_type, null=null)
        return f"MAP({key}, {item})"
    raise ValueError(f"The warehouse has no type for Arrow's {arrow}.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _simple(arrow: pa.DataType) -> str | None:
    for name, known in _TO_ARROW.items():
        if arrow.equals(known):
            return name
    if pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow):
        return "VARCHAR"
    if pa.types.is_large_binary(arrow) or pa.types.is_fixed_size_binary(arrow):
        return "BLOB"
    if pa.types.is_date(arrow):
        return "DATE"
    if pa.types.is_time(arrow):
        return "TIME"
    return "FLOAT" if pa.types.is_float16(arrow) else None
