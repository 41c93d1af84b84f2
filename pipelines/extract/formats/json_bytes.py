"""The bytes of JSON as UTF-8, and where its white space ends.

Belongs here: byte order marks, declared encodings, trimming. Does not belong
here: anything that knows what a value is.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO

import numpy as np

from pipelines.errors import FileRefused

WHITE = b" \t\n\r"
_IS_WHITE = np.isin(np.arange(256), list(WHITE))
_ROUNDS = 32
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Utf8:
    """Reads a stream as UTF-8 without its byte order mark.

    Without a mark and without a declared encoding the bytes are UTF-8, as the
    grammar demands; whether they truly are is for the parser to find.
    """

    def __init__(self, stream: BinaryIO, file: str, encoding: str | None) -> None:
        self._stream = stream
        self._file = file
        self._rest = _read_full(stream, 4)
        for mark, name in _MARKS:
            if self._rest.startswith(mark):
                self._rest, encoding = self._rest[len(mark) :], encoding or name
                break
        plain = encoding is None or codecs.lookup(encoding).name == "utf-8"
        self._decoder = None if plain else codecs.getincrementaldecoder(encoding or "utf-8")()
        self._decoded = b""

    def put_back(self, data: bytes) -> None:
        """What the next `read` begins with, as it came from `read`."""
        self._decoded = data + self._decoded

    def read(self, size: int) -> bytes:
        """About `size` bytes; b"" only at the end of the file."""
        if self._decoded:
            data, self._decoded = self._decoded[:size], self._decoded[size:]
            return data
        head, self._rest = self._rest, b""
        wanted = max(size, len(head) + 4)
        data = head + _read_full(self._stream, wanted - len(head))
        if self._decoder is None:
            return data
        try:
            text = self._decoder.decode(data, final=len(data) < wanted)
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"{self._file} is not in the encoding {error.encoding}: {error.reason}. "
                "Declare the encoding it is in."
            ) from None
        # Bytes that only begin a character are no end of the file.
        return text.encode() if text or not data else self.read(size)


def _read_full(stream: BinaryIO, size: int) -> bytes:
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def trim(data: bytes, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The spans without the white space around them; empty ones have no length."""
    values = np.frombuffer(data, np.uint8)
    starts, ends = starts.copy(), ends.copy()
    for step, edge, offset in ((1, starts, 0), (-1, ends, -1)):
        live = np.flatnonzero(starts < ends)
        for _ in range(_ROUNDS):
            live = live[_IS_WHITE[values[edge[live] + offset]]]
            edge[live] += step
            live = live[starts[live] < ends[live]]
            if not len(live):
                break
        for row in live.tolist():
            span = data[starts[row] : ends[row]]
            shorter = span.lstrip(WHITE) if step == 1 else span.rstrip(WHITE)
            edge[row] += step * (len(span) - len(shorter))
    return starts, ends
