"""The warehouse: snapshots to read from, and one way to commit.

Belongs here: transactions on the lake and what they mean. Does not belong here:
what is written (load, transform and quality pass that in).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import duckdb
import orjson

from pipelines.errors import WarehouseBusy, WarehouseError
from pipelines.naming import literal, quote, quote_table
from resources.settings import Settings
from resources.warehouse.connect import LAKE, LakeAddress, open_lake, patiently
from resources.warehouse.door import Door

SCHEMAS = ("raw", "quarantine", "staging", "core", "marts", "headwater")
_TRANSIENT = ("database is locked", "could not serialize", "conflict", "deadlock detected")
_ATTEMPTS = 8

Connection = duckdb.DuckDBPyConnection
T = TypeVar("T")


@dataclass(frozen=True)
class Committed:
    """What a commit returned, and the snapshot that it made (or left current)."""

    value: Any
    snapshot: int


class Warehouse:
    """One process's access to the lake; cheap to hold, opened at first use."""

    def __init__(self, settings: Settings) -> None:
        self.address = LakeAddress.of(settings)
        self._door = Door(settings.home / "door.lock", settings.door_timeout_s)
        self._opening = threading.Lock()
        self._root: Connection | None = None

    # ── reading ──────────────────────────────────────────────────────────────

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot for the whole block.

        Raises WarehouseError when the catalog can't be read.
        """
        cursor = self._instance().cursor()
        try:
            try:
                begin(cursor)
            except duckdb.Error as error:
                said = self.address.hide(str(error)).strip()
                raise WarehouseError(
                    f"The lake's catalog can't be read: {said}. `headwater doctor` says what is "
                    "wrong with it; a full disk is one reason."
                ) from error
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def read_as_of(self, when: int | datetime) -> Iterator[Connection]:
        """A read-only connection to the lake as it was at a snapshot or time."""
        connection = open_lake(self.address, read_only=True, as_of=when)
        try:
            yield connection
        finally:
            connection.close()

    def snapshot(self) -> int:
        """The id of the newest snapshot."""
        with self.read() as connection:
            return current_snapshot(connection)

    # ── writing ──────────────────────────────────────────────────────────────

    def commit(
        self,
        work: Callable[[Connection], T],
        *,
        message: str,
        extra: dict[str, Any] | None = None,
        prepare: Callable[[Connection], None] | None = None,
    ) -> Committed:
        """Run `work` in one transaction, through the door; all of it or nothing.

        `prepare` runs before the door is taken (fill temporary tables there, so
        that long work never holds it). Both may run again from the start when
        another writer got in between, so they must not act outside the
        connection. Raises WarehouseBusy when that keeps happening.
        """
        for attempt in range(_ATTEMPTS):
            cursor = self._instance().cursor()
            try:
                begin(cursor)
                cursor.execute("COMMIT")
                if prepare is not None:
                    prepare(cursor)
                with self._door.held():
                    return self._attempt(cursor, work, message, extra or {})
            except duckdb.Error as error:
                if not is_transient(error):
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
            finally:
                cursor.close()
        raise WarehouseBusy(
            f"The commit «{message}» met other writers {_ATTEMPTS} times in a row and was given "
            "up; nothing of it was written. Run again when fewer writers are at work."
        )

    def _attempt(
        self,
        cursor: Connection,
        work: Callable[[Connection], T],
        message: str,
        extra: dict[str, Any],
    ) -> Committed:
        begin(cursor)
        try:
            value = work(cursor)
            cursor.execute(
                f"CALL {LAKE}.set_commit_message('headwater', {literal(message)}, "
                f"extra_info => {literal(orjson.dumps(extra).decode())})"
            )
            cursor.execute("COMMIT")
        except BaseException:
            _rollback(cursor)
            raise
        return Committed(value, _snapshot_made(cursor, message))

    # ── opening and closing ──────────────────────────────────────────────────

    def open_ahead(self) -> None:
        """Begin to open the lake, while the caller does something else.

        Most of it is done outside of Python: checking signatures and linking.
        """
        threading.Thread(target=self._open_or_leave, name="open-lake").start()

    def _open_or_leave(self) -> None:
        # Whoever needs the lake meets the same error, where it can be told.
        with suppress(WarehouseError, duckdb.Error):
            self._instance()

    def _instance(self) -> Connection:
        with self._opening:
            if self._root is None:
                self._root = self._open()
            return self._root

    def _open(self) -> Connection:
        if self.address.exists():
            connection = open_lake(self.address, impatient=True)
            begin(connection)
            missing = _missing_schemas(connection)
            connection.execute("COMMIT")
            if not missing:
                return connection
            connection.close()
        # The door is held so that two first runs don't both create the catalog.
        with self._door.held():
            connection = open_lake(self.address, impatient=True)
            begin(connection)
            for name in _missing_schemas(connection):
                connection.execute(f"CREATE SCHEMA {quote(name)}")
            connection.execute("COMMIT")
            _store_rows_in_files(connection)
        return connection

    def close(self) -> None:
        """Close the process's connection; the next use opens a new one."""
        with self._opening:
            if self._root is not None:
                self._root.close()
                self._root = None


def is_transient(error: Exception) -> bool:
    """Whether an error only says that another writer was there first."""
    # These quote the SQL or the data, which may well speak of a conflict.
    quoting = (
        duckdb.BinderException,
        duckdb.ConversionException,
        duckdb.OutOfRangeException,
        duckdb.ParserException,
    )
    return not isinstance(error, quoting) and any(word in str(error).lower() for word in _TRANSIENT)


def _store_rows_in_files(connection: Connection) -> None:
    """Keep small inserts out of the catalog, except for Headwater's own records.

    DuckLake would make a catalog table of the same columns for them, and SQLite
    allows no more than 2,000 columns.
    """
    begin(connection)
    for schema in SCHEMAS:
        if schema != "headwater":
            connection.execute(
                f"CALL {LAKE}.set_option('data_inlining_row_limit', 0, schema => '{schema}')"
            )
    connection.execute("COMMIT")


def _snapshot_made(connection: Connection, message: str) -> int:
    """The snapshot of the commit just done, which a failure must not repeat."""
    try:
        begin(connection)
        row = connection.execute(f"FROM {LAKE}.last_committed_snapshot()").fetchone()
        made = row[0] if row and row[0] is not None else current_snapshot(connection)
        connection.execute("COMMIT")
    except duckdb.Error as error:
        raise WarehouseError(
            f"«{message}» was committed, but the lake then failed to name the snapshot: {error}"
        ) from error
    return int(made)


def _missing_schemas(connection: Connection) -> list[str]:
    query = f"SELECT schema_name FROM duckdb_schemas() WHERE database_name = '{LAKE}'"
    existing = {row[0] for row in connection.execute(query).fetchall()}
    return [name for name in SCHEMAS if name not in existing]


def begin(connection: Connection) -> None:
    """Begin a transaction on the lake: its statements see one snapshot.

    Once begun, it meets no locks of processes that come and go; see `patiently`.
    """

    def act() -> None:
        connection.execute("BEGIN TRANSACTION")
        try:
            connection.execute(f"USE {LAKE}")
        except duckdb.Error:
            _rollback(connection)
            raise

    patiently(act)


def _rollback(cursor: Connection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error:
        # DuckDB has already rolled back when the commit itself failed.
        return


def current_snapshot(connection: Connection) -> int:
    """The snapshot that this connection reads."""
    row = connection.execute(f"FROM {LAKE}.current_snapshot()").fetchone()
    if row is None:
        raise WarehouseError("The lake's catalog holds no snapshot. Run `headwater doctor`.")
    return int(row[0])


def table_exists(connection: Connection, table: str) -> bool:
    """Whether `schema.name` is a table or view of the lake."""
    # duckdb_tables() would count every table's rows and files first.
    schema, name = table.split(".", 1)
    query = (
        f"SELECT 1 FROM duckdb_columns() WHERE database_name = '{LAKE}' "
        f"AND schema_name = {literal(schema)} AND table_name = {literal(name)} LIMIT 1"
    )
    return connection.execute(query).fetchone() is not None


def table_comments(connection: Connection) -> dict[str, str]:
    """Table → what was last committed as its comment, where there is one."""
    catalog = quote(f"__ducklake_metadata_{LAKE}")
    query = (
        "SELECT s.schema_name || '.' || t.table_name, tag.value "
        f"FROM {catalog}.ducklake_tag AS tag "
        f"JOIN {catalog}.ducklake_table AS t ON t.table_id = tag.object_id "
        f"JOIN {catalog}.ducklake_schema AS s ON s.schema_id = t.schema_id "
        "WHERE tag.key = 'comment' AND tag.end_snapshot IS NULL AND t.end_snapshot IS NULL "
        "AND s.end_snapshot IS NULL"
    )
    return dict(connection.execute(query).fetchall())


def table_comment(connection: Connection, table: str) -> str | None:
    """What was last committed as the comment of a table; None where there is none."""
    return table_comments(connection).get(table)


def table_columns(connection: Connection, table: str) -> dict[str, str]:
    """Column → SQL type of a table, in order; empty where there is no table."""
    schema, name = table.split(".", 1)
    query = (
        f"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = '{LAKE}' "
        f"AND schema_name = {literal(schema)} AND table_name = {literal(name)} "
        "ORDER BY column_index"
    )
    return dict(connection.execute(query).fetchall())


def count_rows(connection: Connection, table: str) -> int:
    """Rows of a table as this connection sees it."""
    row = connection.execute(f"SELECT count(*) FROM {quote_table(table)}").fetchone()
    return int(row[0]) if row else 0
