"""One connection to Postgres that can only read, and gives its answers as Arrow.

Belongs here: connecting, what a session is set to, snapshots, running a statement.
Does not belong here: which statements, or what the values mean.

The driver (ADBC's, on libpq) reads by COPY in binary form and builds Arrow arrays
without a Python object for any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import adbc_driver_manager
import adbc_driver_postgresql
import pyarrow as pa
from adbc_driver_manager._reader import AdbcRecordBatchReader

from pipelines.errors import RequestRefused
from pipelines.extract.databases.address import Address
from pipelines.extract.databases.faults import fault
from pipelines.extract.databases.lifeline import connected, hung_up
from pipelines.naming import literal

BATCH_BYTES = 8 << 20
_DRIVER_ERRORS = (adbc_driver_manager.Error, pa.ArrowException, OSError)
_REACHING = {
    "connect_timeout": "20",
    "keepalives_idle": "30",
    "keepalives_count": "4",
    "application_name": "headwater",
}
"""Seconds to connect, how soon a silent server counts as gone, and as whom we are listed."""
_SETTINGS = {
    "default_transaction_read_only": "on",
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
_LIMITS = {"statement_timeout": "3600000", "lock_timeout": "60000"}
"""Milliseconds, where neither the role nor the address sets another limit."""


class Session:
    """One connection. Every method raises a SourceError without secrets in it.

    `version` is the server's, such as 180006. Unless `is_utf8`, the server keeps texts
    as whatever bytes it was given.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        with self.faults("connecting"):
            self._database = adbc_driver_manager.AdbcDatabase(
                driver=adbc_driver_postgresql._driver_path(),  # noqa: SLF001  (its `connect` takes the same)
                uri=_reachable(address),
            )
            try:
                self._connection, self._socket = connected(
                    lambda: adbc_driver_manager.AdbcConnection(self._database)
                )
            except BaseException:
                self._database.close()
                raise
        try:
            row = self.ask(_set_up(), "connecting")[0]
        except BaseException:
            self.close()
            raise
        self.version: int = row["version"]
        self.is_utf8: bool = row["encoding"] != "SQL_ASCII"

    def ask(self, sql: str, what: str) -> list[dict[str, Any]]:
        """The rows of a small answer."""
        rows: list[dict[str, Any]] = []
        for batch in self.batches(sql, what):
            rows += batch.to_pylist()
        return rows

    def batches(self, sql: str, what: str) -> Iterator[pa.RecordBatch]:
        """The answer in batches of about 8 MB, as the server sends it."""
        with self.faults(what), adbc_driver_manager.AdbcStatement(self._connection) as statement:
            statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            statement.set_sql_query(sql)
            self._check_lifeline()
            stream, _ = statement.execute_query()
            reader = AdbcRecordBatchReader._import_from_c(stream.address)  # noqa: SLF001  (keeps SQLSTATE)
            try:
                yield from reader
            finally:
                reader.close()

    def begin(self, snapshot: str | None = None) -> None:
        """From now on see one state of the database: now's, or an exported one."""
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "beginning to read")
        if snapshot is not None:
            self.run(f"SET TRANSACTION SNAPSHOT {literal(snapshot)}", "sharing a snapshot")
        # A pooler between us and the server may have given this transaction another session.
        self.ask(_set_up(), "beginning to read")

    def export(self) -> str:
        """The name under which other sessions may see what this one sees."""
        row = self.ask("SELECT pg_export_snapshot() AS name", "sharing a snapshot")[0]
        return str(row["name"])

    def run(self, sql: str, what: str) -> None:
        """A statement without an answer."""
        with self.faults(what), adbc_driver_manager.AdbcStatement(self._connection) as statement:
            statement.set_sql_query(sql)
            self._check_lifeline()
            statement.execute_update()

    def _check_lifeline(self) -> None:
        if hung_up(self._socket):
            raise ConnectionResetError("the server closed the connection while nothing was asked")

    @contextmanager
    def faults(self, what: str) -> Iterator[None]:
        """Within the block, the driver's errors become ours."""
        try:
            yield
        except _DRIVER_ERRORS as error:
            raise fault(self._address, what, error) from None

    def cancel(self) -> None:
        """Stop what another thread is running here."""
        with suppress(*_DRIVER_ERRORS):
            self._connection.cancel()

    def close(self) -> None:
        """Let the connection go; its transaction ends without having changed anything."""
        with suppress(*_DRIVER_ERRORS):
            self._connection.close()
        with suppress(*_DRIVER_ERRORS):
            self._database.close()


def _set_up() -> str:
    chosen = [f"set_config({literal(k)}, {literal(v)}, false)" for k, v in _SETTINGS.items()]
    # Of a server that knows of no encoding, bytes that are none must not end the reading.
    encoding = "CASE WHEN current_setting('server_encoding') = 'SQL_ASCII' THEN 'SQL_ASCII' "
    encoding += "ELSE 'UTF8' END"
    chosen.append(f"set_config('client_encoding', {encoding}, false)")
    chosen += [
        f"CASE WHEN current_setting({literal(k)}) = '0' "
        f"THEN set_config({literal(k)}, {literal(v)}, false) END"
        for k, v in _LIMITS.items()
    ]
    return (
        f"SELECT ARRAY[{', '.join(chosen)}] AS settings, "
        "current_setting('server_version_num')::int4 AS version, "
        "current_setting('server_encoding') AS encoding"
    )


def _reachable(address: Address) -> str:
    """The address, with limits on reaching the server where it sets none."""
    missing = {name: value for name, value in _REACHING.items() if name not in address.options}
    return address.bare + ("&" if "?" in address.bare else "?") + urlencode(missing)


PROBE = (
    "SELECT 'infinity'::timestamp AS t1, '-infinity'::timestamptz AS t2, "
    "'infinity'::date AS d1, '-infinity'::date AS d2"
)


def refuse_other_arithmetic(session: Session, expected: tuple[int, ...]) -> None:
    """Raise unless the driver gives infinite times as `expected`.

    The driver moves times from Postgres' epoch to Unix' without looking out for the
    two infinities, which wrap around to known numbers. Another version of it might not.
    """
    batch = next(iter(session.batches(PROBE, "connecting")))
    found = tuple(
        int(column.view(pa.int64() if column.type.bit_width == 64 else pa.int32())[0].as_py())
        for column in batch.columns
    )
    if found != expected:
        raise RequestRefused(
            f"adbc-driver-postgresql gives infinite times as {found}; expected {expected}. "
            "Install the version that requirements.txt names."
        )
