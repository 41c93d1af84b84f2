"""One run of one stream that a system is asked for: answers into packages, committed.

Belongs here: what is asked again, when a package is full, when nothing was new.
Does not belong here: asking (extract's readers), landing, load.

A stream that is read by a cursor is committed package by package, each with the
state that its last answer carried, so a run that is killed loses at most what came
behind it. A stream that is read whole is one package: its table is exchanged at once
or not at all.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any, Self, cast

import orjson
import pyarrow as pa

from pipelines.engine.core import Engine
from pipelines.engine.declared import declaration_hash
from pipelines.engine.reports import joined
from pipelines.errors import NotConfigured, WarehouseError
from pipelines.extract.pulled import decode
from pipelines.failpoints import failpoint
from pipelines.flow import (
    Chunk,
    Progress,
    Pulled,
    RecordList,
    SourceFile,
    StreamState,
    TableReport,
    Tee,
)
from pipelines.hashing import blake3
from pipelines.load.commit import commit_package, commit_state, ensure_tables
from pipelines.load.landing import Landing, Package
from pipelines.load.manifest import Rules
from pipelines.load.news import brings_news
from pipelines.load.records import known_state
from pipelines.load.writer import Aim, PackageWriter
from pipelines.naming import NameMap
from pipelines.spec import PulledStream, Source, raw_table

_PACKAGE_BYTES = 512 << 20
_PACKAGE_S = 300.0
_HASHED_BYTES = 64 << 20


def load_pulled(
    engine: Engine,
    landing: Landing,
    source: Source,
    stream: PulledStream,
    state: StreamState,
    *,
    run_id: str,
    full_refresh: bool,
    progress: Progress | None,
) -> TableReport:
    """Ask for what is new and commit it; what became of it.

    The status is `loaded`, `unchanged`, or `not configured` when a person has yet to
    give a setting; the note then names it.
    """
    pull = _Pull(engine, landing, source, stream, state, run_id, full_refresh=full_refresh)
    try:
        reader = engine.reader(source)
        with closing(cast("Any", reader.read(stream, pull.cursor))) as answers:
            return pull.run(answers, progress)
    except NotConfigured as error:
        ensure_tables(engine.warehouse, source.name, stream)
        table = raw_table(source.name, stream.name)
        return TableReport(table, stream.mode, "not configured", notes=[str(error)])


class _Pull:
    """The work of one run: packages opened, filled, and committed in turn."""

    def __init__(
        self,
        engine: Engine,
        landing: Landing,
        source: Source,
        stream: PulledStream,
        state: StreamState,
        run_id: str,
        *,
        full_refresh: bool,
    ) -> None:
        self._engine, self._landing, self._run_id = engine, landing, run_id
        self._source, self._stream = source, stream
        self._table = raw_table(source.name, stream.name)
        self._anew = full_refresh or stream.mode == "replace"
        self._at_once = self._anew or stream.mode == "history"
        self._state = state
        self.cursor: dict[str, Any] = {} if self._anew else dict(state.cursor)
        self._complete = not self.cursor
        self._names = NameMap(state.names)
        self._reports: list[TableReport] = []

    def run(self, answers: Iterator[Pulled], progress: Progress | None) -> TableReport:
        """Take every answer; commit when a package is full, and at the end."""
        done = 0
        filling = _Filling(self._landing, self._aim())
        try:
            for answer, chunk in decode(answers, self._stream, self._names, self._table):
                failpoint("mid_page")
                filling.take(answer, chunk)
                if answer.state is not None:
                    self.cursor = dict(answer.state)
                    if filling.is_full and not self._at_once:
                        self._commit(filling)
                        filling = _Filling(self._landing, self._aim())
                done += chunk.read
                if progress:
                    progress(f"reading {self._table}", done, None)
            self._finish(filling)
        except OSError as error:
            raise WarehouseError(
                f"The answers of {self._table} could not be kept in {self._landing.folder}: "
                f"{error}. Nothing that isn't committed yet was loaded. If the disk is full, free "
                "some space; then run again."
            ) from error
        finally:
            filling.close()
        report = self._reports[0]
        for later in self._reports[1:]:
            report = joined(report, later)
        return report

    def _aim(self) -> Aim:
        return Aim(
            source=self._source.name,
            stream=self._stream.name,
            table=self._table,
            rules=Rules.of(self._stream),
            kind="reload" if self._anew else "load",
            complete=self._complete,
            before=self._state,
        )

    def _after(self, content: str = "") -> StreamState:
        return StreamState(
            names=self._names.as_dict(),
            declaration=declaration_hash(self._stream),
            cursor={} if self._stream.mode == "replace" else self.cursor,
            content=content,
        )

    def _commit(self, filling: _Filling) -> None:
        warehouse = self._engine.warehouse
        with filling:
            package = filling.seal(self._after(self._content(filling)))
            if not brings_news(warehouse, package, self._stream):
                self._forget(package)
                return
            report = commit_package(warehouse, package, self._stream, run_id=self._run_id)
        if self._anew and not filling.count:
            report.notes.append(
                "The system gave no records, so the table is empty now. What it held can be read "
                "with --as-of; if the system was wrong, run again."
            )
        self._reports.append(report)
        self._state = known_state(warehouse, self._table)
        # What follows adds to what is there now.
        self._complete = False

    def _says_the_same(self, filling: _Filling) -> bool:
        """Whether a stream that is read whole gave what it gave the last time."""
        known = declaration_hash(self._stream) == self._state.declaration
        return known and bool(self._content(filling)) and filling.content == self._state.content

    def _content(self, filling: _Filling) -> str:
        """The hash of all records, if this package holds all of them."""
        whole = self._anew or not (self.cursor or self._reports)
        return filling.content if whole else ""

    def _forget(self, package: Package) -> None:
        """What was asked for twice is no load; only the cursor may have moved."""
        shutil.rmtree(package.folder)
        self._reports.append(TableReport(self._table, self._stream.mode, "unchanged"))
        self._remember()

    def _remember(self) -> None:
        after = replace(self._state, cursor=self._after().cursor)
        if after != self._state:
            commit_state(self._engine.warehouse, self._table, self._state, after)
            self._state = after

    def _finish(self, filling: _Filling) -> None:
        """Commit what is left, unless the table holds all of it already."""
        if not (self._state.declaration or filling.count):
            ensure_tables(self._engine.warehouse, self._source.name, self._stream)
        if self._says_the_same(filling) or not (self._anew or filling.count):
            self._remember()
        else:
            self._commit(filling)
        if not self._reports:
            report = TableReport(self._table, self._stream.mode, "unchanged")
            self._reports.append(report)


class _Filling:
    """A package that is being filled with answers; gone unless it is sealed."""

    def __init__(self, landing: Landing, aim: Aim) -> None:
        self._stack = ExitStack()
        self._writer = self._stack.enter_context(PackageWriter(landing, aim))
        self._raw: ExitStack | None = None
        self._tee: Tee | None = None
        self._started = time.monotonic()
        self._answers = 0
        self._bytes = 0
        self._hash: blake3 | None = blake3()
        self._unhashed: list[pa.Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget what was not sealed."""
        if self._raw is not None:
            self._raw.close()
            self._raw = None
        self._stack.close()

    @property
    def count(self) -> int:
        """Records so far."""
        return self._writer.counts.read

    @property
    def content(self) -> str:
        """A hash of all records; empty for large Arrow tables, where it would take long."""
        if self._hash is not None:
            while self._unhashed:
                self._hash.update(_bytes_of(self._unhashed.pop(0)))
        return self._hash.hexdigest() if self._hash is not None else ""

    @property
    def is_full(self) -> bool:
        """Time to commit: it is large, or the first record came long ago."""
        waited = time.monotonic() - self._started
        return self.count > 0 and (self._bytes >= _PACKAGE_BYTES or waited >= _PACKAGE_S)

    def take(self, answer: Pulled, chunk: Chunk) -> None:
        """Keep one answer and its rows."""
        place = f"{self._writer.load_id}!/{self._answers}"
        self._keep(answer)
        self._answers += 1
        self._writer.write(chunk.kept_as(place))

    def seal(self, after: StreamState) -> Package:
        """The finished package."""
        if self._raw is not None:
            self._raw.close()
            self._raw = None
        self._writer.finish()
        return self._writer.seal(after)

    def _keep(self, answer: Pulled) -> None:
        """The raw bytes, behind a line that says how they were asked for."""
        records = answer.records
        if isinstance(records, pa.Table):
            self._bytes += records.nbytes
            if self._bytes > _HASHED_BYTES:
                self._hash = None
                self._unhashed.clear()
            elif records.num_rows:
                # Hashed at the end, for what turns out to be large never is.
                self._unhashed.append(records)
        elif self._hash is not None and (isinstance(records, RecordList) or len(records)):
            self._hash.update(_bytes_of(records))
        body = answer.raw or (records if isinstance(records, bytes) else b"")
        if not body and not answer.about:
            return
        if self._tee is None:
            whole = SourceFile(self._writer.load_id, -1, time.time_ns())
            self._raw = ExitStack()
            self._tee = self._raw.enter_context(self._writer.tee(whole))
        head = {"answer": self._answers, "bytes": len(body), "about": answer.about}
        self._tee(orjson.dumps(head, default=str, option=orjson.OPT_APPEND_NEWLINE))
        self._tee(body)
        self._tee(b"\n")
        self._bytes += len(body)


def _bytes_of(records: Sequence[Mapping[str, Any]] | bytes | pa.Table) -> bytes | pa.Buffer:
    if isinstance(records, pa.Table):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, records.schema) as writer:
            writer.write_table(records)
        return sink.getvalue()
    if isinstance(records, RecordList):
        return records.data
    assert isinstance(records, bytes)
    return records
