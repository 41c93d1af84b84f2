"""The steps of a run: one for each stream, one for each model.

A step calls the engine, runs the table's checks and tells Dagster what came of
it. A stream without any file fills no table; Dagster then skips what is
downstream. Belongs here: that order, and which errors are worth another try. Does not
belong here: how anything is loaded, built or checked.
"""

# Dagster reads the annotations of a step's context itself, so they must not be text.
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import dagster as dg

from pipelines.catalog import Catalog
from pipelines.catalog.catalog import stream_tables
from pipelines.engine.models import build_model, column_lineage
from pipelines.engine.streams import run_stream
from pipelines.errors import HeadwaterError, WarehouseBusy
from pipelines.expectations import checks_of
from pipelines.flow import ABSENT, Progress, TableReport
from pipelines.orchestration.keys import asset_key, step_name
from pipelines.orchestration.links import model_links, stream_links
from pipelines.orchestration.outcome import (
    Declared,
    checked,
    count_of_load,
    look,
    materialized,
    unchecked,
)
from pipelines.orchestration.session import Session
from pipelines.orchestration.specs import check_specs, model_spec, stream_specs
from pipelines.spec import Model, Source, Stream

Events = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]
BUSY_RETRIES = 4
BUSY_WAIT_S = 5.0


def stream_step(source: Source, stream: Stream) -> dg.AssetsDefinition:
    """The step that brings one stream's table, and its child tables, up to date."""
    tables = stream_tables(source.name, stream)
    declared = Declared(stream.columns, stream.key, checks_of(stream))

    @dg.multi_asset(
        name=step_name(tables[0]),
        specs=stream_specs(source, stream),
        check_specs=check_specs(tables[0], declared.checks),
        required_resource_keys={"session"},
    )
    def step(context: dg.AssetExecutionContext) -> Events:
        session: Session = context.resources.session

        def work(progress: Progress) -> TableReport:
            return run_stream(
                session.engine,
                source,
                stream,
                run_id=session.run_id,
                full_refresh=session.full_refresh,
                progress=progress,
            )

        report, results = fill(context, session, tables[0], work, declared)
        contents = look(session.engine.warehouse, tables[0], changed=_changed(report))
        if contents.types:
            links = stream_links(session, source, stream, report)
            yield materialized(report, contents, declared, links=links)
        for child in tables[1:]:
            yield from _child(session, report, child)
        yield from results

    return step


def model_step(model: Model, catalog: Catalog) -> dg.AssetsDefinition:
    """The step that builds one model, behind everything that it reads."""
    declared = Declared(model.columns, model.key, checks_of(model))

    @dg.multi_asset(
        name=step_name(model.table),
        specs=[model_spec(model, catalog.upstream(model.table))],
        check_specs=check_specs(model.table, declared.checks),
        required_resource_keys={"session"},
    )
    def step(context: dg.AssetExecutionContext) -> Events:
        session: Session = context.resources.session

        def work(progress: Progress) -> TableReport:
            return build_model(
                session.engine.warehouse,
                model,
                run_id=session.run_id,
                full_refresh=session.full_refresh,
                progress=progress,
            )

        report, results = fill(context, session, model.table, work, declared)
        yield materialized(
            report,
            look(session.engine.warehouse, model.table, changed=_changed(report)),
            declared,
            links=model_links(session, model),
            lineage=None if report.status == "unchanged" else _lineage(session, model, catalog),
        )
        yield from results

    return step


def fill(
    context: dg.AssetExecutionContext,
    session: Session,
    table: str,
    work: Callable[[Progress], TableReport],
    declared: Declared,
) -> tuple[TableReport, list[dg.AssetCheckResult]]:
    """Do the work that fills a table, run the table's checks, and note both in the session."""
    began = time.monotonic()
    with _told(context, session, table):
        report = session.fill(table, work)
        if report.status in ABSENT:
            reports = unchecked(table, declared.checks)
        else:
            reports = session.check(table, declared.checks, declared.key)
        report.seconds = time.monotonic() - began
        session.done(report, reports)
        return report, [checked(check) for check in reports]


@contextmanager
def _told(context: dg.AssetExecutionContext, session: Session, table: str) -> Iterator[None]:
    """Errors as Dagster should see them, noted in the run's record as well."""
    try:
        yield
    except WarehouseBusy as error:
        if context.retry_number < BUSY_RETRIES:
            wait = BUSY_WAIT_S * 2**context.retry_number
            raise dg.RetryRequested(max_retries=BUSY_RETRIES, seconds_to_wait=wait) from error
        _fail(session, table, error)
    except HeadwaterError as error:
        _fail(session, table, error)
    except Exception as error:
        session.failed(table, error)
        raise


def _fail(session: Session, table: str, error: HeadwaterError) -> NoReturn:
    problem = session.failed(table, error)
    raise dg.Failure(
        description=problem.message,
        metadata={"table": table, "kind": problem.kind},
        allow_retries=False,
    ) from None


def _changed(report: TableReport) -> bool:
    return report.status not in ("unchanged", *ABSENT)


def _child(session: Session, parent: TableReport, table: str) -> Events:
    contents = look(session.engine.warehouse, table, changed=_changed(parent))
    note = f"Filled together with {parent.table}."
    report = TableReport(table, "unnest", parent.status, load_id=parent.load_id, notes=[note])
    if parent.status == "loaded":
        # In the other modes the rows of earlier loads stay, so only this load's are counted.
        whole = parent.mode == "replace" or parent.load_id is None
        report.rows_read = report.rows_loaded = (
            contents.rows
            if whole
            else count_of_load(session.engine.warehouse, table, str(parent.load_id))
        )
    session.done(report)
    if contents.types:
        yield materialized(report, contents, Declared({}, (), ()), links={})


def _lineage(session: Session, model: Model, catalog: Catalog) -> dg.TableColumnLineage | None:
    """Column → the columns it is made from, where the SQL says it."""
    columns = column_lineage(session.engine.warehouse, model)
    if not columns:
        return None
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key=asset_key(table), column_name=name)
                for table, name in sorted(origins)
                if table in catalog.tables()
            ]
            for column, origins in columns.items()
        }
    )
