"""Every figure that portfolio companies' workbooks show under a period, read or asked about.

Where a table lies on a sheet, which metric a label means and in which unit its figures
are is found by code that looks at a whole workbook, hence Python.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.finance.kpi import filing, mapping
from pipelines.finance.kpi.reading import read_all
from pipelines.finance.kpi.readings import Reading, Workbook
from pipelines.finance.kpi.sheets import Cell, Sheet
from pipelines.spec import Check, Column, Model

MODEL = Model(
    table="",
    description=(
        "One row a filled cell under a period, of every workbook that a company sent. What is "
        "certain is used; what a workbook leaves open is queued with the question; nothing is "
        "guessed. Of a file sent again under its name the newest counts."
    ),
    owner="portfolio@headwater.example",
    key=("reading_id",),
    columns={
        "reading_id": Column(description="File, sheet and cell."),
        "company": Column(description="The company's folder below reporting/."),
        "status": Column(
            description=(
                "used; repeated: another cell of the workbook says it, too; queued: a person is "
                "asked; ignored: a person said it is of no interest."
            )
        ),
        "reason": Column(description="Why it has that status, in a sentence."),
        "confidence": Column(description="How sure the metric is, 0 to 1; below 0.9 it is asked."),
        "label": Column(description="The label as the workbook has it."),
        "section": Column(description="The heading over the label; empty where there is none."),
        "metric": Column(description="The metric's id; a guess where the row is queued."),
        "metric_title": Column(description="The metric's name."),
        "kind": Column(description="money, count, percent, months, days or ratio."),
        "basis": Column(
            description="flow: adds up over periods; stock: of the last day; rate: neither."
        ),
        "period_start_on": Column(description="First day of the period."),
        "period_end_on": Column(description="Last day of the period."),
        "granularity": Column(description="month, quarter, half or year."),
        "scenario": Column(description="actual, budget or forecast."),
        "value": Column(
            type="DECIMAL(28,6)",
            description="The figure in whole units of `unit`, exact; percentages in points.",
        ),
        "unit": Column(description="Currency (ISO 4217), or the kind where it is no money."),
        "currency": Column(description="Currency, ISO 4217; null where it is no money."),
        "scale": Column(description="What the cell was multiplied by: 1000 for thousands."),
        "value_raw": Column(description="The cell as the workbook has it."),
        "as_of_on": Column(description="Day on which the workbook was believed."),
        "source_file": Column(description="The workbook."),
        "source_sheet": Column(description="Its sheet."),
        "source_cell": Column(description="The cell of the figure."),
    },
    inputs=(
        "raw.portfolio_kpi__cells",
        "staging.portfolio_kpi__companies",
        "staging.portfolio_kpi__labels",
    ),
    checks=(
        Check(
            expectation="expect_column_values_to_be_in_set",
            arguments={
                "column": "status",
                "value_set": ["used", "repeated", "queued", "ignored"],
            },
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "value", "row_condition": "status = 'used'"},
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "unit", "row_condition": "status = 'used'"},
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "company"},
            severity="warning",
            description="Every workbook lies in a company's folder.",
        ),
        Check(
            expectation="expect_column_values_to_not_be_in_set",
            arguments={"column": "status", "value_set": ["queued"]},
            severity="info",
            description="Nobody is asked anything.",
        ),
    ),
)

_TEXTS = ("reading_id", "company", "status", "reason")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("confidence", pa.decimal128(4, 2)),
        *(
            (name, pa.string())
            for name in ("label", "section", "metric", "metric_title", "kind", "basis")
        ),
        ("period_start_on", pa.date32()),
        ("period_end_on", pa.date32()),
        ("granularity", pa.string()),
        ("scenario", pa.string()),
        ("value", pa.decimal128(28, 6)),
        ("unit", pa.string()),
        ("currency", pa.string()),
        ("scale", pa.int64()),
        ("value_raw", pa.string()),
        ("as_of_on", pa.date32()),
        *((name, pa.string()) for name in ("source_file", "source_sheet", "source_cell")),
    ]
)
_STEP = Decimal("0.000001")


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a value cell, ordered by its id."""
    agreed = {row["company"]: row for row in inputs["staging.portfolio_kpi__companies"].to_pylist()}
    decisions = defaultdict(list)
    for row in inputs["staging.portfolio_kpi__labels"].to_pylist():
        if row["faults"] is None:
            names = mapping.Decision.__dataclass_fields__
            decisions[row["company"]].append(
                mapping.Decision(**{name: row[name] for name in names})
            )
    cells = inputs["raw.portfolio_kpi__cells"].sort_by([("_file", "ascending")])
    files, start = defaultdict(list), 0
    for count in pc.value_counts(cells["_file"]).to_pylist():
        file = count["values"]
        files[filing.company_of(file)].append((file, cells.slice(start, count["counts"])))
        start += count["counts"]
    rows = []
    for company, held in files.items():
        known = agreed.get(company or "", {})
        profile = mapping.Profile(
            company or "", known.get("currency"), known.get("year_ends") or 12
        )
        books = [_workbook(file, some) for file, some in held]
        days = {book.file: book.as_of for book in books}
        readings = read_all(books, profile, mapping.Mapping(decisions[company]))
        rows += [_row(each, company, days[each.file]) for each in readings]
    rows.sort(key=lambda row: row["reading_id"])
    return pa.Table.from_pylist(rows, _SCHEMA)


def _workbook(file: str, cells: pa.Table) -> Workbook:
    """One file as it was last sent, without its hidden sheets."""
    newest = cells.filter(pc.equal(cells["_load_id"], pc.max(cells["_load_id"])))
    sheets = defaultdict(list)
    saved = None
    for row in newest.to_pylist():
        saved = row["modified_at"]
        if not row["sheet_hidden"]:
            sheets[row["sheet_number"], row["sheet"]].append(_cell(row))
    day = filing.as_of(file, saved.date() if saved else None)
    return Workbook(file, day, [Sheet(name, held) for (_, name), held in sorted(sheets.items())])


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(
        row["cell"],
        row["row_number"],
        row["column_number"],
        row["kind"],
        row["value"],
        row["number_format"],
        row["merged_to"],
    )


def _row(reading: Reading, company: str | None, day: Any) -> dict[str, Any]:
    metric, period, value = reading.metric, reading.period, reading.value
    kind = metric.kind if metric else None
    return {
        "reading_id": f"{reading.file}#{reading.sheet}!{reading.cell}",
        "company": company,
        "status": reading.status,
        "reason": reading.reason,
        "confidence": Decimal(str(reading.confidence)).quantize(Decimal("0.01")),
        "label": reading.label,
        "section": reading.section,
        "metric": metric.id if metric else None,
        "metric_title": metric.title if metric else None,
        "kind": kind,
        "basis": metric.basis if metric else None,
        "period_start_on": period.start if period else None,
        "period_end_on": period.end if period else None,
        "granularity": period.granularity if period else None,
        "scenario": reading.scenario,
        "value": value.quantize(_STEP) if value is not None else None,
        "unit": (reading.currency or kind) if value is not None else None,
        "currency": reading.currency,
        "scale": reading.scale,
        "value_raw": reading.value_raw,
        "as_of_on": day,
        "source_file": reading.file,
        "source_sheet": reading.sheet,
        "source_cell": reading.cell,
    }
