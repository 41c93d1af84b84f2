"""Workbooks read cell by cell: each filled cell, its place, and what it is shown as."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.errors import FileRefused
from pipelines.spec import Cells
from tests.formats.reading import Result, read


def _book() -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return book, sheet


def _read(book: Workbook) -> Result:
    out = io.BytesIO()
    book.save(out)
    return read(Cells(), out.getvalue(), {"modified_at": "TIMESTAMPTZ"})


def test_each_filled_cell_is_a_record_with_its_place() -> None:
    book, sheet = _book()
    sheet.title = "Board pack"
    sheet["B2"] = "MRR"
    sheet["D4"] = 0.1
    sheet["D5"] = dt.date(2026, 3, 31)
    sheet["E5"] = True
    result = _read(book)
    seen = [(r["cell"], r["row_number"], r["column_number"], r["kind"]) for r in result.rows]
    assert seen == [
        ("B2", 2, 2, "text"),
        ("D4", 4, 4, "number"),
        ("D5", 5, 4, "date"),
        ("E5", 5, 5, "bool"),
    ]
    assert [row["value"] for row in result.rows] == ["MRR", "0.1", "2026-03-31", "true"]
    assert result.origin("_path")[0] == "'Board pack'!B2"


def test_number_formats_and_merged_ranges_are_told() -> None:
    book, sheet = _book()
    sheet["A1"] = "First quarter"
    sheet.merge_cells("A1:C1")
    sheet["A2"], sheet["B2"], sheet["C2"] = 1200, 0.45, 7
    sheet["A2"].number_format = '#,##0 "€"'
    sheet["B2"].number_format = "0%"
    rows = _read(book).rows
    assert [row["merged_to"] for row in rows] == ["C1", None, None, None]
    assert [row["number_format"] for row in rows] == [None, '#,##0 "€"', "0%", None]


def test_the_locales_currency_is_not_taken_for_a_dollar() -> None:
    book, sheet = _book()
    sheet["A1"] = 5
    sheet["A1"].number_format = '"$"#,##0_);("$"#,##0)'  # what number 5 is in America
    (row,) = _read(book).rows
    assert row["number_format"] == "¤#,##0"


def test_hidden_sheets_and_the_day_of_saving_are_told() -> None:
    book, sheet = _book()
    sheet["A1"] = 1
    old = book.create_sheet("Old")
    old["A1"] = 2
    old.sheet_state = "hidden"
    rows = _read(book).rows
    assert [(r["sheet"], r["sheet_number"], r["sheet_hidden"]) for r in rows] == [
        ("Sheet", 1, False),
        ("Old", 2, True),
    ]
    assert rows[0]["modified_at"].tzinfo is not None


def test_an_error_cell_is_a_cell() -> None:
    book, sheet = _book()
    sheet["A1"] = "=1/0"
    sheet["A1"].data_type = "e"
    sheet["A1"].value = "#DIV/0!"
    (row,) = _read(book).rows
    assert (row["kind"], row["value"]) == ("error", "#DIV/0!")


def test_an_empty_workbook_has_no_records() -> None:
    book, _ = _book()
    assert _read(book).rows == []


def test_what_is_no_workbook_is_refused() -> None:
    with pytest.raises(FileRefused, match="can't be read"):
        read(Cells(), b"company,metric\n")


def test_workbooks_of_other_formats_give_cells_too(shared: Path) -> None:
    for path in sorted((shared / "data" / "excel-agate").rglob("*.xls"))[:3]:
        rows = read(Cells(), path.read_bytes()).rows
        assert rows
        assert {row["number_format"] for row in rows} == {None}
