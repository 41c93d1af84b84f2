"""One file from the store to chunks: opened, kept, unwrapped, decoded.

Belongs here: the order of these steps. Does not belong here: any one of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from pipelines.errors import FileRefused, SourceError
from pipelines.extract.formats import decoder
from pipelines.extract.unwrap import unwrap
from pipelines.failpoints import failpoint
from pipelines.flow import Chunk, SourceFile, Tee
from pipelines.naming import NameMap
from pipelines.spec import FileStream
from resources.files import FileStore

_BLOCK = 1 << 20


def read_file(
    stream: FileStream, file: SourceFile, store: FileStore, names: NameMap, tee: Tee
) -> Iterator[Chunk]:
    """The records of one file, in bounded chunks.

    `tee` gets every raw byte of the file exactly once and in order, also of a
    file that is refused. FileRefused when the file is not as declared, which
    may be found out after some chunks. SourceError when it cannot be read, or
    changed while it was read: then it must be read again later.
    """
    decode = decoder(stream.format)
    with store.open(file.path) as opened:
        raw = _Teed(opened, tee, file.path)
        try:
            for content in unwrap(file.path, cast("BinaryIO", raw), stream.format):
                for chunk in decode(content, stream, names):
                    failpoint("mid_page")
                    yield chunk
        except FileRefused:
            raw.drain()
            raise
        raw.drain()
    if raw.size != file.size:
        raise SourceError(
            f"The file {file.path} changed while it was read: {raw.size} bytes instead of "
            f"{file.size}. Nothing of it was loaded; it is read again on the next run."
        )


class _Teed(io.RawIOBase):
    """Hands every byte that is read to the tee as well."""

    def __init__(self, inner: BinaryIO, tee: Tee, path: str) -> None:
        self._inner = inner
        self._tee = tee
        self._path = path
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            data = self._inner.read(-1 if size is None else size)
        except OSError as error:
            raise SourceError(
                f"The file {self._path} could not be read behind byte {self.size}: "
                f"{error.strerror or error}. Nothing of it was loaded; run again."
            ) from error
        if data:
            self.size += len(data)
            self._tee(data)
        return data

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Read what the decoder left, so that landing has the whole file."""
        while self.read(_BLOCK):
            pass
