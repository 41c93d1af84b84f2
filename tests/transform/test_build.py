"""Builds: right rows, nothing in vain, and errors that say where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import ModelError
from pipelines.spec import Column, Model
from pipelines.transform import last_build
from resources.warehouse import Warehouse, table_version
from tests.transform.models import build, model, rows, run

TOTALS = "SELECT a, sum(b)::BIGINT AS total FROM raw.t GROUP BY a"


@pytest.fixture(autouse=True)
def _tables(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE TABLE raw.t AS SELECT i % 3 AS a, i AS b FROM range(9) r(i)")


def version(warehouse: Warehouse, table: str = "core.m") -> int | None:
    with warehouse.read() as connection:
        return table_version(connection, table)


def test_a_model_is_built_once_and_then_left_alone(warehouse: Warehouse) -> None:
    first = build(warehouse, model(TOTALS, "a total"))
    assert (first.status, first.mode, first.rows_read, first.rows_loaded) == ("built", "full", 3, 3)
    assert rows(warehouse) == [(0, 9), (1, 12), (2, 15)]
    before = warehouse.snapshot()
    second = build(warehouse, model(TOTALS, "a total"))
    assert (second.status, second.rows_read) == ("unchanged", 0)
    assert warehouse.snapshot() == before == second.snapshot


def test_changed_input_with_equal_result_leaves_the_version_alone(warehouse: Warehouse) -> None:
    declared = model("SELECT DISTINCT a FROM raw.t", "a")
    build(warehouse, declared)
    before = version(warehouse)
    run(warehouse, "INSERT INTO raw.t VALUES (1, 100)")
    report = build(warehouse, declared)
    assert report.status == "built"
    assert "No row differs." in report.notes
    assert version(warehouse) == before
    assert build(warehouse, declared).status == "unchanged"


def test_only_changed_rows_are_written(warehouse: Warehouse) -> None:
    build(warehouse, model(TOTALS, "a total"))
    run(warehouse, "INSERT INTO raw.t VALUES (7, 1)", "DELETE FROM raw.t WHERE a = 0")
    run(warehouse, "UPDATE raw.t SET b = 0 WHERE b = 4")
    report = build(warehouse, model(TOTALS, "a total"))
    assert "1 inserted, 1 updated, 1 deleted." in report.notes
    assert rows(warehouse) == [(1, 8), (2, 15), (7, 1)]


def test_other_code_rebuilds_and_other_words_do_not(warehouse: Warehouse) -> None:
    declared = model(TOTALS, "a total")
    build(warehouse, declared)
    told = replace(declared, description="Told better.", owner="team:other")
    assert build(warehouse, told).status == "unchanged"
    comment = "SELECT comment FROM duckdb_tables() WHERE table_name = 'm'"
    assert rows(warehouse, comment) == [("Told better.",)]
    report = build(warehouse, replace(told, sql=TOTALS.replace("sum(b)", "max(b)")))
    assert (report.status, rows(warehouse)) == ("built", [(0, 6), (1, 7), (2, 8)])
    assert report.notes[0] == "Built because its code changed."


def test_full_refresh_rebuilds_without_touching_equal_rows(warehouse: Warehouse) -> None:
    build(warehouse, model(TOTALS, "a total"))
    before = version(warehouse)
    assert build(warehouse, model(TOTALS, "a total"), full_refresh=True).status == "built"
    assert version(warehouse) == before


def test_a_result_that_depends_on_the_day_is_never_taken_for_fresh(warehouse: Warehouse) -> None:
    declared = model("SELECT DISTINCT a, current_date AS day_on FROM raw.t", "a day_on")
    assert build(warehouse, declared).status == "built"
    assert build(warehouse, declared).status == "built"


def test_the_record_holds_code_and_inputs_of_a_build(warehouse: Warehouse) -> None:
    read = warehouse.snapshot()
    build(warehouse, model(TOTALS, "a total"))
    with warehouse.read() as connection:
        found = last_build(connection, "core.m")
    assert found is not None
    assert (found.inputs, found.mode, found.rows, found.run_id) == (
        {"raw.t": read},
        "full",
        3,
        "run",
    )
    assert (found.changes.inserted, len(found.code_hash)) == (3, 64)


def test_descriptions_reach_the_lake(warehouse: Warehouse) -> None:
    declared = model(
        TOTALS,
        "a total",
        columns={"a": Column(description="It's a."), "total": Column(description="T.", unit="USD")},
    )
    build(warehouse, declared)
    query = "SELECT comment FROM duckdb_columns() WHERE table_name = 'm' ORDER BY column_index"
    assert rows(warehouse, query) == [("It's a.",), ("T. [USD]",)]


def test_a_changed_type_makes_the_table_anew(warehouse: Warehouse) -> None:
    build(warehouse, model("SELECT a FROM raw.t GROUP BY a", "a"))
    build(warehouse, model("SELECT 'x' || a AS a FROM raw.t GROUP BY ALL", "a"))
    assert rows(warehouse) == [("x0",), ("x1",), ("x2",)]


WRONG = {
    "no_such": ("SELECT a,\n no_such\nFROM raw.t", "a no_such", r"m\.sql, line 12\).*no_such"),
    "undescribed": ("SELECT a, b FROM raw.t", "a", "The result has b, which the header"),
    "missing": ("SELECT a FROM raw.t", "a b", "describes b, which the result doesn't have"),
    "duplicate": ("SELECT a FROM raw.t", "a", r"hold a key more than once.*a = 0 \(3 times\)"),
    "cast": ("SELECT CAST('conflict' AS INT) AS a FROM raw.t", "a", "Conversion Error"),
    "write": ("INSERT INTO raw.t VALUES (1, 2)", "a", r"must be one SELECT.*INSERT"),
    "two": ("SELECT 1 AS a; SELECT 2 AS a", "a", "2 statements"),
    "syntax": ("SELECT a\nFROM raw.t WHERE WHERE", "a", r"line 12\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_broken_model_says_where_and_changes_nothing(warehouse: Warehouse, name: str) -> None:
    sql, columns, message = WRONG[name]
    build(warehouse, model("SELECT 1 AS old", "old"))
    before = warehouse.snapshot()
    with pytest.raises(ModelError, match=f"(?s){message}"):
        build(warehouse, model(sql, columns, line=11))
    assert warehouse.snapshot() == before


def test_a_declared_type_is_kept(warehouse: Warehouse) -> None:
    columns = {"a": Column(description="A.", type="VARCHAR")}
    with pytest.raises(ModelError, match="a is BIGINT, and the header says VARCHAR"):
        build(warehouse, model("SELECT DISTINCT a FROM raw.t", "a", columns=columns))


def test_an_input_that_was_never_loaded_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(ModelError, match=r"reads raw\.nope.*headwater run"):
        build(warehouse, model("SELECT a FROM raw.nope", "a", inputs=("raw.nope",)))


PYTHON = """
import pyarrow as pa

def build(inputs):
    table = inputs["raw.t"]
    return pa.table({"a": sorted(set(table["a"].to_pylist())), "note": [None] * 3})
"""


def python_model(tmp_path: Path, code: str) -> Model:
    path = tmp_path / "m.py"
    path.write_text(code)
    columns = {
        "a": Column(description="A."),
        "note": Column(description="Empty for now.", type="VARCHAR"),
    }
    declared = model("", "a", columns=columns, python=str(path), path="models/core/m.py")
    return replace(declared, sql=None)


def test_a_python_model_is_built_and_left_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    declared = python_model(tmp_path, PYTHON)
    assert build(warehouse, declared).status == "built"
    assert rows(warehouse) == [(0, None), (1, None), (2, None)]
    assert build(warehouse, declared).status == "unchanged"
    changed = python_model(tmp_path, PYTHON.replace("[None] * 3", "['x'] * 3"))
    assert build(warehouse, changed).status == "built"
    assert rows(warehouse)[0] == (0, "x")


def test_a_python_model_that_fails_says_where(warehouse: Warehouse, tmp_path: Path) -> None:
    failing = python_model(tmp_path, PYTHON.replace('inputs["raw.t"]', "inputs[0]"))
    with pytest.raises(ModelError, match=r"m\.py, line 5\) can't be built: KeyError"):
        build(warehouse, failing)
    wrong = python_model(tmp_path, "def build(inputs):\n    return 3\n")
    with pytest.raises(ModelError, match=r"pyarrow\.Table.*got int"):
        build(warehouse, wrong)
