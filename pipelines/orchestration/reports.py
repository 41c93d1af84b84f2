"""Where a run's reports lie, and writing them: JSON for programs, HTML for people.

Belongs here: the files below <home>/reports. Does not belong here: what the HTML
looks like (quality), or what is in the JSON (`summary`).
"""

from __future__ import annotations

from pathlib import Path

import orjson

from pipelines.orchestration.summary import RunReport
from pipelines.quality import html_report
from resources.settings import Settings


def html_path(settings: Settings, run_id: str) -> Path:
    """The page that shows a run's checks with their failing rows."""
    return settings.reports / f"{run_id}.html"


def json_path(settings: Settings, run_id: str) -> Path:
    """The run as JSON, in the shape that `headwater run --json` writes."""
    return settings.reports / f"{run_id}.json"


def keep(report: RunReport, settings: Settings) -> None:
    """Write both reports; each file is complete or does not exist."""
    settings.reports.mkdir(parents=True, exist_ok=True)
    page = html_report(
        {
            **report.as_dict(),
            "tables": [table.as_dict() for table in report.tables],
            "checks": [check.as_dict() for check in report.checks],
        }
    )
    _write(html_path(settings, report.run_id), page.encode())
    values = orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2)
    _write(json_path(settings, report.run_id), values + b"\n")


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
