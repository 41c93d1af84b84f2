"""A folder elsewhere as a Folder: tried again when it fails, read block by block.

Belongs here: retries, and files that change while they are read. Does not belong
here: any way to another machine; those are Places.

Memory is bounded by one block for each open file. A block that fails is asked for
again, alone; a file is compared with how it looked before its first block and after
its last, so that no mixture of two contents is taken for a file.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol, TypeVar, cast

from pipelines.errors import SourceError, SourceNotFound, SourceUnavailable
from pipelines.flow import SourceFile

BLOCK = 8 << 20
_T = TypeVar("_T")


class Place(Protocol):
    """A way to files elsewhere. Every error is a SourceError without secrets.

    SourceUnavailable is for what may pass: then the same is asked again.
    """

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """As a Folder's."""

    def look(self, path: str) -> SourceFile:
        """One file as it is now; SourceNotFound."""

    def fetch(self, path: str, start: int, end: int) -> bytes:
        """The file's bytes from `start` to before `end`; fewer if it has no more."""

    def close(self) -> None:
        """Let go of connections; the place can be used again."""


@dataclass(frozen=True)
class Patience:
    """How often to try, and the seconds before the second time; each wait is doubled."""

    attempts: int = 4
    first_wait_s: float = 0.5

    def of(self, action: Callable[[], _T]) -> _T:
        """What the action gives, tried again while it is unavailable."""
        for attempt in range(1, self.attempts):
            try:
                return action()
            except SourceUnavailable:
                wait = self.first_wait_s * 2 ** (attempt - 1)
                time.sleep(wait * (0.5 + random.random() / 2))
        return action()


class RemoteFolder:
    """The files of a place, as a Folder of a FileStore."""

    def __init__(self, place: Place, patience: Patience | None = None) -> None:
        self._place = place
        self._patience = patience or Patience()
        self._listed: dict[str, SourceFile] = {}

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """The files below, as the place lists them."""
        found = self._patience.of(lambda: list(self._place.walk(below, depth, wanted)))
        yield from map(self._noted, found)

    def look(self, path: str) -> SourceFile | None:
        """One file; None if it isn't there."""
        try:
            return self._noted(self._patience.of(lambda: self._place.look(path)))
        except SourceNotFound:
            return None

    def open(self, path: str) -> BinaryIO:
        """The file's bytes; SourceError if it isn't what was listed any more."""
        now = self._patience.of(lambda: self._place.look(path))
        if changed(self._listed.get(path, now), now):
            raise _changed(path)
        raw = _Ranged(self._place, now, self._patience)
        return cast("BinaryIO", io.BufferedReader(raw, 1 << 20))

    def close(self) -> None:
        """Let go of connections."""
        self._place.close()

    def _noted(self, file: SourceFile) -> SourceFile:
        self._listed[file.path] = file
        if file.modified_ns or file.version:
            return file
        # Without any mark it may be another file each time: its content decides then.
        return replace(file, modified_ns=time.time_ns())


class _Ranged(io.RawIOBase):
    """One file, read from its beginning to its end."""

    def __init__(self, place: Place, file: SourceFile, patience: Patience) -> None:
        self._place = place
        self._file = file
        self._patience = patience
        self._at = 0
        self._block = memoryview(b"")
        self._checked = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        if not len(self._block):
            self._block = memoryview(self._next())
        count = min(len(buffer), len(self._block))
        buffer[:count] = self._block[:count]
        self._block = self._block[count:]
        return count

    def _next(self) -> bytes:
        """The next block; empty at the end, once the file is known to be as it was."""
        path, start = self._file.path, self._at
        end = min(start + BLOCK, self._file.size)
        if start < end:
            data = self._patience.of(lambda: self._place.fetch(path, start, end))
            if len(data) != end - start:
                raise _changed(path)
            self._at = end
            return data
        if not self._checked:
            now = self._patience.of(lambda: self._place.look(path))
            if changed(self._file, now):
                raise _changed(path)
            self._checked = True
        return b""


def changed(before: SourceFile, now: SourceFile) -> bool:
    """Whether a file isn't what it was, as far as its marks tell."""
    return (before.size, before.modified_ns, before.version) != (
        now.size,
        now.modified_ns,
        now.version,
    )


def _changed(path: str) -> SourceError:
    return SourceError(
        f"The file {path} changed while it was read. Nothing of it was loaded; it is read again on "
        "the next run."
    )
