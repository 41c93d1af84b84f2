"""Results are kept, and taken over only while nothing that they stand on has changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.quality import last_results, record, run_checks, run_rule
from pipelines.spec import Check, Rule
from resources.warehouse import Warehouse, count_rows
from tests.quality.conftest import Made

FILLED = Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "kind"})
KNOWN = Check(
    expectation="expect_column_values_to_be_in_other_table",
    arguments={"column": "kind", "other_table_name": "core.kind"},
)
RULE = Rule(
    name="kinds_are_used",
    description="",
    severity="warning",
    table="core.kind",
    inputs=("core.kind", "core.round"),
    sql="SELECT kind FROM core.kind ANTI JOIN core.round USING (kind)",
)


@pytest.fixture(autouse=True)
def _fresh(made: Made, warehouse: Warehouse) -> Iterator[None]:
    made("SELECT 1 AS round_id, 'seed' AS kind UNION ALL SELECT 2, NULL")
    sql(warehouse, "CREATE OR REPLACE TABLE core.kind AS SELECT 'seed' AS kind")
    yield
    sql(warehouse, "DROP TABLE IF EXISTS headwater.check_results")


def sql(warehouse: Warehouse, *statements: str) -> None:
    warehouse.commit(lambda tx: [tx.execute(text) for text in statements], message="test")


def reused(warehouse: Warehouse, *checks: Check) -> list[bool]:
    reports = run_checks(warehouse, "core.round", checks, ["round_id"], again=False)
    record(warehouse, "later", reports)
    return [report.reused for report in reports]


def test_a_result_comes_back_as_it_was(warehouse: Warehouse) -> None:
    reports = run_checks(warehouse, "core.round", [FILLED], ["round_id"])
    assert record(warehouse, "run-1", reports) == 1
    (known,) = last_results(warehouse, "core.round")
    known.reused = False
    assert known == reports[0]
    assert known.sample == [{"round_id": 2, "kind": None}]


def test_an_unchanged_table_is_not_checked_or_recorded_again(warehouse: Warehouse) -> None:
    assert reused(warehouse, FILLED, KNOWN) == [False, False]
    before = warehouse.snapshot()
    assert reused(warehouse, FILLED, KNOWN) == [True, True]
    assert warehouse.snapshot() == before
    with warehouse.read() as connection:
        assert count_rows(connection, "headwater.check_results") == 2


def test_changed_rows_are_checked_again(warehouse: Warehouse) -> None:
    reused(warehouse, FILLED)
    sql(warehouse, "DELETE FROM core.round WHERE kind IS NULL")
    (report,) = run_checks(warehouse, "core.round", [FILLED], again=False)
    assert (report.reused, report.status) == (False, "passed")


def test_a_table_made_anew_is_checked_again(warehouse: Warehouse, made: Made) -> None:
    reused(warehouse, FILLED)
    made("SELECT 1 AS round_id, 'seed' AS kind")
    assert reused(warehouse, FILLED) == [False]


def test_a_change_of_the_other_table_counts(warehouse: Warehouse) -> None:
    reused(warehouse, FILLED, KNOWN)
    sql(warehouse, "INSERT INTO core.kind VALUES ('angel')")
    assert reused(warehouse, FILLED, KNOWN) == [True, False]


def test_a_changed_declaration_counts(warehouse: Warehouse) -> None:
    reused(warehouse, FILLED)
    lenient = Check(expectation=FILLED.expectation, arguments={**FILLED.arguments, "mostly": 0.5})
    assert reused(warehouse, lenient) == [False]


def test_an_error_is_tried_again(warehouse: Warehouse) -> None:
    wrong = Check(expectation=FILLED.expectation, arguments={"column": "gone"})
    assert reused(warehouse, wrong) == [False]
    assert reused(warehouse, wrong) == [False]


def test_a_query_that_may_read_anything_is_always_run(warehouse: Warehouse) -> None:
    query = "SELECT * FROM {batch} WHERE kind NOT IN (FROM core.kind)"
    check = Check(
        expectation="unexpected_rows_expectation", arguments={"unexpected_rows_query": query}
    )
    reused(warehouse, check)
    assert reused(warehouse, check) == [False]


def test_a_rule_is_run_again_when_one_of_its_tables_changed(warehouse: Warehouse) -> None:
    record(warehouse, "run-1", [run_rule(warehouse, RULE)])
    assert run_rule(warehouse, RULE, again=False).reused
    sql(warehouse, "UPDATE core.round SET kind = 'angel'")
    changed = run_rule(warehouse, RULE, again=False)
    assert (changed.reused, changed.status) == (False, "warned")
