"""The warehouse: snapshots to read from, and one way to commit.

Belongs here: transactions on the lake and what they mean. Does not belong here:
what is written (load, transform and quality pass that in).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

import duckdb
import orjson

from pipelines.errors import WarehouseBusy, WarehouseError
from pipelines.naming import literal, quote
from resources.settings import Settings
from resources.warehouse.connect import LAKE, LakeAddress, open_lake, patiently
from resources.warehouse.door import Door

METADATA = f"__ducklake_metadata_{LAKE}"
SNAPSHOTS = f"{METADATA}.ducklake_snapshot"
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
        self._known: dict[Callable[[Connection], Any], tuple[tuple[int, int], Any]] = {}

    # ── reading ──────────────────────────────────────────────────────────────

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot for the whole block.

        Raises WarehouseError when the catalog can't be read.
        """
        cursor = self._instance().cursor()
        try:
            with self._told():
                begin(cursor)
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The lake's own errors at the beginning of reading, in Headwater's words."""
        try:
            yield
        except duckdb.Error as error:
            said = self.address.hide(str(error)).strip()
            raise WarehouseError(
                f"The lake's catalog can't be read: {said}. `headwater doctor` says what is "
                "wrong with it; a full disk is one reason."
            ) from error

    @contextmanager
    def read_as_of(self, when: int | datetime) -> Iterator[Connection]:
        """A read-only connection to the lake as it was at a snapshot or time."""
        connection = open_lake(self.address, read_only=True, as_of=when)
        try:
            yield connection
        finally:
            connection.close()

    def known(self, ask: Callable[[Connection], T], at: Connection | None = None) -> T:
        """What `ask` finds in the newest snapshot, or in that of a transaction (`at`).

        It is asked only where no earlier answer holds for that very snapshot, whoever
        made it: a run in which nothing changed asks the same of every table, and must
        be fast. `ask` is a function of a module and looks at the lake alone; its answer
        is shared, so nobody may change it. Raises WarehouseError like `read`.
        """
        kept = self._known.get(ask)
        if kept is None or kept[0] != (self._newest() if at is None else self._stamp(at)):
            with nullcontext(at) if at is not None else self.read() as connection:
                # First the stamp: what expires after it makes another one.
                kept = self._known[ask] = (self._stamp(connection), ask(connection))
        return cast("T", kept[1])

    def _stamp(self, connection: Connection) -> tuple[int, int]:
        """The snapshot that a transaction reads, and the oldest that has not expired."""
        return current_snapshot(connection), self._ends(connection)[1]

    def _newest(self) -> tuple[int, int]:
        """The newest snapshot and the oldest, without a transaction of the lake.

        Its catalog answers this in half a millisecond; a transaction takes ten times that.
        """
        found: list[tuple[int, int]] = []
        cursor = self._instance().cursor()
        try:
            with self._told():
                patiently(lambda: found.append(self._ends(cursor)))
        finally:
            cursor.close()
        return found[0]

    def _ends(self, connection: Connection) -> tuple[int, int]:
        """The newest and the oldest snapshot, as the catalog's own database says."""
        query = f"SELECT max(snapshot_id), min(snapshot_id) FROM {SNAPSHOTS}"
        if self.address.sqlite is not None:
            inner = "SELECT max(snapshot_id), min(snapshot_id) FROM ducklake_snapshot"
            query = f"FROM sqlite_query({literal(METADATA)}, {literal(inner)})"
        newest, oldest = connection.execute(query).fetchone() or (None, None)
        return int(newest or 0), int(oldest or 0)

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
            self._known.clear()


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


def oldest_snapshot(connection: Connection) -> int:
    """The oldest snapshot that has not expired; the change feed reaches back to it."""
    row = connection.execute(f"SELECT min(snapshot_id) FROM {SNAPSHOTS}").fetchone()
    return int(row[0]) if row and row[0] is not None else 0
