"""From rows of Python objects to Arrow, for the drivers that give nothing better.

Belongs here: columns out of rows, and which rows have a misfit. Does not belong here:
which kind a column is of, or single values (`kinds`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.extract.databases.cursor import Progress
from pipelines.extract.databases.kinds import Kind, Misfit, as_text
from pipelines.extract.databases.rejects import reject
from pipelines.flow import Reject
from pipelines.sqltypes import arrow_type

Row = Sequence[Any]
_UNFIT = (pa.ArrowException, OverflowError, TypeError, ValueError)


@dataclass(frozen=True)
class Shape:
    """A table's columns and the kind of each, in the order of a row's values."""

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]

    def table(self, rows: Sequence[Row]) -> tuple[pa.Table, tuple[Reject, ...]]:
        """The rows of which every value has its place, and the others set aside."""
        columns: list[list[Any]] = [list(values) for values in zip(*rows, strict=True)]
        misfits: dict[int, list[tuple[str, str, str]]] = {}
        arrays = []
        for n, kind in enumerate(self.kinds):
            values = columns[n] if columns else []
            made = _fast(values, kind)
            if made is None:
                made, wrong = _careful(values, kind)
                for row in wrong:
                    said = (self.names[n], as_text(values[row]), kind.sql)
                    misfits.setdefault(row, []).append(said)
            arrays.append(made)
        table = pa.table(arrays, names=list(self.names))
        if not misfits:
            return table, ()
        table = table.filter(pa.array([n not in misfits for n in range(len(rows))], pa.bool_()))
        rejects = tuple(
            reject(
                table.num_rows + place, misfits[row], dict(zip(self.names, rows[row], strict=True))
            )
            for place, row in enumerate(sorted(misfits))
        )
        return table, rejects


def unseen(progress: Progress, names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The rows that were not handed out before, without their last two values.

    These say whether the row may have been read by the last run, and whether the next
    one will read it again.
    """
    known = [n for n, name in enumerate(names) if name in progress.columns]
    kept: list[Row] = []
    for row in rows:
        *values, was, will = row
        if will:
            progress.meet(_digest(values))
        if progress.is_new(_digest([values[n] for n in known]) if was else None):
            kept.append(values)
    return kept


def _digest(values: Sequence[Any]) -> str:
    said = repr(tuple(values)).encode("utf-8", "surrogateescape")
    return hashlib.md5(said, usedforsecurity=False).hexdigest()


def _fast(values: Sequence[Any], kind: Kind) -> pa.Array | None:
    """The column at once; None when some value needs a look of its own."""
    if not set(map(type, values)) <= kind.expected | {type(None)}:
        return None
    try:
        return pa.array(values, arrow_type(kind.sql))
    except _UNFIT:
        return None


def _careful(values: Sequence[Any], kind: Kind) -> tuple[pa.Array, list[int]]:
    """The column value by value, and the rows whose value has no place."""
    target = arrow_type(kind.sql)
    found: list[Any] = []
    wrong = []
    for row, value in enumerate(values):
        try:
            found.append(value if type(value) in kind.expected else _turned(value, kind))
        except Misfit:
            found.append(None)
            wrong.append(row)
    try:
        return pa.array(found, target), wrong
    except _UNFIT:
        pass
    for row, value in enumerate(found):
        try:
            pa.array([value], target)
        except _UNFIT:
            found[row] = None
            wrong.append(row)
    return pa.array(found, target), wrong


def _turned(value: Any, kind: Kind) -> Any:
    return None if value is None else kind.turn(value)
