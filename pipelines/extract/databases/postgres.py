"""Postgres: read by COPY in binary form, in one snapshot, side by side where it pays.

Belongs here: the order of things. Does not belong here: statements and batches
(`postgres_read`), types, sessions.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from contextlib import closing
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
        with closing(Session(self._address)) as first:
            refuse_other_arithmetic(first, WRAPPED)
            first.begin()
            table = relation(first, stream.theirs)
            reading = Reading.of(stream, table, progress, is_utf8=first.is_utf8)
            reading.look_ahead(first)
            by_pages = first.version >= _PAGES_SINCE
            statements = reading.statements(self._connections, by_pages=by_pages)
            todo = _Todo(reading, statements)
            crew = [Worker(lambda: todo.work(first), first.cancel)]
            if len(statements) > 1:
                snapshot = first.export()
                others = min(self._connections, len(statements)) - 1
                crew += [self._other(todo, snapshot) for _ in range(others)]
            for rows, rejects, sql in gathered(crew):
                yield Pulled(rows, about={"sql": sql}, rejects=rejects)
        yield Pulled(pa.table({}), reading.state())

    def _other(self, todo: _Todo, snapshot: str) -> Worker[Read]:
        """Someone who reads beside the first session, seeing what that one sees."""
        mine: list[Session] = []

        def items() -> Iterator[Read]:
            with closing(Session(self._address)) as session:
                mine.append(session)
                session.begin(snapshot)
                yield from todo.work(session)

        def cancel() -> None:
            for session in mine:
                session.cancel()

        return Worker(items, cancel)

    def close(self) -> None:
        """Nothing is kept open."""


class _Todo:
    """The statements of one run, which the sessions take in turn."""

    def __init__(self, reading: Reading, statements: list[str]) -> None:
        self._reading = reading
        self._what = f"reading {reading.relation.shown}"
        self._statements: queue.SimpleQueue[str] = queue.SimpleQueue()
        for sql in statements:
            self._statements.put(sql)

    def work(self, session: Session) -> Iterator[Read]:
        """Statement after statement, until none is left."""
        while True:
            try:
                sql = self._statements.get_nowait()
            except queue.Empty:
                return
            for batch in session.batches(sql, self._what):
                if batch.num_rows:
                    yield (*self._reading.rows(batch), sql)


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
