"""Incremental builds: what a full build gives, from less reading."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.errors import ModelError
from pipelines.spec import Incremental, Model
from resources.warehouse import Warehouse
from tests.transform.models import build, model, rows, run

SQL = """
WITH part AS (SELECT * FROM raw.t)
SELECT t.g, t.h, count(*) AS n, sum(t.v)::BIGINT AS total, min(o.name) AS name
FROM part AS t LEFT JOIN raw.o AS o ON o.g = t.g
GROUP BY t.g, t.h
-- the last line is a comment"""


def incremental(sql: str = SQL, by: tuple[str, ...] = ("g",), key: str = "g h") -> Model:
    return model(
        sql,
        "g h n total name",
        key=tuple(key.split()),
        inputs=("raw.t", "raw.o"),
        materialized="incremental",
        incremental=Incremental(table="raw.t", by=by),
    )


@pytest.fixture(autouse=True)
def _tables(warehouse: Warehouse) -> None:
    run(
        warehouse,
        "CREATE TABLE raw.t AS SELECT i AS id, i % 5 AS g, i % 2 AS h, i AS v FROM range(20) r(i)",
        "CREATE TABLE raw.o AS SELECT i AS g, 'n' || i AS name FROM range(5) r(i)",
    )


def truth(warehouse: Warehouse) -> list[object]:
    return rows(warehouse, f"{SQL}\nORDER BY ALL")


def test_only_the_changed_part_is_read_and_written(warehouse: Warehouse) -> None:
    assert build(warehouse, incremental()).mode == "full"
    run(warehouse, "UPDATE raw.t SET v = 1000 WHERE id = 3", "DELETE FROM raw.t WHERE g = 4")
    report = build(warehouse, incremental())
    assert (report.mode, report.rows_read) == ("incremental", 2)
    assert "0 inserted, 1 updated, 2 deleted." in report.notes
    assert rows(warehouse) == truth(warehouse)
    assert build(warehouse, incremental()).status == "unchanged"


def test_a_row_that_moves_changes_both_its_places(warehouse: Warehouse) -> None:
    build(warehouse, incremental())
    run(warehouse, "UPDATE raw.t SET g = 77 WHERE g = 1", "UPDATE raw.t SET g = NULL WHERE g = 2")
    assert build(warehouse, incremental()).mode == "incremental"
    assert rows(warehouse) == truth(warehouse)


WHOLE = {
    "another input changed": ("UPDATE raw.o SET name = 'x' WHERE g = 1", "only changes of raw.t"),
    "columns changed": ("ALTER TABLE raw.t ADD COLUMN more INTEGER", "the columns of raw.t"),
    "made anew": (
        "CREATE OR REPLACE TABLE raw.t AS FROM raw.t WHERE g < 3",
        "the columns of raw.t",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_cannot_be_followed_is_built_whole(warehouse: Warehouse, name: str) -> None:
    statement, reason = WHOLE[name]
    build(warehouse, incremental())
    run(warehouse, statement)
    report = build(warehouse, incremental())
    assert report.mode == "full"
    assert reason in report.notes[0]
    assert rows(warehouse) == truth(warehouse)


def test_expired_changes_are_built_whole(warehouse: Warehouse) -> None:
    build(warehouse, incremental())
    run(warehouse, "DELETE FROM raw.t WHERE g = 4")
    run(warehouse, "DELETE FROM raw.t WHERE g = 3")
    maintain(warehouse, "CALL ducklake_expire_snapshots('lake', older_than => now())")
    report = build(warehouse, incremental())
    assert report.mode == "full"
    assert rows(warehouse) == truth(warehouse)


def test_changed_code_is_built_whole(warehouse: Warehouse) -> None:
    build(warehouse, incremental())
    run(warehouse, "DELETE FROM raw.t WHERE g = 4")
    report = build(warehouse, incremental(SQL.replace("min(o.name)", "max(o.name)")))
    assert (report.mode, report.notes[0]) == ("full", "Built because its code changed.")


def test_a_key_repeated_across_parts_is_found(warehouse: Warehouse) -> None:
    sql = "SELECT g, 0 AS h, id AS n, v AS total, NULL::VARCHAR AS name FROM raw.t"
    declared = replace(incremental(sql, key="n"), inputs=("raw.t",))
    build(warehouse, declared)
    run(warehouse, "INSERT INTO raw.t VALUES (3, 99, 0, 0)")
    with pytest.raises(ModelError, match=r"n = 3 \(2 times\)"):
        build(warehouse, declared)


def test_a_failing_part_leaves_nothing_behind(warehouse: Warehouse) -> None:
    guarded = "sum(CASE WHEN t.v > 999 THEN error('too much') ELSE t.v END)::BIGINT"
    declared = incremental(SQL.replace("sum(t.v)::BIGINT", guarded))
    build(warehouse, declared)
    before = rows(warehouse)
    run(warehouse, "UPDATE raw.t SET v = 1000 WHERE id = 3")
    with pytest.raises(ModelError, match=r"m\.sql.*too much"):
        build(warehouse, declared)
    shadows = "SELECT count(*) FROM duckdb_databases() WHERE database_name LIKE 'shadow%'"
    assert (rows(warehouse), rows(warehouse, shadows)) == (before, [(0,)])


def maintain(warehouse: Warehouse, call: str) -> None:
    with warehouse.read() as connection:
        connection.execute("ROLLBACK")
        connection.execute(call)


small = st.integers(0, 6)
maybe = st.one_of(st.none(), small)
change = st.one_of(
    st.builds("INSERT INTO raw.t VALUES ({}, {}, {}, {})".format, small, small, small, small),
    st.builds("INSERT INTO raw.t VALUES ({}, NULL, 0, {})".format, small, small),
    st.builds("UPDATE raw.t SET v = {} WHERE id = {}".format, small, small),
    st.builds("UPDATE raw.t SET g = {} WHERE g = {}".format, small, small),
    st.builds("UPDATE raw.t SET g = NULL WHERE id = {}".format, small),
    st.builds("UPDATE raw.t SET h = {} WHERE g IS NULL".format, small),
    st.builds("DELETE FROM raw.t WHERE g = {}".format, small),
    st.builds("DELETE FROM raw.t WHERE id = {}".format, small),
    st.just("DELETE FROM raw.t WHERE g IS NULL"),
    st.just("DELETE FROM raw.t"),
    st.builds(
        "INSERT INTO raw.t SELECT i, i % {} + 1, i % 3, i FROM range(3000) r(i)".format, small
    ).map(lambda text: text.replace("% 0", "% 7")),
)
# ducklake_rewrite_data_files is left out: with DuckLake 1.0 on DuckDB 1.5.5 it
# leaves wrong column statistics behind, so that plain queries fail. Never call it.
upkeep = st.sampled_from(
    [
        "CALL ducklake_flush_inlined_data('lake')",
        "CALL ducklake_merge_adjacent_files('lake')",
    ]
)
step = st.one_of(st.lists(change, min_size=1, max_size=3), upkeep, st.just("build"))


@given(steps=st.lists(step, min_size=2, max_size=6))
@hypothesis_settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_changes_give_what_a_full_build_gives(
    warehouse: Warehouse, steps: list[list[str] | str]
) -> None:
    check(warehouse, steps)


@pytest.mark.slow
@given(steps=st.lists(step, min_size=3, max_size=12))
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_many_changes_give_what_a_full_build_gives(
    warehouse: Warehouse, steps: list[list[str] | str]
) -> None:
    check(warehouse, steps)


def check(warehouse: Warehouse, steps: list[list[str] | str]) -> None:
    build(warehouse, incremental(), full_refresh=True)
    rewritten = False
    for one in [*steps, "build"]:
        if isinstance(one, list):
            run(warehouse, *one)
        elif one != "build":
            maintain(warehouse, one)
            rewritten = True
        else:
            report = build(warehouse, incremental())
            assert rewritten or (report.status, report.mode) != ("built", "full")
            assert rows(warehouse) == truth(warehouse)
            rewritten = rewritten and report.status == "unchanged"
