"""One run of one stream of files: what is new, into a package, into the warehouse.

Belongs here: the order of discovery, reading, landing and load. Does not belong
here: any one of these steps, or what a killed run left behind (`recover`).
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.engine.core import Engine
from pipelines.engine.declared import declaration_hash
from pipelines.errors import FileRefused, NotConfigured, SourceError, WarehouseError
from pipelines.extract.discover import Plan, plan
from pipelines.extract.read import read_file
from pipelines.flow import Progress, SourceFile, StreamState, TableReport
from pipelines.load.commit import commit_package, commit_state, ensure_tables
from pipelines.load.landing import Landing, Package
from pipelines.load.manifest import Rules
from pipelines.load.writer import Aim, PackageWriter
from pipelines.naming import NameMap
from pipelines.spec import FileStream, Source, raw_table
from resources.files import FileStore


def load_files(
    engine: Engine,
    landing: Landing,
    source: Source,
    stream: FileStream,
    state: StreamState,
    *,
    run_id: str,
    full_refresh: bool,
    progress: Progress | None,
) -> TableReport:
    """Read the files that are new or changed; what became of them.

    The status is `loaded`, `unchanged` (nothing was new), `no files`, or `not
    configured` when a person has yet to give a setting of the folder elsewhere.
    """
    table = raw_table(source.name, stream.name)
    try:
        store = engine.store_of(source)
    except NotConfigured as error:
        ensure_tables(engine.warehouse, source.name, stream)
        return TableReport(table, stream.mode, "not configured", notes=[str(error)])
    todo = plan(
        stream,
        store,
        state,
        declaration=declaration_hash(stream),
        full_refresh=full_refresh,
    )
    report = TableReport(table, stream.mode, "unchanged")
    if todo.to_read:
        package = _extract(engine, landing, source, stream, state, todo, progress)
        return commit_package(engine.warehouse, package, stream, run_id=run_id)
    if todo.empty:
        report.status = "no files"
        ensure_tables(engine.warehouse, source.name, stream)
        return report
    after = replace(state, files=todo.files_after({}))
    if after != state:
        commit_state(engine.warehouse, table, state, after)
        report.notes.append(_files_note(todo))
    return report


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
    store = engine.store_of(source)
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
                _read(store, stream, file, names, writer, told)
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
    store: FileStore,
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

            for chunk in read_file(stream, file, store, names, tee):
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


def _files_note(todo: Plan) -> str:
    said = [f"{old} is now {new}" for old, new in todo.renamed]
    said += [f"{path} is gone" for path in todo.removed]
    return "; ".join(said) or "Files were touched, but hold what they held."
