"""Workbooks written by hand for the tests, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.extract.formats.excel_cells import text
from pipelines.finance.kpi.mapping import Decision, Mapping, Profile
from pipelines.finance.kpi.reading import read_all
from pipelines.finance.kpi.readings import Reading, Workbook
from pipelines.finance.kpi.sheets import Cell, Sheet

AS_OF = date(2026, 4, 12)
ACME = Profile("acme", "EUR")


def filled(rows: Any, *, formats: dict[str, str] | None = None) -> Worksheet:
    """A sheet with these rows, lists of cells, from A1 on; None is an empty cell."""
    sheet = Book().active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    for address, code in (formats or {}).items():
        sheet[address].number_format = code
    return sheet


def sheet_of(source: Worksheet, name: str = "KPIs") -> Sheet:
    """The sheet's filled cells, as a workbook's reader gives them."""
    ends = {
        (area.min_row, area.min_col): area.coord.split(":")[-1]
        for area in source.merged_cells.ranges
    }
    cells = []
    for row in source.iter_rows():
        for cell in row:
            if cell.value in (None, ""):
                continue
            code = None if cell.number_format == "General" else cell.number_format
            cells.append(
                Cell(
                    cell.coordinate,
                    cell.row,
                    cell.column,
                    _kind(cell.value),
                    text(float(cell.value) if isinstance(cell.value, Decimal) else cell.value),
                    code,
                    ends.get((cell.row, cell.column)),
                )
            )
    return Sheet(name, cells)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, date):
        return "date"
    return "error" if str(value).startswith("#") and str(value).endswith(("!", "A")) else "text"


def read(
    *sheets: Worksheet | Sheet,
    profile: Profile = ACME,
    decisions: Iterable[Decision] = (),
    as_of: date | None = AS_OF,
    file: str = "reporting/acme/pack.xlsx",
) -> list[Reading]:
    """The readings of one workbook."""
    given = [s if isinstance(s, Sheet) else sheet_of(s) for s in sheets]
    return read_all([Workbook(file, as_of, given)], profile, Mapping(decisions))


def used(readings: Iterable[Reading]) -> dict[str, list[tuple[str, Decimal]]]:
    """Metric → (last day of the period and scenario, value) of what is used."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for each in readings:
        if each.status == "used" and each.metric and each.period and each.value is not None:
            when = f"{each.period.granularity} {each.period.end}"
            if each.scenario != "actual":
                when += f" {each.scenario}"
            found.setdefault(each.metric.id, []).append((when, each.value.normalize()))
    return found


def reasons(readings: Iterable[Reading], match: Callable[[Reading], bool] = lambda _: True) -> str:
    """Why readings are queued, joined."""
    return " ".join(sorted({r.reason for r in readings if r.status == "queued" and match(r)}))
