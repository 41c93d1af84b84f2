"""The one transaction that brings a package into the warehouse.

Belongs here: what is in that transaction, what is checked before it commits,
and the report. Does not belong here: how rows are written (`steps`, `modes`).

Rows, rows set aside, the load's record and the stream's state are committed
together. So a crash leaves the state before or the state after, and a package
whose load is not recorded was not loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import duckdb

from pipelines.errors import WarehouseBusy, WarehouseError
from pipelines.failpoints import failpoint
from pipelines.flow import StreamState, TableReport
from pipelines.load.columns import HISTORY_TYPES, SYSTEM_TYPES, UNKNOWN, physical
from pipelines.load.evolve import describe, evolve
from pipelines.load.ids import made_at
from pipelines.load.landing import Package
from pipelines.load.manifest import Manifest
from pipelines.load.quarantine import ensure_quarantine, forget, set_aside, take_out
from pipelines.load.records import (
    LoadRecord,
    read_state,
    record_load,
    recorded_loads,
    write_state,
)
from pipelines.load.steps import Change
from pipelines.load.unnest import child_of
from pipelines.spec import Stream, raw_table
from resources.warehouse import (
    Committed,
    Connection,
    LakeAddress,
    Warehouse,
    all_columns,
    begin,
)


def commit_package(
    warehouse: Warehouse, package: Package, stream: Stream, *, run_id: str
) -> TableReport:
    """Bring a package into its table, or leave everything as it was.

    Raises ContractViolation when a frozen stream changed, WarehouseBusy when
    another run loaded this stream meanwhile, WarehouseError when the lake or
    the disk refuses.
    """
    manifest = package.manifest
    stream = manifest.rules.restore(stream)
    changes: list[Change] = []

    def prepare(connection: Connection) -> None:
        begin(connection)
        changes[:] = [_decide(connection, package, stream, warehouse.address)]
        connection.execute("COMMIT")

    def work(tx: Connection) -> TableReport:
        return _apply(tx, changes[0], run_id)

    message = f"load {manifest.load_id} into {manifest.table}"
    extra = {"load_id": manifest.load_id, "table": manifest.table, "run_id": run_id}
    done = guarded(
        warehouse, lambda: warehouse.commit(work, message=message, extra=extra, prepare=prepare)
    )
    failpoint("after_commit")
    report: TableReport = done.value
    report.snapshot = done.snapshot
    return report


def _apply(tx: Connection, change: Change, run_id: str) -> TableReport:
    manifest = change.package.manifest
    before = read_state(tx, manifest.table)
    _check_turn(tx, manifest, before)
    report = write_package(tx, change, before)
    describe(tx, manifest.table, change.stream, manifest.after.names)
    failpoint("mid_commit")
    record_load(tx, _record(manifest, run_id), report)
    return report


def write_package(tx: Connection, change: Change, before: StreamState) -> TableReport:
    """Rows, rows set aside and the new state; also used to replay a package."""
    manifest = change.package.manifest
    ensure_quarantine(tx, manifest.table)
    change.apply(tx)
    aside = _set_aside(tx, change)
    write_state(tx, manifest.table, _state_after(change, before), manifest.load_id)
    return _report(change, aside)


def commit_state(warehouse: Warehouse, table: str, before: StreamState, after: StreamState) -> None:
    """Remember renamed, touched or removed files, where there is nothing to load."""

    def work(tx: Connection) -> None:
        _check_state(table, before, read_state(tx, table))
        write_state(tx, table, after, None)

    guarded(warehouse, lambda: warehouse.commit(work, message=f"remember the files of {table}"))


def commit_abandoned(
    warehouse: Warehouse, package: Package, table: str, *, run_id: str, reason: str
) -> None:
    """Record that a package is not to be loaded, because its moment has passed."""

    def work(tx: Connection) -> None:
        if package.load_id not in recorded_loads(tx, table):
            report = TableReport(table, "", "skipped", notes=[reason])
            record_load(tx, _abandoned_record(package, run_id), report)

    message = f"abandon {package.load_id} of {table}"
    guarded(warehouse, lambda: warehouse.commit(work, message=message))


def ensure_tables(warehouse: Warehouse, source: str, stream: Stream) -> bool:
    """Create a stream's tables with what is declared if they are absent; whether so.

    A column without a declared type is text, so that models can run on nothing.
    """
    table = raw_table(source, stream.name)
    if table in warehouse.known(all_columns):
        return False
    declared = {name: column.type or UNKNOWN for name, column in stream.columns.items()}
    dropped = {item.column for item in stream.unnest if item.drop}
    own = {name: physical(kind) for name, kind in declared.items() if name not in dropped}
    more = HISTORY_TYPES if stream.mode == "history" else {}

    def work(tx: Connection) -> None:
        ensure_quarantine(tx, table)
        evolve(tx, table, own | SYSTEM_TYPES | more)
        for item in stream.unnest:
            child = child_of(item, declared, table)
            evolve(tx, raw_table(source, item.into), child.columns | more)
        describe(tx, table, stream, {})

    guarded(warehouse, lambda: warehouse.commit(work, message=f"create {table}, empty"))
    return True


def guarded(warehouse: Warehouse, commit: Callable[[], Committed]) -> Committed:
    """Run a commit and tell the lake's own errors in Headwater's words."""
    try:
        return commit()
    except (duckdb.Error, OSError) as error:
        said = warehouse.address.hide(str(error)).strip()
        raise WarehouseError(
            f"The lake at {warehouse.address.files} refused a commit: {said}. Nothing was "
            "committed and every table is as it was. If the disk is full, free some space; then "
            "run again."
        ) from error


def _decide(
    connection: Connection, package: Package, stream: Stream, address: LakeAddress
) -> Change:
    state = read_state(connection, package.manifest.table)
    _check_turn(connection, package.manifest, state)
    return Change.of(connection, address, package, stream, state)


def _check_turn(connection: Connection, manifest: Manifest, state: StreamState) -> None:
    if manifest.load_id in recorded_loads(connection, manifest.table):
        raise WarehouseBusy(
            f"The package {manifest.load_id} of {manifest.table} was dealt with by another run. "
            "Nothing was written twice; run again to see what is left to do."
        )
    _check_state(manifest.table, manifest.before, state)


def _check_state(table: str, expected: StreamState, found: StreamState) -> None:
    if expected != found:
        raise WarehouseBusy(
            f"Another run has loaded {table} since this one looked at its files. Nothing was "
            "written; run again."
        )


def _set_aside(tx: Connection, change: Change) -> int:
    """Bring the quarantine table up to date; how many records were set aside.

    What was set aside of files that are read again is superseded. A release
    takes out what it holds; what fits no better than before just stays there.
    """
    manifest, staged = change.package.manifest, change.staged
    if manifest.kind == "release":
        take_out(tx, manifest.table, change.released, manifest.released_files)
        return set_aside(tx, change.package, None)
    files = None if manifest.kind == "reload" else [file.path for file in manifest.files]
    forget(tx, manifest.table, files)
    return set_aside(tx, change.package, staged.misfits)


def _report(change: Change, aside: int) -> TableReport:
    manifest, staged = change.package.manifest, change.staged
    still = staged.misfit if manifest.kind == "release" else 0
    report = TableReport(
        manifest.table,
        change.stream.mode,
        "loaded",
        rows_read=manifest.counts.read - still,
        rows_loaded=staged.rows,
        rows_quarantined=aside,
        rows_blank=manifest.counts.blank,
        rows_duplicate=staged.duplicate,
        rows_repeated=staged.repeated,
        load_id=manifest.load_id,
        notes=list(change.notes),
    )
    counted = staged.rows + aside + manifest.counts.blank + staged.duplicate
    if report.rows_read != counted:
        raise WarehouseError(
            f"The load {manifest.load_id} of {manifest.table} read {report.rows_read} records, but "
            f"{staged.rows} loaded, {aside} quarantined, {manifest.counts.blank} blank and "
            f"{staged.duplicate} duplicate make {counted}. Nothing was committed. This is a fault "
            "in Headwater: please report it."
        )
    return report


def _record(manifest: Manifest, run_id: str) -> LoadRecord:
    return LoadRecord(
        load_id=manifest.load_id,
        kind=manifest.kind,
        status="committed",
        created_at=manifest.created,
        declaration=manifest.after.declaration,
        files=len(manifest.files),
        run_id=run_id,
    )


def _state_after(change: Change, before: StreamState) -> StreamState:
    """The package's files and names, with the types that the table now has."""
    after = change.package.manifest.after
    return replace(after, columns={**before.columns, **change.settled.columns})


def _abandoned_record(package: Package, run_id: str) -> LoadRecord:
    """The record of a package that may not even have a readable manifest."""
    return LoadRecord(
        load_id=package.load_id,
        kind="",
        status="abandoned",
        created_at=made_at(package.load_id),
        declaration="",
        files=0,
        run_id=run_id,
    )
