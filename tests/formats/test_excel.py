"""Workbooks: the right cells with the right types, or a clear refusal in time."""

from __future__ import annotations

import datetime as dt
import io
import time
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.errors import FileRefused
from pipelines.spec import Excel
from tests.formats.reading import Result, read

CALAMINE = "excel-calamine"


def sheet(
    *rows: list[Any], name: str = "Sheet1", merged: tuple[str, ...] = (), at: str | None = None
) -> bytes:
    """An xlsx of one sheet; `at` gives a number format to a cell."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = name
    for row in rows:
        page.append(row)
    for area in merged:
        page.merge_cells(area)
    if at:
        page[at].number_format = "[h]:mm:ss"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def excel(raw: bytes, types: Mapping[str, str] | None = None, **declared: Any) -> Result:
    return read(Excel(**declared), raw, types)


def real(
    shared: Path, name: str, types: Mapping[str, str] | None = None, **declared: Any
) -> Result:
    file = shared / "data" / name
    if not file.exists():
        pytest.skip(f"{file} is not among the real inputs.")
    return excel(file.read_bytes(), types, **declared)


def test_types_come_from_the_cells() -> None:
    moment = dt.datetime(2024, 2, 3, 4, 5, 6)  # noqa: DTZ001
    result = excel(
        sheet(
            ["n", "x", "b", "on", "at", "clock", "long", "s", "mix", "none"],
            [1, 1.5, True, dt.date(2024, 2, 3), moment, dt.time(10, 30), 1.25, "a", 1.0, None],
            [2, 2, False, dt.date(2024, 2, 4), dt.date(2024, 2, 4), dt.time(1), 1, "", "x", None],
            at="G2",
        )
    )
    kinds = {f.name: str(f.type) for f in result.chunks[0].rows.schema}
    assert kinds["n"] == "int64"
    assert kinds["x"] == "double"
    assert kinds["b"] == "bool"
    assert kinds["on"] == "date32[day]" or kinds["on"] == "timestamp[us]"
    assert kinds["at"] == "timestamp[us]"
    assert kinds["clock"] == "time64[us]"
    assert kinds["mix"] == "string"
    first, second = result.rows
    assert first["at"] == moment
    assert (first["mix"], second["mix"]) == ("1", "x")
    assert (first["long"], second["s"], second["none"]) == ("30:00:00", None, None)
    assert result.origin("_path") == ["Sheet1!A2:J2", "Sheet1!A3:J3"]


def test_declared_types_are_reached_from_shortest_digits() -> None:
    raw = sheet(
        ["d", "v", "i", "on"], [0.1 + 0.2, 2024, 7, dt.date(2024, 1, 1)], [1.005, 2.5, 7.5, "x"]
    )
    types = {"d": "DECIMAL(18,2)", "v": "VARCHAR", "i": "BIGINT", "on": "DATE"}
    result = excel(raw, types)
    assert result.rows == [{"d": Decimal("0.30"), "v": "2024", "i": 7, "on": dt.date(2024, 1, 1)}]
    (reject,) = result.rejects
    assert "Column i" in reject.reason
    assert "Column on" in reject.reason
    assert reject.path == "Sheet1!A3:D3"
    assert excel(raw, {"d": "DECIMAL(18,2)"}).rows[1]["d"] == Decimal("1.01")


def test_text_columns_hold_what_the_cells_say() -> None:
    raw = sheet(["a", "b"], [1.0, True], [0.1, dt.datetime(2024, 1, 2, 3, 4)])  # noqa: DTZ001
    rows = read(Excel(types="text"), raw).rows
    assert rows == [{"a": "1", "b": "true"}, {"a": "0.1", "b": "2024-01-02 03:04:00"}]


def test_tables_are_found_by_range_labels_or_fullness() -> None:
    raw = sheet(
        ["Report of 2024"],
        ["unaudited", None, None, None, "other"],
        ["Name", "Value", None, "Key", "Amount"],
        ["a", 1, None, "k1", 10],
        ["b", 2, None, "k2", 20],
        [None, None, None, "k3", 30],
        ["Total", 3],
        name="My Sheet",
    )
    by_range = excel(raw, range="A3:B5")
    assert by_range.rows == [{"name": "a", "value": 1}, {"name": "b", "value": 2}]
    assert by_range.origin("_path")[0] == "'My Sheet'!A4:B4"
    assert len(excel(raw, range="A3:B").rows) == 3
    by_labels = excel(raw, header=("amount", " KEY "), stop_at_blank=True)
    assert [row["key"] for row in by_labels.rows] == ["k1", "k2", "k3"]
    assert excel(raw, header=("Name",), stop_at_blank=True).rows == by_range.rows
    counted = excel(raw, header=("Name",))
    assert (len(counted.rows), counted.blank) == (3, 1)
    with pytest.raises(FileRefused, match="No row of sheet 'My Sheet' is filled in every column"):
        excel(raw)
    with pytest.raises(FileRefused, match="no row with the labels Name, Nope"):
        excel(raw, header=("Name", "Nope"))
    with pytest.raises(FileRefused, match="before Z90"):
        excel(raw, range="Z90:AA99")
    with pytest.raises(FileRefused, match="no range"):
        excel(raw, range="A1")


def test_a_header_without_text_is_not_guessed() -> None:
    with pytest.raises(FileRefused, match="holds no text"):
        excel(sheet([1, 2], [3, 4]))


def test_sheets_are_chosen_by_name_and_position() -> None:
    raw = sheet(["a"], [1])
    assert excel(raw, sheet="Sheet1").rows == excel(raw, sheet=None).rows == [{"a": 1}]
    for wrong in ("Nope", 2, 0):
        with pytest.raises(FileRefused, match="Its worksheets are: 'Sheet1'"):
            excel(raw, sheet=wrong)


def test_merged_cells_repeat_below_the_header_only() -> None:
    raw = sheet(
        ["k", "v", None], ["a", 1, 5], [None, 2, 6], [None, 3, 7], merged=("A2:A4", "B1:C1")
    )
    assert [row["k"] for row in excel(raw, range="A1:C4").rows] == ["a"] * 3
    assert excel(raw, range="A1:C4").rows[0] == {"k": "a", "v": 1, "v_2": 5}
    assert [row["k"] for row in excel(raw, range="A1:C4", fill_merged=False).rows] == [
        "a",
        None,
        None,
    ]


def _with_error() -> bytes:
    """A workbook whose B3 shows #N/A, as Excel stores it."""
    raw = io.BytesIO(sheet(["k", "v"], ["a", 1], ["b", 424242], ["c", 3]))
    made = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            data = data.replace(b'<c r="B3" t="n"><v>424242</v>', b'<c r="B3" t="e"><v>#N/A</v>')
            target.writestr(name, data)
    return made.getvalue()


def test_an_error_cell_rejects_its_record_unless_the_column_is_text() -> None:
    result = excel(_with_error())
    assert result.rows == [{"k": "a", "v": 1}, {"k": "c", "v": 3}]
    (reject,) = result.rejects
    assert reject.reason == "Column v holds the error #N/A in cell B3 of sheet 'Sheet1'."
    assert (reject.path, reject.column, reject.raw) == ("Sheet1!A3:B3", "v", '{"k":"b","v":"#N/A"}')
    rows = excel(_with_error(), {"v": "VARCHAR"}).rows
    assert [row["v"] for row in rows] == ["1", "#N/A", "3"]


def _ods(rows: int, columns: int, cell: str = "<text:p>x</text:p>") -> bytes:
    """An ods whose one cell is repeated."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    words = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" '
        f'xmlns:text="{words}"><office:body><office:spreadsheet><table:table table:name="S">'
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
        f'office:value-type="string" table:number-columns-repeated="{columns}">{cell}'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr(
            "META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>'
        )
    return sink.getvalue()


def _far_cell() -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["A1"], page["XFD1048576"] = "a", "b"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def test_a_workbook_that_claims_billions_of_cells_is_refused_soon() -> None:
    assert len(excel(_ods(3, 2)).rows) == 2
    for raw in (_ods(1_048_576, 16_384), _far_cell()):
        started = time.monotonic()
        with pytest.raises(FileRefused, match=r"cells"):
            excel(raw)
        assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "raw", [b"", b"PK", b"PK\x03\x04 torn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, b"a,b\n1,2\n"]
)
def test_what_is_no_workbook_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match=r"things\.file can't be read"):
        excel(raw)


def test_the_1904_system_gives_the_same_days(shared: Path) -> None:
    for name in ("date.xls", "date_1904.xls", "date.xlsx"):
        rows = real(shared, f"{CALAMINE}/{name}", range="A1:B2").rows
        assert rows == [{"c_2021_01_01": dt.date(2021, 1, 2), "c_15": 16}], name


def test_notes_around_a_table_are_left_out(shared: Path) -> None:
    for name in ("deaths.xlsx", "deaths.xls"):
        result = real(shared, f"excel-readxl/{name}", range="A5:F15")
        assert len(result.rows) == 10
        assert result.rows[0]["name"] == "David Bowie"
        assert result.rows[0]["age"] == 69
        assert result.rows[0]["date_of_death"] == dt.date(2016, 1, 10)
        assert result.origin("_path")[-1] == "arts!A15:F15"
    assert real(shared, "excel-readxl/deaths.xlsx").rows[0]["name"] == "David Bowie"


def test_numbers_with_white_space_are_numbers(shared: Path) -> None:
    result = real(shared, "excel-readxl/datasets.xlsx", sheet="quakes")
    assert len(result.rows) == 1000
    expected = {"lat": -20.42, "long": 181.62, "depth": 562, "mag": 4.8, "stations": 41}
    assert result.rows[0] == expected
    assert len(real(shared, "excel-readxl/datasets.xlsx", sheet="iris").rows) == 150


def test_real_merged_ranges_and_headers_further_down(shared: Path) -> None:
    result = real(shared, f"{CALAMINE}/merged_cells.ods")
    assert result.rows[0] == {"a": "A", "b": "B", "c": "C"}
    expected = [{"columns": "put data here", "column_a": 1, "column_b": 2, "column_c": 3}]
    assert real(shared, f"{CALAMINE}/header-row.xlsx").rows == expected


def test_real_error_cells_are_told(shared: Path) -> None:
    result = real(shared, f"{CALAMINE}/errors.xlsx", range="A1:A7")
    shown = [reject.reason.split("error ")[1].split()[0] for reject in result.rejects]
    assert shown == ["#NAME?", "#VALUE!", "#NULL!", "#REF!", "#NUM!", "#N/A"]


@pytest.mark.slow
def test_every_real_workbook_is_read_or_refused_in_time(shared: Path) -> None:
    files = sorted(
        file
        for file in (shared / "data").glob("excel-*/*")
        if file.suffix in (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
    )
    assert files
    for file in files:
        for declared in (Excel(sheet=None), Excel(sheet=1, range="A1:Z", types="text")):
            started = time.monotonic()
            outcome = _outcome(declared, file)
            assert "broke down" not in outcome, (file.name, outcome)
            assert time.monotonic() - started < 60, file.name


def _outcome(declared: Excel, file: Path) -> str:
    try:
        return f"{read(declared, file.read_bytes()).read} records"
    except FileRefused as error:
        return str(error)
