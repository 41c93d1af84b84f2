"""Types are inferred only where nothing is lost by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.extract.formats import csv_pages
from pipelines.spec import Csv
from pipelines.sqltypes import sql_type
from tests.extract.reading import read_csv


def infer(folder: Path, *values: str, **more: Any) -> tuple[str, list[Any], int]:
    """The column's type, its values, the number of rejects."""
    data = "k,v\n" + "".join(f"x,{value}\n" for value in values)
    found = read_csv(folder, data.encode(), Csv(types="infer"), **more)
    kind = sql_type(found.rows.schema.field("v").type)
    return kind, found.rows["v"].to_pylist(), len(found.rejects)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "", "0"], "BIGINT"),
        (["1", "99999999999999999999"], "DECIMAL(38,0)"),
        (["1.50", "2", "-0.5"], "DECIMAL(38,2)"),
        (["true", "FALSE"], "BOOLEAN"),
        (["2024-02-29", "3201-01-01"], "DATE"),
        (["2024-02-29 10:00:00", "2024-02-29T10:00:00.5"], "TIMESTAMP"),
        (["2024-02-29T10:00:00Z", "2024-02-29 10:00+02:00"], "TIMESTAMPTZ"),
        (["", ""], "VARCHAR"),
        (["007"], "VARCHAR"),
        (["+1"], "VARCHAR"),
        ([" 1"], "VARCHAR"),
        (["1e3"], "VARCHAR"),
        (["-0"], "VARCHAR"),
        (["-0.00"], "VARCHAR"),
        (["1."], "VARCHAR"),
        (["nan"], "VARCHAR"),
        (["2023-02-29"], "VARCHAR"),
        (["2024-02-29 10:00", "2024-02-29"], "VARCHAR"),
        (["1" * 39], "VARCHAR"),
        (["1" * 30, "0." + "1" * 30], "VARCHAR"),
        (["1", "x"], "VARCHAR"),
    ],
)
def test_a_column_gets_the_type_that_all_its_values_have(
    tmp_path: Path, values: list[str], kind: str
) -> None:
    found, read, rejects = infer(tmp_path, *values)
    assert (found, rejects, len(read)) == (kind, 0, len(values))
    if kind == "VARCHAR":
        assert read == [value or None for value in values]


def test_a_value_on_the_last_page_still_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", 16)
    values = [str(n) for n in range(100)]
    assert infer(tmp_path, *values)[0] == "BIGINT"
    kind, read, rejects = infer(tmp_path, *values, "v1.10")
    assert (kind, read, rejects) == ("VARCHAR", [*values, "v1.10"], 0)


def test_declared_columns_are_as_declared(tmp_path: Path) -> None:
    kind, read, _ = infer(tmp_path, "1", "2", columns={"v": "VARCHAR"})
    assert (kind, read) == ("VARCHAR", ["1", "2"])
