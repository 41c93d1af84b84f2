"""Opening the lake: DuckDB connections with the DuckLake catalog attached.

Belongs here: where the catalog and the files lie, and how a connection is made
writable, read-only, or safe for a stranger's SQL. Does not belong here:
transactions (see `warehouse`), table contents.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.errors import WarehouseError
from pipelines.naming import literal
from resources.settings import Settings
from resources.warehouse.extensions import UNCHECKED, checked_from_now, load_extension

LAKE = "lake"
_LOCKED_S = 30.0
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
"""Kinds of statement that read; SHOW, DESCRIBE, FROM and WITH count as SELECT."""


@dataclass(frozen=True)
class LakeAddress:
    """Where the lake is. `secret` is the part that no message may show."""

    catalog: str
    files: str
    temporary: Path
    memory_limit: str
    threads: int
    sqlite: Path | None
    secret: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> LakeAddress:
        """The address that the settings name; makes the local folders."""
        files = settings.lake or str(settings.home / "lake")
        if "://" not in files:
            Path(files).mkdir(parents=True, exist_ok=True)
            files = str(Path(files).absolute())
        temporary = settings.home / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        secret = settings.catalog.get_secret_value() if settings.catalog else None
        sqlite = None if secret else settings.home / "catalog.sqlite"
        catalog = f"postgres:{secret}" if secret else f"sqlite:{sqlite}"
        return cls(
            catalog=catalog,
            files=files.rstrip("/") + "/",
            temporary=temporary,
            memory_limit=settings.memory_limit,
            threads=settings.threads,
            sqlite=sqlite,
            secret=secret,
        )

    def exists(self) -> bool:
        """Whether a catalog is there to be read (always true on Postgres)."""
        return self.sqlite is None or self.sqlite.exists()

    def hide(self, text: str) -> str:
        """The text without the catalog's address, which holds a password."""
        return text.replace(self.secret, "<HEADWATER_CATALOG>") if self.secret else text


def open_lake(
    address: LakeAddress,
    *,
    read_only: bool = False,
    as_of: int | datetime | None = None,
    impatient: bool = False,
) -> duckdb.DuckDBPyConnection:
    """A new DuckDB instance with the lake attached and in use.

    `impatient`: a statement that meets a locked SQLite catalog fails at once
    instead of sleeping whole seconds, so that the caller can wait better.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": address.memory_limit,
            "threads": address.threads,
            "temp_directory": str(address.temporary),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            **UNCHECKED,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    _load_extensions(connection, address)
    checked_from_now(connection)
    if address.sqlite is not None and not read_only:
        _prepare_sqlite(address.sqlite)
    options = [f"DATA_PATH {literal(address.files)}"]
    if read_only:
        options.append("READ_ONLY")
    if impatient and address.sqlite is not None:
        options.append("META_BUSY_TIMEOUT 1")
    if isinstance(as_of, datetime):
        options.append(f"SNAPSHOT_TIME {literal(as_of.isoformat())}")
    elif as_of is not None:
        options.append(f"SNAPSHOT_VERSION {as_of:d}")
    try:
        target = literal("ducklake:" + address.catalog)
        attach = f"ATTACH {target} AS {LAKE} ({', '.join(options)})"
        patiently(lambda: connection.execute(attach))
        patiently(lambda: connection.execute(f"USE {LAKE}"))
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(_explain(address, address.hide(str(error)))) from None
    return connection


def patiently(act: Callable[[], object]) -> None:
    """Do something that may meet a locked SQLite catalog, again until it doesn't.

    A process that leaves a SQLite catalog locks it for a few milliseconds.
    SQLite itself would sleep a whole second then, so the waiting is done here.
    """
    deadline = time.monotonic() + _LOCKED_S
    while True:
        try:
            act()
            return
        except duckdb.Error as error:
            if "database is locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.001, 0.01))


def confine(connection: duckdb.DuckDBPyConnection, address: LakeAddress) -> None:
    """Make a read-only connection safe for a stranger's SELECT.

    It sees the lake's own files and nothing else of the machine, and can't
    change a setting. COPY could still write below the lake's folder, so callers
    let only the statements through that `READING` names.
    """
    connection.execute(f"SET allowed_directories = [{literal(address.files)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _load_extensions(connection: duckdb.DuckDBPyConnection, address: LakeAddress) -> None:
    load_extension(connection, "ducklake")
    load_extension(connection, "sqlite_scanner" if address.sqlite else "postgres_scanner")
    if "://" in address.files:
        load_extension(connection, "httpfs")
        connection.execute("CREATE SECRET (TYPE s3, PROVIDER config)")


def _prepare_sqlite(path: Path) -> None:
    # In write-ahead mode a reader is never blocked by the writer; the mode is
    # kept in the file, so setting it once is enough. A file that is there is not
    # opened: closing it would drop the locks that DuckDB's own SQLite holds.
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise WarehouseError(
            f"The lake's catalog {path} can't be opened as a SQLite database: {error}. Restore it "
            "from a backup, or move it away and rebuild the lake with `headwater run`."
        ) from None


def _explain(address: LakeAddress, message: str) -> str:
    where = address.sqlite or "the Postgres catalog named by HEADWATER_CATALOG"
    return (
        f"The lake's catalog ({where}) can't be opened: {message.strip()}. "
        "`headwater doctor` says what is wrong with it."
    )
