"""Portfolio companies' KPI workbooks, as they mail them each quarter.

A workbook has a sheet "KPIs": a title and notes, then a table found by its
labels, then notes again after a blank row. A company's name is written once,
in a cell merged over its rows. A file sent again under its name replaces what
it said before.

    headwater run 'key:"raw/portfolio_kpi__*"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, Excel, FileStream, Source

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

SOURCE = Source(
    name="portfolio_kpi",
    description="Key figures that portfolio companies report in workbooks.",
    owner="portfolio@headwater.example",
    licence="Confidential: belongs to the portfolio companies.",
    streams=(OBSERVATIONS,),
)
