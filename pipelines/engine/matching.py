"""Matching seen from the whole installation: which tables tell of organizations.

Belongs here: finding the inputs and starting a run. Does not belong here: matching.
A table takes part by its name, staging.<system>__org_records, and once it is there; so
a source that nobody set up is missed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.engine.core import Engine
from pipelines.flow import Progress, TableReport
from pipelines.matching.run import match_records, silent
from pipelines.matching.tables import XREF
from resources.warehouse import table_versions

ENDING = "__org_records"


def told_by(tables: Iterable[str]) -> list[str]:
    """The tables among these that tell of organizations."""
    return sorted(t for t in tables if t.startswith("staging.") and t.endswith(ENDING))


def match_organizations(
    engine: Engine, *, run_id: str, retrain: bool = False, progress: Progress = silent
) -> TableReport:
    """Bring core.org_xref up to date with all tables of org_records that are there.

    The status is `no files` where there is none yet. Raises what `match_records` does.
    """
    declared = told_by(engine.catalog.models)
    with engine.warehouse.read() as connection:
        inputs = sorted(table_versions(connection, set(declared)))
    if not inputs:
        note = f"No table staging.…{ENDING} is there yet, so there is nothing to match."
        return TableReport(XREF, "matched", "no files", notes=[note])
    return match_records(
        engine.warehouse, inputs, run_id=run_id, retrain=retrain, progress=progress
    )
