"""The rows of a package, written as few Parquet files of large row groups.

Belongs here: gathering chunks, when a new part begins, how a part is laid out.
Does not belong here: threads and counts (`writer`), the table's types (commit).

A part holds rows of one schema. Chunks that differ only by nulls, columns or
struct fields that one of them lacks share a part; any other difference in types
begins a new one, so that no value is changed before the commit decides.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.arrays import repeated
from pipelines.errors import SourceError
from pipelines.hashing import blake3
from pipelines.load.manifest import Part
from pipelines.load.widen import grows_in_place, widen
from pipelines.sqltypes import arrow_type, sql_type

_GROUP_ROWS = 125_000
_GROUP_BYTES = 32 << 20
_PART_BYTES = 512 << 20
_BATCH_ROWS = 65_536
_INTEGER_DIGITS = 18
_BLOCK = 1 << 20
_SAMPLE = 8192
_FEW = 0.1
SYSTEM_DICTIONARIES = ("_file", "_load_id")


class PartsWriter:
    """Writes part-00000.parquet, part-00001.parquet … into `folder`."""

    def __init__(self, folder: Path, load_id: str) -> None:
        self._folder = folder
        self._load_id = load_id
        self._waiting: list[pa.Table] = []
        self._rows = self._bytes = 0
        self._schema = pa.schema([])
        self._part: _OpenPart | None = None
        self.parts: list[Part] = []

    def add(self, rows: pa.Table) -> None:
        """Take some rows; SourceError when a type has no place in the warehouse."""
        if rows.num_rows == 0:
            return
        rows = _canonical(rows)
        merged = _shared(self._schema, rows.schema) if self._waiting else rows.schema
        if merged is None:
            self._flush()
            merged = rows.schema
        self._schema = merged
        self._waiting.append(rows)
        self._rows += rows.num_rows
        self._bytes += rows.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what waits and complete the last part."""
        self._flush()
        self._end_part()

    def abandon(self) -> None:
        """Close the open file without completing it."""
        if self._part is not None:
            self._part.abandon()

    def _flush(self) -> None:
        if not self._waiting:
            return
        schema = self._schema
        if self._part is not None:
            merged = _shared(self._part.schema, schema)
            if merged is not None and merged.equals(self._part.schema):
                schema = merged
            else:
                self._end_part()
        rows = pa.concat_tables([_fit(table, schema) for table in self._waiting])
        # One dictionary for the whole group, or its values are written out in full.
        rows = rows.unify_dictionaries()
        self._waiting = []
        self._rows = self._bytes = 0
        if self._part is None:
            path = self._folder / f"part-{len(self.parts):05d}.parquet"
            self._part = _OpenPart(path, rows)
        self._part.write(rows, self._load_id)
        if self._part.sink.tell() >= _PART_BYTES:
            self._end_part()

    def _end_part(self) -> None:
        if self._part is not None:
            self.parts.append(self._part.finish())
            self._part = None


class _OpenPart:
    def __init__(self, path: Path, rows: pa.Table) -> None:
        self.schema = rows.schema
        # Written without a turn through Python for every page of every column.
        self.sink = pa.OSFile(str(path), "wb")
        self._fingerprint = _Fingerprint(path)
        self._path = path
        self._rows = 0
        physical = _physical(_with_load_id(rows.slice(0, 0), "").schema)
        dictionaries = _dictionaries(rows)
        self._writer = pq.ParquetWriter(
            self.sink,
            physical,
            compression="zstd",
            use_dictionary=dictionaries,
            column_encoding=_encodings(physical, dictionaries),
            write_batch_size=_BATCH_ROWS,
            store_decimal_as_integer=True,
            store_schema=False,
        )

    def write(self, rows: pa.Table, load_id: str) -> None:
        rows = _with_load_id(rows, load_id)
        self._writer.write_table(_fit(rows, _physical(rows.schema)), row_group_size=rows.num_rows)
        self._rows += rows.num_rows
        self._fingerprint.catch_up()

    def abandon(self) -> None:
        # Else its destructor would write the footer into the closed file.
        self._writer.is_open = False
        self.sink.close()
        self._fingerprint.close()

    def finish(self) -> Part:
        self._writer.close()
        self.sink.close()
        columns = {field.name: sql_type(field.type, null="NULL") for field in self.schema}
        size, digest = self._fingerprint.close()
        return Part(self._path.name, self._rows, size, digest, columns)


class _Fingerprint:
    """Size and blake3 of a growing file as it lies on the disk, behind its writer."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._hash = blake3()
        self._size = 0

    def catch_up(self) -> None:
        """Take in what was written since."""
        while block := self._file.read(_BLOCK):
            self._hash.update(block)
            self._size += len(block)

    def close(self) -> tuple[int, str]:
        """Size and digest of the complete file."""
        self.catch_up()
        self._file.close()
        return self._size, self._hash.hexdigest()


def fingerprint(path: Path) -> tuple[int, str]:
    """Size and blake3 of a complete file as it lies on the disk."""
    return _Fingerprint(path).close()


def _canonical(rows: pa.Table) -> pa.Table:
    """The rows under the Arrow types that the warehouse's types stand for."""
    return _fit(rows, _canonical_schema(rows.schema))


@lru_cache(64)
def _canonical_schema(schema: pa.Schema) -> pa.Schema:
    fields = []
    for field in schema:
        try:
            kind = arrow_type(sql_type(field.type, null="NULL"))
        except ValueError as error:
            raise SourceError(
                f"Column {field.name} holds values of Arrow's type {field.type}: {error} Declare a "
                "type for it in the stream's columns."
            ) from None
        if field.name in SYSTEM_DICTIONARIES:
            kind = pa.dictionary(pa.int32(), pa.string())
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)


def _shared(one: pa.Schema, other: pa.Schema) -> pa.Schema | None:
    """The schema that both fit by adding nulls only; None where there is none."""
    if one.equals(other):
        return one
    types = {field.name: field.type for field in one}
    for field in other:
        known = types.get(field.name, pa.null())
        wide = widen(known, field.type)
        if not all(_adds_only_nulls(kind, wide) for kind in (known, field.type)):
            return None
        types[field.name] = wide
    return pa.schema(list(types.items()))


def _adds_only_nulls(one: pa.DataType, wide: pa.DataType) -> bool:
    return grows_in_place(one, wide, nulls=True)


def _fit(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    if rows.schema.equals(schema):
        return rows
    columns = []
    for field in schema:
        at = rows.schema.get_field_index(field.name)
        if at < 0:
            columns.append(pa.nulls(rows.num_rows, field.type))
        else:
            column = rows.column(at)
            same = column.type.equals(field.type)
            columns.append(column if same else _cast(column, field))
    return pa.table(columns, schema=schema)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    try:
        if pa.types.is_dictionary(field.type):
            return pc.cast(column, pa.string()).dictionary_encode()
        return pc.cast(column, field.type)
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"Column {field.name} holds values of type {column.type} that don't fit the "
            f"warehouse's {sql_type(field.type)}: {error}. Declare a type for it in the stream's "
            "columns."
        ) from None


def _with_load_id(rows: pa.Table, load_id: str) -> pa.Table:
    return rows.append_column("_load_id", repeated(load_id, rows.num_rows))


def _physical(schema: pa.Schema) -> pa.Schema:
    """The types as they stand in the file: text where only nulls were seen."""
    fields = []
    for field in schema:
        kind = field.type
        if not pa.types.is_dictionary(kind):
            kind = arrow_type(sql_type(kind))
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)


def _dictionaries(rows: pa.Table) -> list[str]:
    """Columns worth a dictionary: those with few different values at the start."""
    found = list(SYSTEM_DICTIONARIES)
    for field in rows.schema:
        if pa.types.is_nested(field.type) or field.name.startswith("_"):
            continue
        sample = rows.column(field.name).slice(0, _SAMPLE)
        if pa.types.is_null(field.type) or pc.count_distinct(sample).as_py() < _FEW * len(sample):
            found.append(field.name)
    return found


def _encodings(physical: pa.Schema, dictionaries: Collection[str]) -> dict[str, str]:
    """Numbers and times that mostly grow, such as lines and ids, by their differences."""
    return {
        field.name: "DELTA_BINARY_PACKED"
        for field in physical
        if field.name not in dictionaries
        and (
            pa.types.is_integer(field.type)
            or pa.types.is_timestamp(field.type)
            or (pa.types.is_decimal(field.type) and field.type.precision <= _INTEGER_DIGITS)
        )
    }
