"""Rows written by make_equal: equal afterwards, and nothing touched in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.errors import DuplicateKeys, WarehouseError
from resources.warehouse import Changes, Connection, Warehouse, make_equal, table_columns

Row = tuple[Any, ...]


def stage(tx: Connection, rows: Sequence[Row]) -> str:
    tx.execute("CREATE OR REPLACE TEMP TABLE staged (k INTEGER, j VARCHAR, v DOUBLE, s INTEGER[])")
    if rows:
        tx.executemany("INSERT INTO temp.staged VALUES (?, ?, ?, ?)", rows)
    return "temp.staged"


def equalise(
    warehouse: Warehouse, rows: Sequence[Row], key: Sequence[str], **more: Any
) -> tuple[Changes, int]:
    def work(tx: Connection) -> Changes:
        return make_equal(tx, "core.t", stage(tx, rows), key, **more)

    committed = warehouse.commit(work, message="test")
    return committed.value, committed.snapshot


def content(warehouse: Warehouse) -> list[str]:
    with warehouse.read() as connection:
        return sorted(repr(row) for row in connection.execute("FROM core.t").fetchall())


def feed(warehouse: Warehouse, snapshot: int) -> list[tuple[str, Any]]:
    with warehouse.read() as connection:
        query = (
            f"SELECT change_type, k FROM ducklake_table_changes('lake', 'core', 't', {snapshot}, "
            f"{snapshot}) ORDER BY ALL"
        )
        return connection.execute(query).fetchall()


def test_only_rows_that_differ_reach_the_change_feed(warehouse: Warehouse) -> None:
    first = [(1, "a", 1.0, [1]), (None, "b", None, None), (3, "c", float("nan"), [])]
    assert equalise(warehouse, first, ["k"])[0] == Changes(inserted=3)
    second = [(1, "a", 1.0, [1]), (None, "b", 2.0, None), (4, "d", 4.0, [4])]
    changes, snapshot = equalise(warehouse, second, ["k"])
    assert changes == Changes(inserted=1, updated=1, deleted=1)
    assert feed(warehouse, snapshot) == [
        ("delete", 3),
        ("insert", 4),
        ("update_postimage", None),
        ("update_preimage", None),
    ]


def test_equal_rows_make_no_snapshot(warehouse: Warehouse) -> None:
    rows = [(1, "a", float("nan"), [1, None]), (None, "b", None, None)]
    for key in (["k"], ["k", "j"], []):
        equalise(warehouse, rows, key)
        before = warehouse.snapshot()
        assert equalise(warehouse, rows, key) == (Changes(), before)


def test_a_repeated_key_is_named_and_nothing_is_written(warehouse: Warehouse) -> None:
    equalise(warehouse, [(1, "a", 1.0, None)], ["k"])
    with pytest.raises(DuplicateKeys, match=r"core\.t.*k = 7 \(2 times\)"):
        equalise(warehouse, [(7, "a", 1.0, None), (7, "b", 1.0, None)], ["k"])
    assert content(warehouse) == ["(1, 'a', 1.0, None)"]


def test_a_key_that_is_no_column_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="names nope"):
        equalise(warehouse, [], ["nope"])


def test_ignored_columns_do_not_make_a_row_differ(warehouse: Warehouse) -> None:
    equalise(warehouse, [(1, "a", 1.0, None), (2, "b", 1.0, None)], ["k"])
    rows = [(1, "a", 9.0, None), (2, "changed", 9.0, None)]
    changes, _ = equalise(warehouse, rows, ["k"], ignore=["v"])
    assert changes == Changes(updated=1)
    assert content(warehouse) == ["(1, 'a', 1.0, None)", "(2, 'changed', 9.0, None)"]


def test_a_scope_leaves_other_rows_alone(warehouse: Warehouse) -> None:
    equalise(warehouse, [(k, "old", 1.0, None) for k in range(4)], ["k"])
    scope = "target.k IN (SELECT unnest([0, 1]))"
    changes, _ = equalise(warehouse, [(1, "new", 1.0, None)], ["k"], scope=scope)
    assert changes == Changes(updated=1, deleted=1)
    assert content(warehouse) == [
        "(1, 'new', 1.0, None)",
        "(2, 'old', 1.0, None)",
        "(3, 'old', 1.0, None)",
    ]


def test_a_scope_without_a_key_replaces_just_its_rows(warehouse: Warehouse) -> None:
    equalise(warehouse, [(1, "a", 1.0, None), (1, "a", 1.0, None), (2, "b", 1.0, None)], [])
    changes, _ = equalise(warehouse, [(1, "a", 1.0, None)], [], scope="target.k = 1")
    assert changes == Changes(inserted=1, deleted=2)
    assert content(warehouse) == ["(1, 'a', 1.0, None)", "(2, 'b', 1.0, None)"]


def test_an_added_column_keeps_the_rows(warehouse: Warehouse) -> None:
    equalise(warehouse, [(1, "a", 1.0, None), (2, "b", 2.0, None)], ["k"])

    def widen(tx: Connection) -> Changes:
        staged = f"(SELECT *, CASE k WHEN 1 THEN 'n' END AS extra FROM {stage(tx, rows)})"
        return make_equal(tx, "core.t", staged, ["k"])

    rows = [(1, "a", 1.0, None), (2, "b", 2.0, None)]
    committed = warehouse.commit(widen, message="test")
    assert committed.value == Changes(updated=1)
    assert content(warehouse) == ["(1, 'a', 1.0, None, 'n')", "(2, 'b', 2.0, None, None)"]


def test_another_shape_makes_the_table_anew_unless_scoped(warehouse: Warehouse) -> None:
    equalise(warehouse, [(1, "a", 1.0, None)], ["k"])

    def narrow(scope: str | None) -> Changes:
        def work(tx: Connection) -> Changes:
            return make_equal(tx, "core.t", "(SELECT 1 AS k, 2 AS v)", ["k"], scope=scope)

        return warehouse.commit(work, message="test").value  # type: ignore[no-any-return]

    with pytest.raises(WarehouseError, match="full-refresh"):
        narrow("true")
    assert narrow(None) == Changes(inserted=1, deleted=1)
    with warehouse.read() as connection:
        assert table_columns(connection, "core.t") == {"k": "INTEGER", "v": "INTEGER"}


STORED = (
    "1::HUGEINT", "'[1]'::JSON", "'5cbce4f6-30f2-4b1c-a4e0-6a3a7d5d8c57'::UUID", "INTERVAL 1 DAY",
    "TIMESTAMPTZ '2020-01-01 00:00:00+00'", "TIME '01:02:03'", "'a'::BLOB", "MAP {'a': 1}",
    "{'a': [1.5]}", "1.25::DECIMAL(38,9)", "DATE '2020-01-01'", "1::UBIGINT", "1.5::FLOAT", "NULL",
    "TIMESTAMP_NS '2020-01-01'", "TIMESTAMP_S '2020-01-01'",
)  # fmt: skip


def test_every_type_is_equal_to_itself_after_being_stored(warehouse: Warehouse) -> None:
    columns = ", ".join(f"{value} AS v{number}" for number, value in enumerate(STORED))

    def work(tx: Connection) -> Changes:
        return make_equal(tx, "core.t", f"(SELECT 1 AS k, {columns})", ["k"])

    assert warehouse.commit(work, message="test").value == Changes(inserted=1)
    assert warehouse.commit(work, message="test").value == Changes()


values = st.tuples(
    st.one_of(st.none(), st.integers(0, 5)),
    st.one_of(st.none(), st.sampled_from(["a", "b", ""])),
    st.one_of(st.none(), st.sampled_from([0.0, 1.5, float("nan"), float("inf")])),
    st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 2)), max_size=2)),
)
keyed = st.lists(values, max_size=8, unique_by=lambda row: (row[0], row[1]))


@given(steps=st.lists(st.tuples(keyed, st.sampled_from([[], ["k", "j"]])), min_size=2, max_size=4))
@hypothesis_settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_sequence_ends_equal(
    warehouse: Warehouse, steps: list[tuple[list[Row], list[str]]]
) -> None:
    for rows, key in steps:
        equalise(warehouse, rows, key)
        assert content(warehouse) == sorted(repr(row) for row in rows)
