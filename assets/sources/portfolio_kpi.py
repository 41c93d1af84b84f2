"""Portfolio companies' figures, as they mail them.

`reporting/<company>/` holds workbooks as a company lays them out: every filled cell
becomes a row, and staging finds the tables in them. The day on which a workbook came
stands in its path (`reporting/acme/2026-04-12 Board pack.xlsx`). Two files beside them
are kept by people: `companies.csv`, who owes what, and `labels.csv`, what a company's
labels mean. A workbook that can't be opened is set aside; the others are read.

`portfolio/` holds workbooks of one known layout: a sheet "KPIs" with a title and notes,
then a table found by its labels, then notes again after a blank row. A company's name
is written once, in a cell merged over its rows. A file sent again under its name
replaces what it said before.

    headwater run 'key:"raw/portfolio_kpi__*"'
"""

from __future__ import annotations

from pipelines.spec import Cells, Check, Column, Csv, Excel, FileStream, Source

OBSERVATIONS = FileStream(
    name="observations",
    files=(
        "portfolio/**/*.xls",
        "portfolio/**/*.xlsx",
        "portfolio/**/*.xlsm",
        "portfolio/**/*.xlsb",
        "portfolio/**/*.ods",
    ),
    format=Excel(
        sheet="KPIs",
        header=("Company", "Metric", "Period end", "Value"),
        stop_at_blank=True,
        types="text",
    ),
    description="One row a company, metric, scenario and period, as the sheet says.",
    columns={
        "company": Column(type="VARCHAR", description="Company, as it calls itself."),
        "metric": Column(type="VARCHAR", description="Metric, as it calls it."),
        "unit": Column(type="VARCHAR", description="Currency, headcount, percent."),
        "scenario": Column(type="VARCHAR", description="Actual or Budget."),
        "period_end": Column(type="VARCHAR", description="Last day of the period."),
        "granularity": Column(type="VARCHAR", description="Month or Quarter."),
        "value": Column(type="VARCHAR", description="The value; n/a where not reported."),
        "comment": Column(type="VARCHAR", description="What the company adds."),
    },
    checks=(
        Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "company"}),
        Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "metric"}),
    ),
)

CELLS = FileStream(
    name="cells",
    files=(
        "reporting/**/*.xls",
        "reporting/**/*.xlsx",
        "reporting/**/*.xlsm",
        "reporting/**/*.xlsb",
        "reporting/**/*.ods",
    ),
    format=Cells(),
    mode="append",
    description="One row a filled cell of a company's workbook, as it stands there.",
    columns={
        "sheet": Column(type="VARCHAR", description="Name of the sheet."),
        "sheet_number": Column(type="BIGINT", description="Its place in the workbook, from 1."),
        "sheet_hidden": Column(type="BOOLEAN", description="Whether the sheet is hidden."),
        "cell": Column(type="VARCHAR", description="The cell, such as B4."),
        "row_number": Column(type="BIGINT", description="Its row, from 1."),
        "column_number": Column(type="BIGINT", description="Its column, from 1."),
        "kind": Column(type="VARCHAR", description="number, text, date, bool, error …"),
        "value": Column(type="VARCHAR", description="What the cell holds, as exact text."),
        "merged_to": Column(
            type="VARCHAR", description="Last cell of the range it is merged over."
        ),
        "number_format": Column(type="VARCHAR", description="How it is shown; of xlsx and xlsm."),
        "modified_at": Column(
            type="TIMESTAMPTZ", description="When the workbook says it was last saved."
        ),
    },
    checks=(
        Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "value"}),
    ),
)

LABELS = FileStream(
    name="labels",
    files=("reporting/labels.csv",),
    format=Csv(trim=True),
    description="One row a decision on a label of a company, written by a person.",
    columns={
        "company": Column(type="VARCHAR", description="The company's folder."),
        "label": Column(type="VARCHAR", description="The label as the workbook has it."),
        "metric": Column(type="VARCHAR", description="The metric's id, or ignore."),
        "sheet": Column(type="VARCHAR", description="Only on this sheet; empty for any."),
        "section": Column(type="VARCHAR", description="Only under this heading; empty for any."),
        "currency": Column(type="VARCHAR", description="Currency of the figures."),
        "scale": Column(type="VARCHAR", description="1000 where they are in thousands."),
        "sign": Column(type="VARCHAR", description="-1 where burn is written below zero."),
        "percent": Column(type="VARCHAR", description="share or points."),
        "decided_by": Column(type="VARCHAR", description="Who decided."),
        "decided_on": Column(type="VARCHAR", description="When, as written."),
    },
    personal=("decided_by",),
)

COMPANIES = FileStream(
    name="companies",
    files=("reporting/companies.csv",),
    format=Csv(trim=True),
    description="One row a company that owes the firm its figures.",
    columns={
        "company": Column(type="VARCHAR", description="The company's folder."),
        "name": Column(type="VARCHAR", description="Name, as the firm calls it."),
        "currency": Column(type="VARCHAR", description="Currency where its workbooks name none."),
        "year_ends": Column(type="VARCHAR", description="Last month of its financial year."),
        "granularity": Column(type="VARCHAR", description="month or quarter."),
        "first_period_end": Column(type="VARCHAR", description="Last day of the first period."),
        "due_days": Column(type="VARCHAR", description="Days after a period's end."),
        "metrics": Column(
            type="VARCHAR", description="Ids of the metrics it owes, with ; between."
        ),
    },
)

SOURCE = Source(
    name="portfolio_kpi",
    description="Key figures that portfolio companies report in workbooks.",
    owner="portfolio@headwater.example",
    licence="Confidential: belongs to the portfolio companies.",
    streams=(OBSERVATIONS, CELLS, LABELS, COMPANIES),
)
