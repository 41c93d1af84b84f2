"""Columns of a sheet as Arrow: what each cell's value becomes.

Belongs here: the type of a column and the text of a cell. Does not belong here:
finding tables, or declared types (chunks.finish).

A column of one kind has that kind: whole numbers are int64, others doubles (a
workbook knows no other number), days dates, days with a time timestamps. A
column of several kinds is text; so are durations (`26:30:00`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

_EXACT = 2**53


def column(cells: Sequence[Any], *, as_text: bool = False) -> pa.Array:
    """One column; an empty cell is NULL."""
    kinds = set(map(type, cells))
    values: Sequence[Any] = cells
    if str in kinds and "" in cells:
        values = [None if cell == "" else cell for cell in cells]
        kinds = set(map(type, values))
    kinds.discard(type(None))
    if not kinds:
        return pa.nulls(len(values))
    if kinds == {str}:
        return pa.array(values, pa.string())
    if as_text:
        return _texts(values)
    if kinds <= {int, float}:
        return _numbers(values)
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {dt.date}:
        return pa.array(values, pa.date32())
    if kinds <= {dt.date, dt.datetime}:
        return pa.array([_moment(value) for value in values], pa.timestamp("us"))
    if kinds == {dt.time}:
        return pa.array(values, pa.time64("us"))
    return _texts(values)


def text(cell: Any) -> str:
    """A cell as text: numbers by their shortest digits, dates in ISO form."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        return _duration(cell)
    return str(cell)


def _texts(values: Sequence[Any]) -> pa.Array:
    return pa.array([None if value is None else text(value) for value in values], pa.string())


def _numbers(values: Sequence[Any]) -> pa.Array:
    numbers = pa.array(values, pa.float64())
    try:
        return numbers.cast(pa.int64())
    except pa.ArrowInvalid:
        return numbers


def _moment(value: dt.date | dt.datetime | None) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time())


def _duration(value: dt.timedelta) -> str:
    sign = "-" if value < dt.timedelta() else ""
    value = abs(value)
    minutes, seconds = divmod(value.days * 86_400 + value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06}" if value.microseconds else ""
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}"
