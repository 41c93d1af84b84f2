"""Postgres: read by COPY in binary form, in one snapshot, side by side where it pays.

Belongs here: the order of things. Does not belong here: statements and batches
(`postgres_read`), types, sessions.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import pyarrow as pa

from pipelines.extract.databases.address import Address
from pipelines.extract.databases.crew import Worker, gathered
from pipelines.extract.databases.cursor import Progress
from pipelines.extract.databases.postgres_catalog import Relation, relation, relations
from pipelines.extract.databases.postgres_read import Reading
from pipelines.extract.databases.postgres_session import Session, refuse_other_arithmetic
from pipelines.extract.databases.postgres_types import CURSORS, way
from pipelines.extract.databases.postgres_values import WRAPPED
from pipelines.extract.readers import FoundStream
from pipelines.flow import Pulled, Reject
from pipelines.spec import PulledStream

_PAGES_SINCE = 140_000
"""The version since which a range of pages is read without reading the others."""
_LIKELY = ("updated_at", "modified_at", "last_modified", "changed_at", "update_time")

Read = tuple[pa.Table, tuple[Reject, ...], str]


class PostgresReader:
    """Reads one database. A connection lives as long as one method's work."""

    def __init__(self, address: Address, connections: int) -> None:
        self._address = address
        self._connections = max(connections, 1)

    def check(self) -> str:
        """Connect, and count what may be read."""
        with closing(Session(self._address)) as session:
            version = session.ask("SELECT version() AS said", "connecting")[0]["said"]
            count = len(relations(session))
        what = "one table or view" if count == 1 else f"{count} tables and views"
        return f"{self._address.shown} answers ({version.split(' on ')[0]}); {what} can be read."

    def discover(self) -> list[FoundStream]:
        """All tables and views that the user may read, with keys and types."""
        with closing(Session(self._address)) as session:
            return [_found(each) for each in relations(session)]

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """The table as it is at one moment, or what is new in it since `state`.

        The state comes with the last answer only: pages are read in no order.
        """
        progress = Progress.of(stream, state)
        with ExitStack() as open_sessions:
            first = open_sessions.enter_context(closing(Session(self._address)))
            refuse_other_arithmetic(first, WRAPPED)
            first.begin()
            reading = Reading.of(stream, relation(first, stream.theirs), progress)
            reading.look_ahead(first)
            statements = reading.statements(self._connections, by_pages=_by_pages(first))
            sessions = [first]
            if len(statements) > 1:
                name = first.export()
                for _ in range(min(self._connections, len(statements)) - 1):
                    other = open_sessions.enter_context(closing(Session(self._address)))
                    other.begin(name)
                    sessions.append(other)
            for rows, rejects, sql in _read(reading, statements, sessions):
                yield Pulled(rows, about={"sql": sql}, rejects=rejects)
        yield Pulled(pa.table({}), reading.state())

    def close(self) -> None:
        """Nothing is kept open."""


def _read(reading: Reading, statements: list[str], sessions: list[Session]) -> Iterator[Read]:
    todo: queue.SimpleQueue[str] = queue.SimpleQueue()
    for sql in statements:
        todo.put(sql)
    what = f"reading {reading.relation.shown}"

    def items(session: Session) -> Iterator[Read]:
        while True:
            try:
                sql = todo.get_nowait()
            except queue.Empty:
                return
            for batch in session.batches(sql, what):
                if batch.num_rows:
                    yield (*reading.rows(batch), sql)

    def worker(session: Session) -> Worker[Read]:
        return Worker(lambda: items(session), session.cancel)

    return gathered([worker(session) for session in sessions])


def _by_pages(session: Session) -> bool:
    row = session.ask("SELECT current_setting('server_version_num')::int4 AS n", "connecting")[0]
    return bool(row["n"] >= _PAGES_SINCE)


def _found(table: Relation) -> FoundStream:
    usable = [field.name for field in table.fields if field.type in CURSORS]
    cursor = next((name for name in _LIKELY if name in usable), None)
    return FoundStream(
        table.name if table.bare else table.shown,
        table.key,
        cursor,
        {field.name: way(field).sql for field in table.fields},
        table.description or ("A view." if table.kind in "vm" else ""),
    )
