"""Arrow arrays from exact JSON values.

Belongs here: building what a Shape says. Does not belong here: parsing, and the
fast reader that goes from bytes to arrays without Python values.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.extract.formats.json_exact import as_text
from pipelines.extract.formats.json_types import Shape


def build(values: Sequence[Any], shape: Shape) -> pa.Array:
    """One array of `shape.arrow()`; the shape has observed every value."""
    kind, target = shape.kind, shape.arrow()
    if kind == "list":
        return _lists(values, shape)
    if kind == "object" and shape.fields:
        return _structs(values, shape)
    if kind == "null" or kind == "bool" or pa.types.is_int64(target):
        return pa.array(values, target)
    if pa.types.is_decimal(target):
        return pa.array([None if v is None else Decimal(v) for v in values], target)
    if pa.types.is_floating(target):
        return pa.array([None if v is None else float(v) for v in values], target)
    return build_text(values)


def build_text(values: Sequence[Any]) -> pa.Array:
    """Text as it is, numbers as they were written, the rest as JSON."""
    return pa.array([None if v is None else as_text(v) for v in values], pa.string())


def _structs(values: Sequence[Any], shape: Shape) -> pa.StructArray:
    labels = shape.labels()
    children = [
        build([None if v is None else v.get(name) for v in values], inner)
        for name, inner in shape.fields.items()
    ]
    absent = pa.array([v is None for v in values], pa.bool_())
    return pa.StructArray.from_arrays(children, names=list(labels.values()), mask=absent)


def _lists(values: Sequence[Any], shape: Shape) -> pa.ListArray:
    assert shape.item is not None
    offsets: list[int] = [0]
    items: list[Any] = []
    for value in values:
        items.extend(value or ())
        offsets.append(len(items))
    absent = pa.array([v is None for v in values], pa.bool_())
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), build(items, shape.item), mask=absent
    )
