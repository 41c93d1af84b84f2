"""The last step of every decoder of values: from a table to a Chunk.

Belongs here: dropping wholly empty records, typing declared columns, and the
origin columns. Does not belong here: what any format looks like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import repeated, text, truth
from pipelines.extract.cast import cast_columns
from pipelines.flow import Chunk, Reject
from pipelines.spec import Stream

_NOTHING = text("")


def wanted_types(stream: Stream) -> dict[str, str]:
    """Column → declared SQL type, of the columns that declare one."""
    return {name: column.type for name, column in stream.columns.items() if column.type}


def finish(
    rows: pa.Table,
    stream: Stream,
    file: str,
    *,
    lines: pa.Array | None,
    paths: pa.Array | None,
    raw: Callable[[int], str],
    rejects: Sequence[Reject] = (),
    constants: Mapping[str, pa.Array] | None = None,
) -> Chunk:
    """A Chunk of rows under warehouse names; `rejects` come before its own.

    `lines` and `paths` say where each row stood; `raw(i)` is row i as written.
    `constants` are columns with one value for all rows. A record is empty when
    each of its own columns is null or empty text.
    """
    count = rows.num_rows
    filled = _filled(rows) if stream.drop_blank and count else None
    if rows.column_names == [""]:
        rows = rows.drop_columns([""])  # It only carried the number of rows.
    for name, value in (constants or {}).items():
        rows = rows.append_column(name, value.take(pa.repeat(pa.scalar(0), count)))
    rows = with_origin(rows, file, lines, paths)
    places: list[int] | None = None
    if filled is not None:
        places = pc.indices_nonzero(filled).to_pylist()
        rows = rows.filter(filled)
    blank = count - rows.num_rows
    rows, misfits = cast_columns(
        rows, wanted_types(stream), raw if places is None else lambda row: raw(places[row])
    )
    return Chunk(rows=rows, rejects=(*rejects, *misfits), blank=blank)


def with_origin(
    rows: pa.Table, file: str, lines: pa.Array | None, paths: pa.Array | None
) -> pa.Table:
    """The rows followed by `_file`, `_line` and `_path`."""
    count = rows.num_rows
    origin = {
        "_file": repeated(file, count),
        "_line": pa.nulls(count, pa.int64()) if lines is None else lines,
        "_path": pa.nulls(count, pa.string()) if paths is None else paths,
    }
    for name, values in origin.items():
        rows = rows.append_column(name, values)
    return rows


def _filled(rows: pa.Table) -> pa.Array | None:
    """Which rows hold anything; None when all of them do."""
    filled: pa.Array = pa.repeat(truth(False), rows.num_rows)
    for column in rows.columns:
        values = column.combine_chunks()
        some = pc.is_valid(values)
        if pa.types.is_string(values.type):
            some = pc.and_kleene(some, pc.not_equal(values, _NOTHING))
        filled = pc.or_(filled, some)
        if pc.all(filled).as_py():
            return None
    return filled
