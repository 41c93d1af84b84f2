"""Child tables: the elements of a list column, one row each.

Belongs here: which columns a child has and where its rows come from. Does not
belong here: writing them (`modes`, the same way as the parent's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.types as pt

from pipelines.load.columns import SYSTEM_TYPES, UNKNOWN, physical
from pipelines.naming import NameMap, literal, normalise, quote
from pipelines.spec import Unnest
from pipelines.sqltypes import arrow_type, sql_type

POSITION = "_position"


@dataclass(frozen=True)
class Child:
    """A child table's columns (name → type), and its rows as a subquery."""

    columns: dict[str, str]
    relation: str


def child_of(item: Unnest, parent: Mapping[str, str], relation: str) -> Child:
    """The child that `item` declares over the parent's columns and rows.

    A list of structs gives a column for each field, any other list a column
    `value`. `_position` counts from 1; `_path` points on into the list.
    """
    kind = arrow_type(parent.get(item.column, UNKNOWN))
    columns = {key: physical(parent.get(key, UNKNOWN)) for key in item.keys}
    columns[POSITION] = "BIGINT"
    elements = _elements(item, kind, columns)
    columns |= {name: sql_type(field) for name, (_, field) in elements.items()}
    return Child(columns | SYSTEM_TYPES, _relation(item, columns, elements, relation))


def _elements(
    item: Unnest, kind: pa.DataType, taken: Mapping[str, str]
) -> dict[str, tuple[str, pa.DataType]]:
    """Column → (expression over `_element`, type).

    A field that is called like a key is prefixed with the child's name.
    """
    if not pt.is_list(kind) or pt.is_null(kind.value_type):
        return {}
    if not pt.is_struct(kind.value_type):
        return {"value": ("_element", kind.value_type)}
    names = NameMap({f"key {name}": name for name in taken})
    fields = list(kind.value_type)
    columns = names.columns(
        f"{item.into}_{field.name}" if normalise(field.name) in taken else field.name
        for field in fields
    )
    return {
        column: (f"struct_extract(_element, {literal(field.name)})", field.type)
        for column, field in zip(columns, fields, strict=True)
    }


def _relation(
    item: Unnest,
    columns: Mapping[str, str],
    elements: Mapping[str, tuple[str, pa.DataType]],
    relation: str,
) -> str:
    if not elements:
        empty = {**columns, **SYSTEM_TYPES}
        values = ", ".join(f"NULL::{t} AS {quote(name)}" for name, t in empty.items())
        return f"(SELECT {values} WHERE false)"
    keys = ", ".join(quote(key) for key in item.keys)
    column = quote(item.column)
    path = f"concat(_path || '.', {literal(item.column)}, '[', {POSITION} - 1, ']') AS _path"
    values = ", ".join(
        f"{expression} AS {quote(name)}" for name, (expression, _) in elements.items()
    )
    # The element's own field may be called like the column, so it is renamed first.
    inner = (
        f"SELECT {keys}, _file, _line, _path, _load_id, unnest({column}) AS _element, "
        f"generate_subscripts({column}, 1) AS {POSITION} FROM {relation} "
        f"WHERE len({column}) > 0"
    )
    return f"(SELECT {keys}, {POSITION}, {values}, _file, _line, {path}, _load_id FROM ({inner}))"
