"""The step that matches organizations, behind every table that tells of them.

Belongs here: its place in the run. Does not belong here: matching. Dagster skips a step
when anything that it depends on is skipped, and a source that nobody set up is always
skipped; so the step depends on none of its inputs, and its low priority lets it wait
until no other step can be run. What reads core.org_xref depends on it as on any table.
"""

# Dagster reads the annotations of a step's context itself, so they must not be text.
import dagster as dg

from pipelines.catalog import Catalog
from pipelines.engine.matching import match_organizations, told_by
from pipelines.flow import Progress, TableReport
from pipelines.matching.tables import ALIAS, XREF
from pipelines.orchestration.keys import asset_key, step_name
from pipelines.orchestration.outcome import Declared, look, materialized
from pipelines.orchestration.session import Session
from pipelines.orchestration.steps import Events, fill

_ABOUT = {
    XREF: "Record of a source → organization, with the score by which it belongs there and "
    "since when. Each record has one row without an end.",
    ALIAS: "Ids of organizations that ended by a merge, or whose records another took by a split.",
}
_OWNER = "data@headwater.example"
LAST = {"dagster/priority": "-1000"}


def matching_step(catalog: Catalog) -> dg.AssetsDefinition:
    """The step that brings core.org_xref and core.org_alias up to date."""
    inputs = ", ".join(told_by(catalog.models))

    @dg.multi_asset(
        name=step_name(XREF),
        specs=[
            dg.AssetSpec(
                key=asset_key(table),
                skippable=True,
                description=about,
                group_name="core",
                owners=[_OWNER],
                kinds={"duckdb", "python"},
                tags={"layer": "core", "materialized": "matched"},
                metadata={"dagster/table_name": table, "reads": inputs},
            )
            for table, about in _ABOUT.items()
        ],
        op_tags=LAST,
        required_resource_keys={"session"},
    )
    def step(context: dg.AssetExecutionContext) -> Events:
        session: Session = context.resources.session

        def work(progress: Progress) -> TableReport:
            return match_organizations(
                session.engine,
                run_id=session.run_id,
                retrain=session.full_refresh,
                progress=progress,
            )

        nothing = Declared({}, (), ())
        report, _ = fill(context, session, XREF, work, nothing)
        alias = TableReport(ALIAS, report.mode, report.status, notes=[f"Filled with {XREF}."])
        session.done(alias)
        for each in (report, alias):
            contents = look(session.engine.warehouse, each.table)
            if contents.types:
                yield materialized(each, contents, nothing, links={})

    return step
