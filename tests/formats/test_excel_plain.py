"""Large plain sheets: what array operations find is what the whole reader finds."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.extract.formats import excel_columns, excel_xlsx
from pipelines.extract.formats.excel_book import Book
from pipelines.extract.formats.excel_plain import Plain
from pipelines.extract.formats.excel_tables import Refused
from pipelines.extract.formats.excel_tags import NotPlain
from pipelines.spec import Excel
from tests.formats.reading import read

PART = "xl/worksheets/sheet1.xml"
DATE, MOMENT, DURATION = 1, 2, 3
"""Styles of every workbook made here."""


def package(rows: str, shared: Sequence[str] = (), tail: str = "") -> bytes:
    """An xlsx whose one sheet has these rows, as XML."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "S"
    for row, style in ((1, "yyyy-mm-dd"), (2, "yyyy-mm-dd h:mm"), (3, "[h]:mm")):
        page.cell(row, 1, 1).number_format = style
    raw = io.BytesIO()
    book.save(raw)
    made = io.BytesIO()
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in shared)
    instead = {
        PART: f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData>{tail}</worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{space}">{texts}</sst>',
    }
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(made, "w") as target:
        for name in {*source.namelist(), *instead}:
            target.writestr(name, instead.get(name) or source.read(name))
    return made.getvalue()


def cell(name: str, said: str, *, kind: str = "", style: int = 0) -> str:
    """One cell with a value; inline text is kept with its space."""
    attributes = f'r="{name}"' + (f' s="{style}"' if style else "")
    if kind:
        attributes += f' t="{kind}"'
    if kind == "inlineStr":
        return f'<c {attributes}><is><t xml:space="preserve">{said}</t></is></c>'
    return f"<c {attributes}><v>{said}</v></c>"


def both(folder: Path, raw: bytes) -> tuple[Plain, Book]:
    """The sheet read in both ways; NotPlain when it is no plain one."""
    file = folder / "workbook"
    file.write_bytes(raw)
    book = Book(str(file))
    return Plain(f"{file}.xlsx", PART, "S"), book


def grid(plain: Plain) -> list[list[Any]]:
    columns = [plain.values(at, 0, plain.height) for at in range(plain.width)]
    return without_blank([list(row) for row in zip(*columns, strict=True)])


def without_blank(rows: list[list[Any]]) -> list[list[Any]]:
    while rows and not any(value != "" for value in rows[-1]):
        rows.pop()
    return rows


def typed(rows: list[list[Any]]) -> list[list[tuple[type, Any]]]:
    return [[(type(value), value) for value in row] for row in rows]


def test_every_real_sheet_is_read_alike(shared: Path, tmp_path: Path) -> None:
    alike = 0
    for file in sorted((shared / "data").glob("excel-*/*.xls[xm]")):
        copy = tmp_path / file.stem
        copy.write_bytes(file.read_bytes())
        try:
            book = Book(str(copy))
        except Refused:
            continue
        with zipfile.ZipFile(file) as archive:
            parts = excel_xlsx.sheet_parts(archive)
        for sheet in book.chosen(None):
            try:
                found = grid(Plain(str(file), parts[sheet], sheet))
            except NotPlain:
                continue
            whole = without_blank([list(row) for row in book.cells(sheet)[0]])
            assert typed(found) == typed(whole), (file.name, sheet)
            alike += 1
    assert alike > 20 or not (shared / "data").exists()


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from(" &<\"'_x\n"),
    max_size=8,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers().map(str)
DAYS = st.floats(61, 2_958_464).map(repr) | st.integers(61, 60_000).map(str)


def values() -> st.SearchStrategy[tuple[str, str, int]]:
    """A cell's text, type and style."""
    return st.one_of(
        st.tuples(NUMBERS, st.sampled_from(["", "n"]), st.just(0)),
        st.tuples(TEXTS.map(escape), st.sampled_from(["inlineStr", "str"]), st.just(0)),
        st.tuples(st.sampled_from(["0", "1"]), st.just("b"), st.just(0)),
        st.tuples(DAYS, st.just(""), st.sampled_from([DATE, MOMENT])),
        st.tuples(st.sampled_from(["#N/A", "#DIV/0!"]), st.just("e"), st.just(0)),
        st.tuples(st.sampled_from(["0", "1", "2"]), st.just("s"), st.just(0)),
    )


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    """A sheet of columns that mostly hold one kind, with a header and gaps."""
    width = draw(st.integers(1, 4))
    kinds = [draw(values()) for _ in range(width)]
    header: list[tuple[str, str, int] | None] = [
        (f"column {at}", "inlineStr", 0) for at in range(width)
    ]
    rows = [header] + [
        [draw(st.none() | st.just(kind) | values()) for kind in kinds]
        for _ in range(draw(st.integers(0, 12)))
    ]
    lines, number = [], 0
    for row in rows:
        number += draw(st.sampled_from([1, 1, 1, 3]))
        cells = [
            cell(f"{chr(65 + at)}{number}", said[0], kind=said[1], style=said[2])
            for at, said in enumerate(row)
            if said is not None
        ]
        lines.append(f'<row r="{number}" spans="1:4">{"".join(cells)}</row>')
    return package("".join(lines), shared=("", "a & b", "größer\n<"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=sheets(), textual=st.booleans())
def test_a_made_up_sheet_gives_the_same_table(tmp_path: Path, raw: bytes, textual: bool) -> None:
    try:
        plain, book = both(tmp_path, raw)
    except NotPlain:
        return  # Such as a text with _x0041_ in it.
    cells, merged = book.cells("S")
    assert typed(grid(plain)) == typed(without_blank([list(row) for row in cells]))
    found = excel_columns.of_plain(plain, Excel(), "S", lambda labels: [textual] * len(labels))
    whole = excel_columns.of_grid(
        cells, merged, Excel(), "S", lambda labels: [textual] * len(labels)
    )
    assert found is not None
    assert whole is not None
    assert (found.area, found.labels, found.faults) == (whole.area, whole.labels, whole.faults)
    for one, other in zip(found.columns, whole.columns, strict=True):
        assert one.equals(other)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c></row>',
        '<row><c r="A1"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t> a</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>\u00a0a</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><v>a</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>_x000D_</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a&#10;b</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a\r\nb</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v><![CDATA[<v>]]></v></c></row>',
        '<row r="1"><c r="A1"><!-- <c r="A9"> --><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="d"><v>2024-01-01</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
        '<row r="1"><c r="A1" t="n"><v>one</v></c></row>',
        '<row r="1"><c r="A1" t="e"><v>#NEW!</v></c></row>',
        f'<row r="1">{cell("A1", "1.5", style=DURATION)}</row>',
        f'<row r="1">{cell("A1", "0.5", style=MOMENT)}</row>',
        f'<row r="1">{cell("A1", "60", style=DATE)}</row>',
        f'<row r="1">{cell("A1", "2958466", style=DATE)}</row>',
    ],
)
def test_what_could_mean_something_else_is_left_to_the_whole_reader(
    tmp_path: Path, rows: str
) -> None:
    (tmp_path / "workbook").write_bytes(package(rows))
    with pytest.raises(NotPlain):
        grid(Plain(str(tmp_path / "workbook"), PART, "S"))


def test_merged_cells_are_left_to_the_whole_reader(tmp_path: Path) -> None:
    tail = '<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells>'
    raw = package(f'<row r="1">{cell("A1", "1")}</row>', tail=tail)
    (tmp_path / "workbook").write_bytes(raw)
    with pytest.raises(NotPlain):
        Plain(str(tmp_path / "workbook"), PART, "S")


def test_a_large_sheet_keeps_its_types_origins_and_rejects() -> None:
    lines = ['<row r="3">' + "".join(cell(f"{c}3", c * 3, kind="str") for c in "BCDE") + "</row>"]
    for row in range(4, 40_004):
        cells = (
            cell(f"B{row}", str(row)),
            cell(f"C{row}", "1", kind="s"),
            cell(f"D{row}", f"{45_000 + row}", style=DATE),
            cell(f"E{row}", "#N/A", kind="e") if row == 777 else cell(f"E{row}", f"{row}.5"),
        )
        lines.append(f'<row r="{row}">{"".join(cells)}</row>')
    result = read(Excel(), package("".join(lines), shared=("", "tea & toast")))
    kinds = {f.name: str(f.type) for f in result.chunks[0].rows.schema}
    assert [kinds[name] for name in ("bbb", "ccc", "ddd", "eee")] == [
        "int64",
        "string",
        "date32[day]",
        "double",
    ]
    assert len(result.rows) == 39_999
    day = dt.date(1899, 12, 30) + dt.timedelta(45_004)
    assert result.rows[0] == {"bbb": 4, "ccc": "tea & toast", "ddd": day, "eee": 4.5}
    assert result.origin("_path")[-1] == "S!B40003:E40003"
    (reject,) = result.rejects
    assert reject.reason == "Column eee holds the error #N/A in cell E777 of sheet 'S'."
