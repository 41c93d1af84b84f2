"""A commit is whole or absent, and readers see one snapshot."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from pipelines.errors import WarehouseBusy, WarehouseError
from resources.settings import Settings
from resources.warehouse import (
    LAKE,
    Connection,
    LakeAddress,
    Warehouse,
    all_row_counts,
    confine,
    count_rows,
    oldest_snapshot,
    open_lake,
    table_columns,
    table_exists,
)
from resources.warehouse.door import Door


def _make(tx: Connection) -> None:
    tx.execute("CREATE TABLE raw.t (a INTEGER, b VARCHAR)")
    tx.execute("INSERT INTO raw.t VALUES (1, 'one'), (2, 'two')")


def _execute(query: str, tx: Connection) -> None:
    tx.execute(query)


def test_a_failed_commit_leaves_nothing(warehouse: Warehouse) -> None:
    def half(tx: Connection) -> None:
        _make(tx)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        warehouse.commit(half, message="half")
    with warehouse.read() as connection:
        assert not table_exists(connection, "raw.t")


def test_a_reader_keeps_its_snapshot_while_others_commit(warehouse: Warehouse) -> None:
    warehouse.commit(_make, message="make")
    with warehouse.read() as connection:
        assert count_rows(connection, "raw.t") == 2
        warehouse.commit(lambda tx: tx.execute("DELETE FROM raw.t"), message="empty")
        assert count_rows(connection, "raw.t") == 2
    with warehouse.read() as connection:
        assert count_rows(connection, "raw.t") == 0


_LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(1.5)
connection.execute("ROLLBACK")
"""


_ASKED: list[int] = []


def _rows_of_t(connection: Connection) -> int:
    _ASKED.append(1)
    return count_rows(connection, "raw.t") if table_exists(connection, "raw.t") else 0


def test_what_is_known_is_asked_once_and_never_outlives_a_commit(
    warehouse: Warehouse, settings: Settings
) -> None:
    _ASKED.clear()
    assert [warehouse.known(_rows_of_t) for _ in range(3)] == [0, 0, 0]
    assert len(_ASKED) == 1
    warehouse.commit(_make, message="make")
    assert warehouse.known(_rows_of_t) == 2
    elsewhere = Warehouse(settings)
    elsewhere.commit(partial(_execute, "DELETE FROM raw.t WHERE a = 1"), message="less")
    elsewhere.close()
    assert warehouse.known(_rows_of_t) == 1


def test_what_is_known_in_a_transaction_holds_for_its_snapshot(warehouse: Warehouse) -> None:
    warehouse.commit(_make, message="make")
    with warehouse.read() as connection:
        assert count_rows(connection, "raw.t") == 2
        warehouse.commit(partial(_execute, "DELETE FROM raw.t"), message="empty")
        assert warehouse.known(_rows_of_t) == 0
        assert warehouse.known(_rows_of_t, connection) == 2
    assert warehouse.known(_rows_of_t) == 0


def test_what_is_known_is_asked_again_once_snapshots_have_expired(warehouse: Warehouse) -> None:
    warehouse.commit(_make, message="make")
    warehouse.commit(partial(_execute, "DELETE FROM raw.t WHERE a = 1"), message="less")
    assert warehouse.known(oldest_snapshot) == 0
    with warehouse.read() as connection:
        connection.execute(
            f"CALL ducklake_expire_snapshots('{LAKE}', versions => [0, 1])",
        )
        connection.execute("COMMIT")
    assert warehouse.known(oldest_snapshot) > 1


_MERGE = """
MERGE INTO raw.t USING (SELECT range AS a FROM range(90, 110)) AS s ON t.a = s.a
WHEN MATCHED THEN UPDATE SET b = 'new' WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, 'new')
"""


def test_rows_that_the_catalog_counts_are_those_that_are_there(warehouse: Warehouse) -> None:
    warehouse.commit(partial(_execute, "CREATE TABLE headwater.h (a INTEGER)"), message="own")
    warehouse.commit(partial(_execute, "INSERT INTO headwater.h VALUES (1)"), message="inlined")
    warehouse.commit(_make, message="make")
    steps = (
        "INSERT INTO raw.t SELECT range, 'more' FROM range(3, 100)",
        "DELETE FROM raw.t WHERE a % 7 = 0",
        "UPDATE raw.t SET b = 'changed' WHERE a < 20",
        _MERGE,
        f"CALL ducklake_merge_adjacent_files('{LAKE}')",
        "DELETE FROM raw.t WHERE a > 50",
        "DELETE FROM raw.t",
    )
    for step in steps:
        warehouse.commit(partial(_execute, step), message=step[:30])
        with warehouse.read() as connection:
            counts = all_row_counts(connection)
            assert counts["raw.t"] == count_rows(connection, "raw.t"), step
            assert "headwater.h" not in counts
    warehouse.commit(partial(_execute, "DROP TABLE raw.t"), message="drop")
    with warehouse.read() as connection:
        assert "raw.t" not in all_row_counts(connection)


@pytest.mark.parametrize("opened", [False, True])
def test_a_catalog_that_is_locked_for_a_moment_is_waited_for(
    settings: Settings, opened: bool
) -> None:
    warehouse = Warehouse(settings)
    warehouse.commit(_make, message="make")
    if not opened:
        warehouse.close()
    catalog = str(settings.home / "catalog.sqlite")
    command = [sys.executable, "-c", _LOCK, catalog]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with warehouse.read() as connection:
            assert count_rows(connection, "raw.t") == 2
    warehouse.close()


def test_any_snapshot_can_be_read_again(warehouse: Warehouse) -> None:
    first = warehouse.commit(_make, message="make")
    between = datetime.now(UTC)
    second = warehouse.commit(lambda tx: tx.execute("DELETE FROM raw.t"), message="empty")
    assert second.snapshot > first.snapshot
    for when in (first.snapshot, between):
        with warehouse.read_as_of(when) as connection:
            assert count_rows(connection, "raw.t") == 2


def test_columns_are_told_in_order(warehouse: Warehouse) -> None:
    warehouse.commit(_make, message="make")
    with warehouse.read() as connection:
        assert table_columns(connection, "raw.t") == {"a": "INTEGER", "b": "VARCHAR"}
        assert table_columns(connection, "raw.absent") == {}


def test_writers_in_threads_lose_nothing(warehouse: Warehouse) -> None:
    warehouse.commit(lambda tx: tx.execute("CREATE TABLE raw.t (n BIGINT)"), message="make")
    failures: list[BaseException] = []

    def write(start: int) -> None:
        try:
            for n in range(start, start + 5):
                insert = f"INSERT INTO raw.t VALUES ({n})"
                warehouse.commit(partial(_execute, insert), message="one")
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with warehouse.read() as connection:
        assert count_rows(connection, "raw.t") == 15


def test_the_door_gives_up_with_a_sentence(tmp_path: Path) -> None:
    holder, waiter = Door(tmp_path / "door", 5), Door(tmp_path / "door", 0.1)
    with holder.held(), pytest.raises(WarehouseBusy, match=r"more than 0\.1 s"), waiter.held():
        pass


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO raw.t VALUES (3, 'three')",
        "DROP TABLE raw.t",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{home}/door.lock')",
        "ATTACH '{home}/other.db'",
        "SET memory_limit = '9GB'",
        "INSTALL spatial",
        "COPY (SELECT 1) TO '{home}/out.csv'",
    ],
)
def test_a_confined_connection_reads_the_lake_and_nothing_else(
    query: str, warehouse: Warehouse, settings: Settings
) -> None:
    warehouse.commit(_make, message="make")
    address = LakeAddress.of(settings)
    with open_lake(address, read_only=True) as connection:
        confine(connection, address)
        assert connection.execute("SELECT count(*) FROM raw.t").fetchone() == (2,)
        with pytest.raises(Exception, match=r"read-only|Permission|locked"):
            connection.execute(query.format(home=settings.home))


def test_an_open_lake_takes_no_extension_without_duckdbs_signature(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    spec = importlib.util.find_spec("duckdb_extension_httpfs")
    assert spec is not None
    assert spec.submodule_search_locations
    [signed] = Path(spec.submodule_search_locations[0]).rglob("httpfs.duckdb_extension")
    changed = tmp_path / "httpfs.duckdb_extension"
    data = bytearray(signed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)
    tries = {
        f"LOAD '{changed}'": "signature",
        "SET allow_unsigned_extensions = true": "Cannot change",
    }
    for statement, refusal in tries.items():
        with warehouse.read() as connection, pytest.raises(duckdb.Error, match=refusal):
            connection.execute(statement)


def test_a_catalog_that_is_no_catalog_is_named(settings: Settings) -> None:
    (settings.home / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(WarehouseError, match=r"catalog\.sqlite"):
        Warehouse(settings).snapshot()


def test_an_unreachable_postgres_catalog_shows_no_password(settings: Settings) -> None:
    secret = SecretStr("postgresql://u:canary-4711@127.0.0.1:1/db")
    away = Settings(home=settings.home, catalog=secret)
    with pytest.raises(WarehouseError) as wrong:
        Warehouse(away).snapshot()
    assert "canary-4711" not in str(wrong.value)
    assert "HEADWATER_CATALOG" in str(wrong.value)
