"""From whatever a format gave to the types that a stream declares, row by row.

Belongs here: parting the rows whose values fit from those that become rejects,
and the sentence that says why. Does not belong here: how single values are
converted (convert.py), or which columns are declared (the stream says so).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.extract.convert import convert
from pipelines.flow import Reject
from pipelines.sqltypes import arrow_type

Origin = Callable[[int], tuple[str, int | None, str | None]]
"""Row number in the table at hand → file, physical line, path in the file."""

_SHOWN = 200


def cast_columns(
    rows: pa.Table,
    wanted: Mapping[str, str],
    raw: Callable[[int], str],
    origin: Origin | None = None,
) -> tuple[pa.Table, list[Reject]]:
    """The rows whose values all fit, typed as wanted, and one reject a misfit.

    `wanted` maps column → SQL type; columns that `rows` lacks are left to load,
    columns that are not wanted pass as they are. `raw(i)` gives the record of
    row i as it was written. Without `origin`, where a row stood is read from
    its own `_file`, `_line` and `_path`. Empty text is NULL for every type but
    text. Text without a zone is taken as UTC where TIMESTAMPTZ is wanted.
    """
    misfits: dict[int, list[tuple[str, str]]] = {}
    for name, sql in wanted.items():
        at = rows.schema.get_field_index(name)
        target = arrow_type(sql)
        if at < 0 or rows.column(at).type.equals(target):
            continue
        before = rows.column(at).combine_chunks()
        after, misfit = convert(before, target)
        rows = rows.set_column(at, pa.field(name, target), after)
        if misfit is not None:
            for row in pc.indices_nonzero(misfit).to_pylist():
                misfits.setdefault(row, []).append((name, _reason(name, before[row], sql)))
    if not misfits:
        return rows, []
    origin = origin or row_origin(rows)
    rejects = [_reject(misfits[row], raw(row), origin(row)) for row in sorted(misfits)]
    keep = pa.array([row not in misfits for row in range(rows.num_rows)], pa.bool_())
    return rows.filter(keep), rejects


def row_origin(rows: pa.Table) -> Origin:
    """Where each row stood, by the origin columns that the rows carry."""
    present = {
        name: rows.column(name) for name in ("_file", "_line", "_path") if name in rows.schema.names
    }

    def at(row: int) -> tuple[str, int | None, str | None]:
        file, line, path = (
            present[name][row].as_py() if name in present else None
            for name in ("_file", "_line", "_path")
        )
        return file or "", line, path

    return at


def _reject(
    misfits: list[tuple[str, str]], raw: str, origin: tuple[str, int | None, str | None]
) -> Reject:
    file, line, path = origin
    reason = " ".join(sentence for _, sentence in misfits)
    return Reject(reason, raw, file, line, path, column=misfits[0][0])


def _reason(column: str, value: pa.Scalar, sql: str) -> str:
    try:
        said = repr(value.as_py())
    except (ValueError, OverflowError, ArithmeticError):
        said = str(value)
    if len(said) > _SHOWN:
        said = f"{said[:_SHOWN]}… ({len(said)} characters)"
    return f"Column {column} holds {said}, which is no {sql}."
