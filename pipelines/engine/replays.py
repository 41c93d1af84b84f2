"""Doing again from landing: records in quarantine, and whole raw tables.

Belongs here: bringing extract's reading and load's packages together. Does not
belong here: either of them.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa

from pipelines.catalog.catalog import stream_tables
from pipelines.engine.core import Engine
from pipelines.errors import ConfigurationError
from pipelines.extract.pulled import again
from pipelines.extract.read import read_file
from pipelines.flow import Chunk, SourceFile, TableReport
from pipelines.load.commit import commit_package
from pipelines.load.landing import Landing, Package
from pipelines.load.manifest import RawFile, Rules
from pipelines.load.raw import open_raw
from pipelines.load.records import read_state
from pipelines.load.release import (
    Origin,
    Wanted,
    raw_records,
    wanted_records,
    write_release,
)
from pipelines.load.replay import rebuild
from pipelines.load.writer import Aim
from pipelines.naming import NameMap
from pipelines.spec import Column, Database, FileStream, PulledStream, Source, Stream
from pipelines.sqltypes import arrow_type
from resources.files import FileStore
from resources.warehouse import table_columns

_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")


def replay_quarantine(engine: Engine, table: str, *, run_id: str) -> TableReport:
    """Try the records set aside of a raw table once more, as declared today.

    Those that pass are loaded and leave quarantine, in one commit; the others
    stay. ConfigurationError when no stream feeds the table.
    """
    started = time.monotonic()
    source, stream, landing = _stream(engine, table)

    def extract(item: Wanted, names: NameMap) -> Iterator[Chunk]:
        if isinstance(stream, FileStream):
            return _from_files(stream, landing, item, names)
        assert isinstance(stream, PulledStream)
        with engine.warehouse.read() as connection:
            records = raw_records(connection, table, item)
            columns = table_columns(connection, table)
        if isinstance(source.connection, Database):
            return _from_rows(records, stream, names, table, columns)
        return again(records, stream, names, table)

    with engine.warehouse.read() as connection:
        state = read_state(connection, table)
        wanted = wanted_records(connection, table)
    aim = Aim(
        source=source.name,
        stream=stream.name,
        table=table,
        rules=Rules.of(stream),
        kind="release",
        complete=False,
        before=state,
    )
    report = TableReport(table, stream.mode, "unchanged")
    if wanted:
        package, notes = write_release(landing, aim, wanted, extract)
        if package is not None:
            report = commit_package(engine.warehouse, package, stream, run_id=run_id)
        report.notes += notes
    report.seconds = time.monotonic() - started
    return report


def replay_table(engine: Engine, table: str, *, run_id: str) -> TableReport:
    """Rebuild a raw table and its children from landing, in one commit.

    ConfigurationError when no stream feeds the table, PackageDamaged when a
    package that was loaded can't be trusted any more.
    """
    started = time.monotonic()
    source, stream, landing = _stream(engine, table)
    tables = stream_tables(source.name, stream)
    report = rebuild(engine.warehouse, landing, tables, stream, run_id=run_id)
    report.seconds = time.monotonic() - started
    return report


def _stream(engine: Engine, table: str) -> tuple[Source, Stream, Landing]:
    found = engine.catalog.stream_of(table)
    if found is None or table != stream_tables(found[0].name, found[1])[0]:
        known = [stream_tables(source.name, each)[0] for source, each in engine.catalog.streams()]
        raise ConfigurationError(
            f"No stream feeds a table {table}. Expected one of: {', '.join(sorted(known))}."
        )
    source, stream = found
    return source, stream, Landing(engine.settings.landing, source.name, stream.name)


def _from_rows(
    records: Sequence[tuple[Origin, str]],
    stream: PulledStream,
    names: NameMap,
    table: str,
    columns: Mapping[str, str],
) -> Iterator[Chunk]:
    """Rows of a database, from JSON: it has no word for most types, the table has them.

    A type that the stream declares by now comes first.
    """
    typed = {name: Column(type=sql) for name, sql in columns.items() if _is_told(name, sql)}
    declared = {name: column for name, column in stream.columns.items() if column.type}
    blobs = [n for n, sql in columns.items() if sql == "BLOB" and n not in declared]
    stream = replace(stream, columns={**stream.columns, **typed, **declared})
    for chunk in again(records, stream, names, table):
        yield _with_bytes(chunk, blobs)


def _is_told(name: str, sql: str) -> bool:
    """Whether a column's type makes its values of their text again."""
    if name.startswith("_") or sql == "BLOB":
        return False
    try:
        kind = arrow_type(sql)
    except ValueError:
        return False
    return not pa.types.is_string(kind)


def _with_bytes(chunk: Chunk, blobs: Sequence[str]) -> Chunk:
    """The chunk with the bytes that the texts of these columns stand for."""
    rows = chunk.rows
    for name in set(blobs) & set(rows.column_names):
        texts = rows.column(name).to_pylist()
        values = pa.array([v if v is None else _bytes(v) for v in texts], pa.binary())
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return replace(chunk, rows=rows)


def _bytes(text: str) -> bytes:
    """Bytes from DuckDB's spelling or, as contracts set them aside, from Python's.

    DuckDB escapes quotes, so no text is both.
    """
    if text[:2] in ("b'", 'b"'):
        return bytes(ast.literal_eval(text))
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1")


def _from_files(
    stream: FileStream, landing: Landing, item: Wanted, names: NameMap
) -> Iterator[Chunk]:
    package = landing.package(item.load_id)
    for file in package.manifest.files:
        if file.path == item.file:
            known = SourceFile(file.path, file.size, file.modified_ns, file.blake3)
            yield from read_file(stream, known, _Kept(package, file), names, _nowhere)


class _Kept(FileStore):
    """The one file of a package that is to be read again."""

    def __init__(self, package: Package, file: RawFile) -> None:
        super().__init__(str(package.folder))
        self._raw = package.raw(file)

    def open(self, path: str) -> BinaryIO:  # noqa: ARG002  (there is only this file)
        return open_raw(self._raw)


def _nowhere(_: bytes) -> None:
    """The bytes are in landing already."""
