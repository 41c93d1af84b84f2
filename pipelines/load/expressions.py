"""SQL expressions that turn a value of one type into another without loss.

Belongs here: casts, also inside structs, lists and maps. Does not belong here:
which type is wanted (`columns`).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

from pipelines.naming import literal, quote
from pipelines.sqltypes import arrow_type, sql_type


def convert(value: str, source: str, target: str) -> str:
    """`value`, an expression of type `source`, as `target`.

    Nested values that become text become JSON. A struct gets NULL for fields it
    lacks. Casts that can fail raise in DuckDB: see `attempt`.
    """
    return _convert(value, arrow_type(source), arrow_type(target), 0)


def attempt(value: str, source: str, target: str) -> str:
    """Like `convert`, but NULL where the value doesn't fit unchanged.

    Fits: casting there and back gives the same value.
    """
    there = f"TRY_CAST({value} AS {target})"
    back = f"TRY_CAST({there} AS {source})"
    return f"CASE WHEN {back} IS NOT DISTINCT FROM {value} THEN {there} END"


def _convert(value: str, source: pa.DataType, target: pa.DataType, depth: int) -> str:
    wanted = sql_type(target)
    if pt.is_null(source):
        return f"NULL::{wanted}"
    if source.equals(target) or sql_type(source) == wanted:
        return value
    if pt.is_string(target) and pt.is_nested(source):
        return f"CAST(to_json({value}) AS VARCHAR)"
    if pt.is_struct(source) and pt.is_struct(target):
        return _struct(value, source, target, depth)
    if pt.is_list(source) and pt.is_list(target):
        item = f"x{depth}"
        inside = _convert(item, source.value_type, target.value_type, depth + 1)
        return f"list_transform({value}, lambda {item}: {inside})"
    return f"CAST({value} AS {wanted})"


def _struct(value: str, source: pa.DataType, target: pa.DataType, depth: int) -> str:
    known = {field.name: field.type for field in source}
    fields = []
    for field in target:
        inner = "NULL"
        if field.name in known:
            part = f"struct_extract({value}, {literal(field.name)})"
            inner = _convert(part, known[field.name], field.type, depth)
        fields.append(f"{quote(field.name)} := {inner}")
    packed = f"CAST(struct_pack({', '.join(fields)}) AS {sql_type(target)})"
    return f"CASE WHEN {value} IS NOT NULL THEN {packed} END"
