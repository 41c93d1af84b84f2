"""One run of one stream: what is new, into a package, into the warehouse.

Belongs here: the order of extract, landing and load, and what a killed run left
behind. Does not belong here: any one of these steps.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, fields, replace

import orjson

from pipelines.engine.core import Engine
from pipelines.errors import FileRefused, PackageDamaged, SourceError, WarehouseError
from pipelines.extract.discover import Plan, plan
from pipelines.extract.read import read_file
from pipelines.flow import Progress, SourceFile, StreamState, TableReport
from pipelines.load.attach import lake_folder, remove_orphans
from pipelines.load.commit import commit_abandoned, commit_package, commit_state, ensure_tables
from pipelines.load.landing import Landing, Package
from pipelines.load.manifest import Rules
from pipelines.load.records import read_state, recorded_loads
from pipelines.load.writer import Aim, PackageWriter
from pipelines.naming import NameMap
from pipelines.spec import FileStream, Source, raw_table

_NOT_READING = ("description", "checks")
"""Parts of a declaration that change nothing in what is read."""


def run_stream(
    engine: Engine,
    source: Source,
    stream: FileStream,
    *,
    run_id: str,
    full_refresh: bool = False,
    progress: Progress | None = None,
) -> TableReport:
    """Bring one raw table up to date with its files.

    The status is `loaded`, `unchanged` (nothing was new, nothing was committed)
    or `no files`. Raises SourceError, ContractViolation, WarehouseError; the
    table is then as it was before.
    """
    started = time.monotonic()
    table = raw_table(source.name, stream.name)
    landing = Landing(engine.settings.landing, source.name, stream.name)
    found = _recover(engine, landing, table, stream, run_id)
    with engine.warehouse.read() as connection:
        state = read_state(connection, table)
    todo = plan(
        stream,
        engine.store,
        state,
        declaration=declaration_hash(stream),
        full_refresh=full_refresh,
    )
    report = TableReport(table, stream.mode, "unchanged")
    if todo.to_read:
        package = _extract(engine, landing, source, stream, state, todo, progress)
        report = commit_package(engine.warehouse, package, stream, run_id=run_id)
    elif todo.empty:
        report.status = "no files"
        ensure_tables(engine.warehouse, source.name, stream)
    else:
        after = replace(state, files=todo.files_after({}))
        if after != state:
            commit_state(engine.warehouse, table, state, after)
            report.notes.append(_files_note(todo))
    for earlier in found:
        report = _joined(earlier, report)
    report.seconds = time.monotonic() - started
    return report


def declaration_hash(stream: FileStream) -> str:
    """sha256 over everything declared that changes what is read or how it is kept."""
    said = asdict(stream) | {"format_kind": type(stream.format).__name__}
    for name in _NOT_READING:
        said.pop(name)
    said["columns"] = {name: column.type for name, column in stream.columns.items()}
    text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()


def _extract(
    engine: Engine,
    landing: Landing,
    source: Source,
    stream: FileStream,
    state: StreamState,
    todo: Plan,
    progress: Progress | None,
) -> Package:
    """Read the planned files into one package."""
    names = NameMap(state.names)
    aim = Aim(
        source=source.name,
        stream=stream.name,
        table=raw_table(source.name, stream.name),
        rules=Rules.of(stream),
        kind="reload" if todo.reload else "load",
        complete=not todo.unchanged,
        before=state,
    )
    told = _Progress(progress, f"reading {aim.table}", sum(file.size for file in todo.to_read))
    try:
        with PackageWriter(landing, aim) as writer:
            for file in todo.to_read:
                _read(engine, stream, file, names, writer, told)
            hashes = writer.finish()
            after = StreamState(
                files=todo.files_after(hashes),
                names=names.as_dict(),
                declaration=declaration_hash(stream),
            )
            return writer.seal(after)
    except OSError as error:
        raise WarehouseError(
            f"The files of {aim.table} could not be kept in {landing.folder}: {error}. Nothing "
            "was loaded. If the disk is full, free some space; then run again."
        ) from error


def _read(
    engine: Engine,
    stream: FileStream,
    file: SourceFile,
    names: NameMap,
    writer: PackageWriter,
    told: _Progress,
) -> None:
    try:
        with writer.tee(file) as keep:

            def tee(data: bytes) -> None:
                keep(data)
                told.more(len(data))

            for chunk in read_file(stream, file, engine.store, names, tee):
                writer.write(chunk)
    except FileRefused as error:
        if stream.mode == "replace":
            # Without this file the table would lose rows that it rightly holds.
            raise SourceError(
                f"{error} The table is left as it was, because it is to hold all files of the "
                "stream or none."
            ) from error
        writer.refuse(file, error)


class _Progress:
    """Tells how many bytes of all files were read."""

    def __init__(self, progress: Progress | None, what: str, total: int) -> None:
        self._progress = progress
        self._what = what
        self._total = total
        self._done = 0

    def more(self, count: int) -> None:
        self._done += count
        if self._progress:
            self._progress(self._what, self._done, self._total)


def _recover(
    engine: Engine, landing: Landing, table: str, stream: FileStream, run_id: str
) -> list[TableReport]:
    """Finish or abandon what runs before this one left between package and commit."""
    cleared = landing.clear_drafts()
    packages = landing.packages()
    with engine.warehouse.read() as connection:
        recorded = recorded_loads(connection, table)
    pending = [package for package in packages if package.load_id not in recorded]
    reports = []
    for package in pending:
        with engine.warehouse.read() as connection:
            state = read_state(connection, table)
        reason = _reason_to_abandon(package, state)
        if reason is None:
            report = commit_package(engine.warehouse, package, stream, run_id=run_id)
            report.notes.append(f"The package {package.load_id} of an earlier run was committed.")
            reports.append(report)
        else:
            commit_abandoned(engine.warehouse, package, table, run_id=run_id, reason=reason)
    folder = lake_folder(engine.warehouse.address, table)
    if folder is not None and (cleared or pending):
        with engine.warehouse.read() as connection:
            remove_orphans(connection, folder)
    return reports


def _reason_to_abandon(package: Package, state: StreamState) -> str | None:
    try:
        package.verify()
    except PackageDamaged as error:
        return str(error)
    if package.manifest.before != state:
        return "The table has moved on since this package was made; its files are read again."
    return None


def _files_note(todo: Plan) -> str:
    said = [f"{old} is now {new}" for old, new in todo.renamed]
    said += [f"{path} is gone" for path in todo.removed]
    return "; ".join(said) or "Files were touched, but hold what they held."


def _joined(earlier: TableReport, report: TableReport) -> TableReport:
    """Both loads of this run in one report; the counts add up."""
    if report.status in ("unchanged", "no files"):
        earlier.notes += report.notes
        return earlier
    sums = {
        field.name: getattr(earlier, field.name) + getattr(report, field.name)
        for field in fields(TableReport)
        if field.name.startswith("rows_")
    }
    return replace(report, **sums, notes=earlier.notes + report.notes)
