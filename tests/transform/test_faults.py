"""Builds that are killed or overtaken: the table is as before or as after."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.transform.models import build, model, rows, run

SQL = "SELECT a, sum(b)::BIGINT AS total FROM raw.t GROUP BY a"
CHILD = """
import sys
from pathlib import Path
from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.transform.models import build, model
build(Warehouse(Settings(home=Path(sys.argv[1]))), model(sys.argv[2], "a total"))
"""


@pytest.mark.parametrize(("point", "built"), [("mid_commit", False), ("after_commit", True)])
def test_a_killed_build_is_whole_or_absent(settings: Settings, point: str, built: bool) -> None:
    first = Warehouse(settings)
    run(first, "CREATE TABLE raw.t AS SELECT i % 3 AS a, i AS b FROM range(9) r(i)")
    first.close()
    told = subprocess.run(
        [sys.executable, "-c", CHILD, str(settings.home), SQL],
        env={**os.environ, "HEADWATER_FAILPOINT": f"{point}:kill"},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert told.returncode == -9
    warehouse = Warehouse(settings)
    count = "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'core'"
    assert (rows(warehouse, count) != [(0,)]) == built
    assert (build(warehouse, model(SQL, "a total")).status == "unchanged") == built
    assert rows(warehouse) == [(0, 9), (1, 12), (2, 15)]
    warehouse.close()


SLOW = """
from tests.transform import test_faults

def build(inputs):
    while test_faults.MEANWHILE:
        test_faults.MEANWHILE.pop()()
    return inputs["raw.t"].select(["a", "b"])
"""
MEANWHILE: list[Callable[[], object]] = []


def test_a_slower_build_does_not_undo_a_newer_one(warehouse: Warehouse, tmp_path: Path) -> None:
    run(warehouse, "CREATE TABLE raw.t AS SELECT 1 AS a, 2 AS b")
    path = tmp_path / "m.py"
    path.write_text(SLOW)
    declared = replace(model("", "a b"), sql=None, python=str(path))

    def overtake() -> None:
        run(warehouse, "INSERT INTO raw.t VALUES (3, 4)")
        assert build(warehouse, declared).rows_loaded == 2

    MEANWHILE.append(overtake)
    report = build(warehouse, declared)
    assert (report.status, report.notes) == ("unchanged", ["Another run built it in the meantime."])
    assert rows(warehouse) == [(1, 2), (3, 4)]
    assert rows(warehouse, "SELECT count(*) FROM headwater.builds") == [(1,)]
