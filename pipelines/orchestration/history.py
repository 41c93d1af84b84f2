"""Dagster's SQLite history, written quickly by a run in the terminal.

The files are Dagster's own and the UI reads them as ever. Dagster opens a new
connection for each event and waits for the disk each time, which takes longer
than a run that finds nothing new. Belongs here: that difference. Does not belong
here: any other storage; an installation that names one in its dagster.yaml gets
that as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from dagster import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

_INSERT = SqlEventLogStorageTable.insert()


@dataclass(frozen=True)
class _Insert:
    """One event to be stored, as a statement that SQLAlchemy compiles only once."""

    row: Mapping[str, Any]

    def _execute_on_connection(self, connection: sa.Connection, *_: object) -> sa.CursorResult[Any]:
        return connection.execute(_INSERT, self.row)


class QuickEventLog(SqliteEventLogStorage):
    """One connection for each file, kept open.

    Commits are not synced one by one: should the machine lose power, the last
    events may be missing from the history. The warehouse is another matter and
    syncs its own.
    """

    def __init__(self, base_dir: str) -> None:
        self._kept: dict[str, sa.Connection] = {}
        self._there: set[str] = set()
        self._columns: dict[str, bool] = {}
        super().__init__(base_dir)

    def prepare_insert_event(self, event: EventLogEntry) -> _Insert:
        """The statement that adds an event to a file; it may be executed on several."""
        return _Insert(self._event_to_row(event))

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        if column_name not in self._columns:
            self._columns[column_name] = super()._has_asset_key_col_on_connection(conn, column_name)
        return self._columns[column_name]

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        if shard not in self._kept:
            with super()._connect(shard):
                """The file is there now, with its tables."""
            self._kept[shard] = self._open(shard)
        with self._db_lock, self._kept[shard].begin():
            yield self._kept[shard]

    def _open(self, shard: str) -> sa.Connection:
        arguments: dict[str, Any] = {"timeout": 60, "check_same_thread": False}
        engine = sa.create_engine(self.conn_string_for_shard(shard), connect_args=arguments)
        connection = engine.connect()
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        connection.commit()
        return connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; one that is there stays there."""
        if table_name not in self._there and super().has_table(table_name):
            self._there.add(table_name)
        return table_name in self._there

    def dispose(self) -> None:
        """Close every file."""
        with self._db_lock:
            for connection in self._kept.values():
                connection.close()
                connection.engine.dispose()
            self._kept.clear()
        super().dispose()


class QuickHistory(DagsterSqliteStorage):
    """Dagster's SQLite storage with the quick event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        plain = self._event_log_storage
        self._event_log_storage = QuickEventLog(plain._base_dir)  # noqa: SLF001  (no public name)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """What Dagster calls to make the storage from its settings."""
        return cls.from_local(inst_data=inst_data, **config_value)
