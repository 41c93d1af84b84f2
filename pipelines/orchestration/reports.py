"""Where a run's reports lie, and writing them: JSON for programs, HTML for people.

Belongs here: the files below <home>/reports. Does not belong here: what the HTML
looks like (quality), or what is in the JSON (`summary`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from pipelines.load.quarantine import list_quarantine, show_quarantine
from pipelines.orchestration.summary import RunReport
from pipelines.quality import write_report
from resources.settings import Settings
from resources.warehouse import Warehouse

SAMPLE_ROWS = 5


def html_path(settings: Settings, run_id: str) -> Path:
    """The page that shows a run's checks with their failing rows."""
    return settings.reports / f"{run_id}.html"


def json_path(settings: Settings, run_id: str) -> Path:
    """The run as JSON, in the shape that `headwater run --json` writes."""
    return settings.reports / f"{run_id}.json"


def keep(report: RunReport, warehouse: Warehouse, settings: Settings) -> None:
    """Write both reports; each file is complete or does not exist."""
    settings.reports.mkdir(parents=True, exist_ok=True)
    page = report.in_full() | {"quarantine": _quarantine(report, warehouse)}
    write_report(html_path(settings, report.run_id), page)
    target = json_path(settings, report.run_id)
    draft = target.with_name(f".{target.name}.draft")
    draft.write_bytes(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    draft.replace(target)


def _quarantine(report: RunReport, warehouse: Warehouse) -> list[dict[str, Any]]:
    """For each reason that rows were set aside in this run: how many, and a few of them."""
    tables = {table.table for table in report.tables if table.rows_quarantined}
    if not tables:
        return []
    with warehouse.read() as connection:
        held = [item for item in list_quarantine(connection) if item.table in tables]
        samples = {table: show_quarantine(connection, table, SAMPLE_ROWS) for table in tables}
    return [
        {
            "table": item.table,
            "reason": item.example,
            "rows": item.rows,
            "sample": samples.pop(item.table, []),
        }
        for item in held
    ]
