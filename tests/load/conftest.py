"""A stream without files: chunks are handed to load as extract would."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipelines.errors import FileRefused
from pipelines.flow import Chunk, Reject, SourceFile, StreamState, TableReport
from pipelines.load.commit import commit_package
from pipelines.load.landing import Landing, Package
from pipelines.load.manifest import Kind, Rules
from pipelines.load.records import read_state
from pipelines.load.writer import Aim, PackageWriter
from pipelines.naming import quote_table
from pipelines.spec import FileStream, JsonLines, raw_table
from resources.settings import Settings
from resources.warehouse import Connection, Warehouse

SOURCE = "firm"


def make_stream(name: str = "deals", **given: Any) -> FileStream:
    given.setdefault("mode", "append")
    return FileStream(
        name=name, files=("*",), format=JsonLines(), description="Deals of the firm.", **given
    )


def rows_of(columns: Mapping[str, Any], file: str = "a.jsonl", first_line: int = 1) -> pa.Table:
    """A chunk's table: `columns` maps name → values or an Arrow array."""
    table = pa.table(dict(columns))
    count = table.num_rows
    table = table.append_column("_file", pa.array([file] * count, pa.string()))
    lines = pa.array(range(first_line, first_line + count), pa.int64())
    table = table.append_column("_line", lines)
    return table.append_column("_path", pa.nulls(count, pa.string()))


class Loader:
    """Loads chunks into one warehouse and looks at the outcome."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self.settings = settings
        self.warehouse = warehouse

    def landing(self, stream: FileStream) -> Landing:
        return Landing(self.settings.landing, SOURCE, stream.name)

    def package(
        self,
        stream: FileStream,
        *chunks: Chunk | Mapping[str, Any],
        kind: Kind | None = None,
        complete: bool = False,
        refuse: Sequence[str] = (),
    ) -> Package:
        """A complete package of the chunks, each chunk's file teed under its name."""
        table = raw_table(SOURCE, stream.name)
        with self.warehouse.read() as connection:
            state = read_state(connection, table)
        kind = kind or ("reload" if stream.mode == "replace" else "load")
        aim = Aim(SOURCE, stream.name, table, Rules.of(stream), kind, complete, state)
        whole = [c if isinstance(c, Chunk) else Chunk(rows_of(c)) for c in chunks]
        by_file: dict[str, list[Chunk]] = {}
        for chunk in whole:
            by_file.setdefault(_file_of(chunk), []).append(chunk)
        with PackageWriter(self.landing(stream), aim) as writer:
            known = dict(state.files)
            for number, (path, group) in enumerate(by_file.items()):
                content = f"{path} {len(known)}".encode()
                file = SourceFile(path, len(content), number)
                try:
                    with writer.tee(file) as tee:
                        tee(content)
                        for chunk in group:
                            writer.write(chunk)
                        if path in refuse:
                            raise FileRefused(f"{path} is no file.")
                except FileRefused as error:
                    writer.refuse(file, error)
                known[path] = file
            hashes = writer.finish()
            files = {p: replace(f, blake3=hashes.get(p, f.blake3)) for p, f in known.items()}
            return writer.seal(StreamState(files=files, declaration="d"))

    def commit(self, package: Package, stream: FileStream) -> TableReport:
        return commit_package(self.warehouse, package, stream, run_id="run")

    def load(
        self, stream: FileStream, *chunks: Chunk | Mapping[str, Any], **how: Any
    ) -> TableReport:
        return self.commit(self.package(stream, *chunks, **how), stream)

    def clear(self) -> None:
        """Drop every table and every package."""

        def work(tx: Connection) -> None:
            found = tx.execute(
                "SELECT DISTINCT schema_name || '.' || table_name FROM duckdb_columns() "
                "WHERE database_name = 'lake' AND schema_name <> 'main'"
            ).fetchall()
            for (table,) in found:
                tx.execute(f"DROP TABLE {quote_table(table)}")

        self.warehouse.commit(work, message="clear")
        shutil.rmtree(self.settings.landing, ignore_errors=True)

    def rows(self, columns: str, table: str = "raw.firm__deals", tail: str = "") -> list[Any]:
        with self.warehouse.read() as connection:
            query = f"SELECT {columns} FROM {quote_table(table)} {tail} ORDER BY ALL"
            return connection.execute(query).fetchall()

    def types(self, table: str = "raw.firm__deals") -> dict[str, str]:
        from resources.warehouse import table_columns

        with self.warehouse.read() as connection:
            return table_columns(connection, table)


def _file_of(chunk: Chunk) -> str:
    if chunk.rows.num_rows:
        return str(chunk.rows.column("_file")[0].as_py()).split("!/")[0]
    return chunk.rejects[0].file if chunk.rejects else "a.jsonl"


def reject(line: int, file: str = "a.jsonl") -> Reject:
    return Reject("Column n holds 'x', which is no BIGINT.", '{"n": "x"}', file, line, None, "n")


@pytest.fixture(scope="session")
def shared_loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    """Opening a lake takes longer than most of these tests, so they share one."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, data=tmp_path_factory.mktemp("data"))
    warehouse = Warehouse(settings)
    yield Loader(settings, warehouse)
    warehouse.close()


@pytest.fixture
def loader(shared_loader: Loader) -> Iterator[Loader]:
    """A loader whose warehouse and landing hold nothing."""
    yield shared_loader
    shared_loader.clear()


Load = Callable[..., TableReport]
