"""The raw bytes of source files, kept in a package under the hash of their content.

Belongs here: hashing, compressing and reading back. Does not belong here: what
the bytes mean.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from pipelines.errors import PackageDamaged
from pipelines.hashing import blake3, digest

FOLDER = "raw"
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"PAR1", b"BZh", b"\xfd7zXZ")
_HEAD = max(map(len, _COMPRESSED))
_SUFFIX = ".zst"
_FRAME = 4 << 20
_CODEC = pa.Codec("zstd", compression_level=-20)
_FINER = pa.Codec("zstd", compression_level=-5)
"""For text that begins as JSON or XML does: it repeats its names, so that this takes no
longer and makes it half as large."""
_REPETITIVE = (b"{", b"[", b"<")


class RawCopy:
    """One file on its way into the package: hashed, and compressed unless it was.

    What is compressed becomes one zstd frame for each `_FRAME` bytes, which takes
    two thirds of the time of one frame that never ends. The level is a fast one: a
    higher one would make the load wait.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._draft = folder / f"draft-{number:05d}"
        self._hash = blake3()
        self._file: Any = None
        self._suffix = ""
        self._waiting: list[memoryview] = []
        self._size = 0
        self.closed = False

    def write(self, data: memoryview) -> None:
        """Take the next bytes."""
        if self._file is None:
            self._open(bytes(data[:_HEAD]))
        self._hash.update(data)
        if not self._suffix:
            self._file.write(data)
            return
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= _FRAME:
            self._compress()

    def _open(self, head: bytes) -> None:
        self._suffix = "" if head.startswith(_COMPRESSED) else _SUFFIX
        self._codec = _FINER if head.lstrip().startswith(_REPETITIVE) else _CODEC
        self._file = pa.OSFile(str(self._draft), "wb")

    def _compress(self) -> None:
        waiting = self._waiting
        frame = waiting[0] if len(waiting) == 1 else b"".join(waiting)
        self._waiting, self._size = [], 0
        self._file.write(self._codec.compress(frame))

    def finish(self) -> tuple[str, str]:
        """The content's hash, and the member's name below the package."""
        self._close()
        digest = self._hash.hexdigest()
        name = f"{digest}{self._suffix}"
        self._draft.rename(self._folder / name)
        return digest, f"{FOLDER}/{name}"

    def discard(self) -> None:
        """Forget a copy that wasn't finished, for whatever reason."""
        with suppress(OSError):
            self._close()

    def _close(self) -> None:
        self.closed = True
        if self._file is None:
            self._open(b"")
        if self._suffix:
            self._compress()
        self._file.close()


def open_raw(path: Path) -> BinaryIO:
    """The bytes as the source had them; PackageDamaged when the copy is gone."""
    if not path.exists():
        raise PackageDamaged(
            f"The raw copy {path} is gone from landing. What was read from it can't be read "
            "again; load the file anew with --full-refresh."
        )
    if path.suffix == _SUFFIX:
        return cast("BinaryIO", pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))
    return path.open("rb")


def check_raw(path: Path, expected: str) -> None:
    """Read a raw copy through and raise PackageDamaged unless it hashes to `expected`."""
    try:
        with open_raw(path) as file:
            found = digest(file)
    except OSError as error:
        raise PackageDamaged(f"The raw copy {path} can't be read: {error}.") from error
    if found != expected:
        raise PackageDamaged(
            f"The raw copy {path} is damaged: its content hashes to {found}, and the "
            f"manifest says {expected}."
        )
