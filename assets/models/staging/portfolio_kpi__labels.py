"""What people decided about companies' labels, typed; and what is wrong with a decision.

The file is kept by people: reporting/labels.csv. Whether a metric exists only the
vocabulary knows, hence Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipelines.finance.kpi.mapping import Decision
from pipelines.spec import Check, Column, Model

MODEL = Model(
    table="",
    description=(
        "One row a decision on a label of a company: which metric it is, or that it is of no "
        "interest, and what its workbooks leave open. It holds for all workbooks of the company."
    ),
    owner="portfolio@headwater.example",
    key=("source_file", "source_line"),
    columns={
        "company": Column(description="The company's folder below reporting/."),
        "label": Column(description="The label as the workbook has it."),
        "metric": Column(description="The metric's id, or ignore."),
        "sheet": Column(description="Only on this sheet; empty for any."),
        "section": Column(description="Only under this heading; empty for any."),
        "currency": Column(description="Currency of the figures, ISO 4217."),
        "scale": Column(description="What a figure is multiplied by: 1000 for thousands."),
        "sign": Column(description="-1 where burn or costs are written below zero, else 1."),
        "percent": Column(description="share (0.45 is 45 %) or points (45 is)."),
        "decided_by": Column(description="Who decided."),
        "faults": Column(description="What is wrong with it; then it isn't followed."),
        "source_file": Column(description="The file of decisions."),
        "source_line": Column(description="The line in it."),
    },
    inputs=("raw.portfolio_kpi__labels",),
    checks=(
        Check(
            expectation="expect_column_values_to_be_null",
            arguments={"column": "faults"},
            severity="warning",
            description="Every decision can be followed.",
        ),
    ),
)

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("company", "label", "metric", "sheet", "section")),
        ("currency", pa.string()),
        ("scale", pa.int64()),
        ("sign", pa.int64()),
        ("percent", pa.string()),
        ("decided_by", pa.string()),
        ("faults", pa.string()),
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
    ]
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a decision, in the order of the file."""
    rows = [_row(row) for row in inputs["raw.portfolio_kpi__labels"].to_pylist()]
    rows.sort(key=lambda row: (row["source_file"], row["source_line"]))
    return pa.Table.from_pylist(rows, _SCHEMA)


def _row(raw: Mapping[str, Any]) -> dict[str, Any]:
    faults = []
    numbers: dict[str, int | None] = {}
    for name in ("scale", "sign"):
        text = (raw[name] or "").strip()
        numbers[name] = int(text) if text.lstrip("-").isdigit() else None
        if text and numbers[name] is None:
            faults.append(f"The {name} must be a whole number; got “{text}”.")
    said = {
        name: (raw[name] or "").strip()
        for name in ("company", "label", "metric", "sheet", "section", "decided_by")
    }
    decision = Decision(
        company=said["company"],
        label=said["label"],
        metric=said["metric"],
        scale=numbers["scale"],
        sign=numbers["sign"],
        currency=(raw["currency"] or "").strip().upper() or None,
        percent=(raw["percent"] or "").strip().lower() or None,
    )
    return {
        **said,
        **numbers,
        "currency": decision.currency,
        "percent": decision.percent,
        "faults": " ".join(faults + decision.faults) or None,
        "source_file": raw["_file"],
        "source_line": raw["_line"],
    }
