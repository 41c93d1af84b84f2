"""Writing a landing package: raw bytes, rows and rejects, each in the background.

Belongs here: the order of things and the counts. Does not belong here: layout
(`parts`, `rejects`, `raw`), naming and finding (`landing`), the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pipelines.errors import FileRefused
from pipelines.failpoints import failpoint
from pipelines.flow import Chunk, SourceFile, StreamState, Tee
from pipelines.load import manifest as manifests
from pipelines.load.columns import package_columns
from pipelines.load.ids import made_at, new_load_id
from pipelines.load.landing import Landing, Package
from pipelines.load.lane import Lane
from pipelines.load.manifest import Counts, Kind, Manifest, RawFile, Refused, Rules
from pipelines.load.parts import PartsWriter
from pipelines.load.raw import FOLDER, RawCopy
from pipelines.load.rejects import RejectsWriter

_BLOCK = 4 << 20


@dataclass(frozen=True)
class Aim:
    """What a package is for: the stream, and the state that it was planned on."""

    source: str
    stream: str
    table: str
    rules: Rules
    kind: Kind
    complete: bool
    before: StreamState


class PackageWriter:
    """Builds one package; leave the block without `seal` and there is none.

    with PackageWriter(landing, aim) as writer:
        with writer.tee(file) as tee:
            for chunk in …: writer.write(chunk)
        hashes = writer.finish()
        package = writer.seal(state)

    What goes wrong in a background thread is raised by the next call.
    """

    def __init__(self, landing: Landing, aim: Aim) -> None:
        self._landing = landing
        self._aim = aim
        self.load_id = new_load_id()
        self._stack = ExitStack()
        self.counts = Counts()
        self._of_file = Counts()
        self._hashes: dict[str, tuple[SourceFile, str, str]] = {}
        self._refused: list[Refused] = []
        self._copies = 0

    def __enter__(self) -> Self:
        self._folder = self._stack.enter_context(self._landing.draft(self.load_id))
        raw = self._folder / FOLDER
        raw.mkdir()
        self._parts = PartsWriter(self._folder, self.load_id)
        self._rejects = RejectsWriter(self._folder)
        self._raw_lane: Lane[tuple[RawCopy, memoryview]] = Lane("landing-raw", _copy, depth=8)
        self._row_lane: Lane[Chunk] = Lane("landing-rows", self._store, depth=16)
        self._stack.callback(self._abandon)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @contextmanager
    def tee(self, file: SourceFile) -> Iterator[Tee]:
        """Within the block, what the tee is given is kept as that file's bytes.

        A negative size is one that isn't known yet; it becomes the bytes that came.
        """
        copy = RawCopy(self._folder / FOLDER, self._copies)
        self._copies += 1
        self._of_file = Counts()
        came = 0

        def tee(data: bytes) -> None:
            nonlocal came
            came += len(data)
            whole = memoryview(data)
            for start in range(0, len(data), _BLOCK):
                self._raw_lane.put((copy, whole[start : start + _BLOCK]))

        try:
            yield tee
            self._raw_lane.drain()
        except FileRefused:
            self._raw_lane.drain()
            raise
        except BaseException:
            copy.discard()
            raise
        finally:
            if not copy.closed:
                known = file if file.size >= 0 else replace(file, size=came)
                self._hashes[file.path] = (known, *copy.finish())

    def write(self, chunk: Chunk) -> None:
        """Take decoded records of the file that is being read."""
        more = Counts(chunk.read, chunk.rows.num_rows, len(chunk.rejects), chunk.blank)
        self._of_file = _sum(self._of_file, more)
        self.counts = _sum(self.counts, more)
        self._row_lane.put(chunk)

    def refuse(self, file: SourceFile, error: FileRefused) -> None:
        """Quarantine the file just read as one record; what it gave before is void."""
        gave = self._of_file
        self.counts = _sum(self.counts, gave, sign=-1)
        self.counts = _sum(self.counts, Counts(read=1, rejects=1))
        self._refused.append(Refused(file.path, str(error), bool(gave.rows or gave.rejects)))
        self._of_file = Counts()

    def finish(self) -> Mapping[str, str]:
        """Wait until all is written; path → blake3 of every file that was teed."""
        self._row_lane.close()
        self._raw_lane.close()
        self._parts.close()
        self._rejected = self._rejects.finish()
        return {path: digest for path, (_, digest, _) in self._hashes.items()}

    def seal(self, after: StreamState, *, released_files: tuple[str, ...] = ()) -> Package:
        """Write the manifest and give the package its name. Call `finish` before."""
        aim = self._aim
        manifest = Manifest(
            source=aim.source,
            stream=aim.stream,
            table=aim.table,
            rules=aim.rules,
            kind=aim.kind,
            complete=aim.complete,
            before=aim.before,
            load_id=self.load_id,
            created_at=made_at(self.load_id).isoformat(),
            after=replace(after, columns=package_columns(self._parts.parts)),
            counts=self.counts,
            files=tuple(self._raw_files()),
            parts=tuple(self._parts.parts),
            rejects=self._rejected,
            refused=tuple(self._refused),
            released_files=released_files,
        )
        (self._folder / manifests.NAME).write_bytes(manifest.to_bytes())
        failpoint("after_staging")
        package = self._landing.complete(self._folder)
        failpoint("package_written")
        return package

    def _raw_files(self) -> Iterator[RawFile]:
        for file, digest, member in self._hashes.values():
            yield RawFile(file.path, file.size, file.modified_ns, digest, member)

    def _store(self, chunk: Chunk) -> None:
        self._parts.add(chunk.rows)
        self._rejects.add(chunk.rejects)

    def _abandon(self) -> None:
        self._row_lane.stop()
        self._raw_lane.stop()
        self._parts.abandon()
        self._rejects.abandon()


def _copy(item: tuple[RawCopy, memoryview]) -> None:
    copy, data = item
    copy.write(data)


def _sum(one: Counts, other: Counts, *, sign: int = 1) -> Counts:
    return Counts(
        one.read + sign * other.read,
        one.rows + sign * other.rows,
        one.rejects + sign * other.rejects,
        one.blank + sign * other.blank,
    )
