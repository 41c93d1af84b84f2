"""The portfolio's KPI workbooks, as companies mail them to the firm.

One workbook a quarter: a title over merged cells, notes, a merged group header,
then the table with a company's name in one cell merged over its rows, and notes
again below a blank row. Companies write periods and missing values as they like.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.files import without_clock, write
from sandbox.universe import FIRM, Company, Universe

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

QUARTERS = (date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31), date(2026, 3, 31))
LABELS = (
    "Company", "Metric", "Unit", "Scenario", "Granularity", "Period end", "Value", "Comment",
)  # fmt: skip
METRICS = (
    ("Revenue", "USD"),
    ("ARR", "USD"),
    ("Net burn", "USD"),
    ("Cash", "USD"),
    ("Headcount", "people"),
    ("Gross margin", "percent"),
)


def write_workbooks(folder: Path, universe: Universe) -> None:
    """A workbook a quarter, each with every portfolio company."""
    for quarter in QUARTERS:
        chance = universe.random(f"workbook {quarter}")
        name = f"kpis-{quarter.year}-Q{quarter.month // 3}.xlsx"
        write(folder / "portfolio" / name, _workbook(chance, universe.portfolio, quarter))


def _workbook(chance: Random, companies: tuple[Company, ...], quarter: date) -> bytes:
    # Imported here: the vendors' stand-ins want nothing of this module but the quarters.
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.worksheet import Worksheet

    book = Workbook()
    book.properties.creator = FIRM
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "KPIs"
    sheet["A1"] = f"Portfolio figures, quarter to {quarter:%d %B %Y}"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.merge_cells("A1:H1")
    sheet["A2"] = "Confidential. Unaudited figures from management accounts."
    sheet["A4"], sheet["F4"] = "What", "How much"
    sheet.merge_cells("A4:E4")
    sheet.merge_cells("F4:H4")
    sheet.append(LABELS)
    for place, company in enumerate(companies):
        _company(chance, sheet, company, quarter, place)
    sheet.append([])
    sheet.append(["Source: the companies. n/a: not reported by the day of writing."])
    book.create_sheet("Notes")["A1"] = "Figures in other currencies are converted by the companies."
    out = io.BytesIO()
    book.save(out)
    return without_clock(out.getvalue())


def _company(chance: Random, sheet: Worksheet, company: Company, quarter: date, place: int) -> None:
    first = sheet.max_row + 1
    name = company.legal_name if place % 2 else company.name
    for metric, unit in METRICS:
        for scenario in ("Actual", "Budget"):
            value = _value(chance, metric)
            if scenario == "Actual" and chance.random() < 0.06:
                value = "n/a"
            period = _period(quarter, place)
            row = [name, metric, unit, scenario, "Quarter", period, value, None]
            sheet.append(row)
            name = ""
    sheet.merge_cells(start_row=first, end_row=sheet.max_row, start_column=1, end_column=1)
    if place == 2:
        sheet.cell(first, 8).value = "restated after the audit"


def _value(chance: Random, metric: str) -> Any:
    if metric == "Headcount":
        return chance.randint(5, 300)
    if metric == "Gross margin":
        return round(chance.uniform(20, 90), 1)
    amount = chance.randint(20_000, 4_000_000)
    return f"{amount:,}" if chance.random() < 0.1 else amount


def _period(quarter: date, place: int) -> Any:
    """A real date; the month in words; an accounting system's milliseconds."""
    if place == 3:
        return f"{quarter.day} {quarter:%B %Y}"
    if place == 4:
        midnight = datetime(quarter.year, quarter.month, quarter.day, tzinfo=UTC)
        return f"/Date({int(midnight.timestamp()) * 1000}+0000)/"
    return quarter
