"""Several loads of one table in one report.

Belongs here: adding up what loads of the same run did. Does not belong here: what a
report is (`pipelines.flow`), or showing one.
"""

from __future__ import annotations

from dataclasses import fields, replace

from pipelines.flow import ABSENT, TableReport


def joined(earlier: TableReport, report: TableReport) -> TableReport:
    """Both loads of this run in one report; the counts add up."""
    if report.status in ("unchanged", *ABSENT):
        earlier.notes += report.notes
        return earlier
    sums = {
        field.name: getattr(earlier, field.name) + getattr(report, field.name)
        for field in fields(TableReport)
        if field.name.startswith("rows_")
    }
    return replace(report, **sums, notes=earlier.notes + report.notes)
