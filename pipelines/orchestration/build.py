"""Everything that Dagster runs, made from what the catalog declares.

Belongs here: putting the parts together, with overrides for tests and for the
command. Does not belong here: any one part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from pipelines.catalog import Catalog
from pipelines.catalog.load import load_catalog
from pipelines.engine import Engine
from pipelines.engine.matching import told_by
from pipelines.orchestration.custom import custom_assets
from pipelines.orchestration.filedrop import file_drop_sensor
from pipelines.orchestration.instance import lease
from pipelines.orchestration.janitor import abandoned_runs_sensor
from pipelines.orchestration.keys import table_of
from pipelines.orchestration.matching import matching_step
from pipelines.orchestration.nightly import nightly_job, nightly_schedule
from pipelines.orchestration.rules import rule_check
from pipelines.orchestration.session import Observer, Session, Silent
from pipelines.orchestration.steps import model_step, stream_step
from resources.settings import Settings, load_settings
from resources.warehouse import Warehouse


def read_catalog(settings: Settings) -> Catalog:
    """What is declared for this installation; DeclarationError says all that is wrong."""
    return load_catalog(settings.assets, cache=settings.home / "cache")


def build_definitions(
    settings: Settings | None = None,
    catalog: Catalog | None = None,
    *,
    observer: Observer | None = None,
    warehouse: Warehouse | None = None,
) -> dg.Definitions:
    """Assets, checks, jobs, schedules and sensors of this installation.

    What is not passed is read: settings from the environment, the catalog and
    custom assets from their folders. Raises ConfigurationError.
    """
    settings = settings or load_settings()
    catalog = catalog if catalog is not None else read_catalog(settings)
    others = custom_assets(catalog.custom)
    engine = Engine(settings, catalog, warehouse=warehouse)
    steps = list(_steps(catalog))
    rules = [rule_check(rule, catalog) for rule in catalog.rules.values()]
    job = nightly_job()
    return dg.Definitions(
        assets=[*steps, *(each for each in others if each.keys)],
        asset_checks=[*rules, *(each for each in others if not each.keys)],
        jobs=[job],
        schedules=[nightly_schedule(job)],
        sensors=[
            file_drop_sensor(catalog, engine.store, job),
            abandoned_runs_sensor(settings),
        ],
        resources={
            "session": _session(engine, _places(steps), observer or Silent()),
            "warehouse": engine.warehouse,
        },
        executor=dg.in_process_executor,
    )


def _steps(catalog: Catalog) -> Iterator[dg.AssetsDefinition]:
    for source, stream in catalog.streams():
        yield stream_step(source, stream)
    for model in catalog.models.values():
        yield model_step(model, catalog)
    if told_by(catalog.models):
        yield matching_step(catalog)


def _places(steps: Sequence[dg.AssetsDefinition]) -> dict[str, str]:
    """Table → the step that fills it, in the order of the catalog."""
    return {table_of(key): step.node_def.name for step in steps for key in step.keys}


def planned_tables(run: dg.DagsterRun | None, places: Mapping[str, str]) -> list[str]:
    """The tables that a run means to fill; a repeated run may take up only some steps."""
    selected = {table_of(key) for key in run.asset_selection or ()} if run else set()
    steps = set(run.step_keys_to_execute or ()) if run else set()
    return [
        table
        for table, step in places.items()
        if (not selected or table in selected) and (not steps or step in steps)
    ]


def _session(
    engine: Engine, places: Mapping[str, str], observer: Observer
) -> dg.ResourceDefinition:
    schema = {
        "full_refresh": dg.Field(
            bool,
            default_value=False,
            description="Read every file and rebuild every model, changed or not.",
        )
    }

    @dg.resource(config_schema=schema, description="The engine, and the record of this run.")
    def session(context: dg.InitResourceContext) -> Iterator[Session]:
        run = context.run
        run_id = run.run_id if run else "unsaved"
        with lease(engine.settings, run_id):
            opened = Session(
                engine,
                run_id,
                planned_tables(run, places),
                full_refresh=context.resource_config["full_refresh"],
                observer=observer,
            )
            try:
                yield opened
            finally:
                opened.close()

    return session
