"""Parquet: row groups as they are, with the file's own types.

Belongs here: reading in batches and naming columns. Does not belong here:
changing types, except those that the stream declares. `_path` is the row's
number in the file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import FileRefused
from pipelines.extract.content import Content
from pipelines.extract.formats.chunks import finish
from pipelines.extract.formats.json_exact import render
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import FileStream

_BATCH_ROWS = 100_000
_BATCH_BYTES = 16 << 20


def decode(content: Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """Chunks of at most 100,000 rows and about 16 MB; memory holds one."""
    with content.seekable() as raw:
        try:
            file = pq.ParquetFile(raw)
            columns = names.columns(file.schema_arrow.names)
            first = 1
            for batch in file.iter_batches(batch_size=_rows_at_once(file)):
                rows = pa.table(batch.columns, names=columns)
                yield _chunk(without_dictionaries(rows), stream, content.path, first)
                first += batch.num_rows
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            said = str(error).splitlines()[0].rstrip(".")
            raise FileRefused(f"{content.path} can't be read as Parquet: {said}.") from None


def _rows_at_once(file: pq.ParquetFile) -> int:
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    each = max(size // max(file.metadata.num_rows, 1), 1)
    return int(max(1, min(_BATCH_ROWS, _BATCH_BYTES // each)))


def without_dictionaries(rows: pa.Table) -> pa.Table:
    """Dictionaries as their values; every other type is the file's own."""
    for at, column in enumerate(rows.columns):
        if pa.types.is_dictionary(column.type):
            rows = rows.set_column(at, rows.field(at).name, column.cast(column.type.value_type))
    return rows


def _chunk(rows: pa.Table, stream: FileStream, file: str, first: int) -> Chunk:
    numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
    return finish(
        rows,
        stream,
        file,
        lines=None,
        paths=numbers.cast(pa.string()),
        raw=lambda row: row_as_json(rows.slice(row, 1)),
    )


def row_as_json(row: pa.Table) -> str:
    """One row as JSON; what JSON has no word for stands as text."""
    # Python has no day before the year 1 and no infinite one, Arrow has.
    for at, field in enumerate(row.schema):
        if pa.types.is_temporal(field.type) and not pa.types.is_duration(field.type):
            row = row.set_column(at, field.name, pc.cast(row.column(at), pa.string()))
    values = row.to_pylist()[0]
    return render({name: _plain(value) for name, value in values.items()})


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
