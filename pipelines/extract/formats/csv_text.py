"""From the bytes of a text file to UTF-8, whatever its encoding.

Belongs here: telling the encoding, transcoding, and showing bytes that mean
nothing. Does not belong here: delimiters, quotes, records.

Bytes that the encoding does not know are carried through as they are, in a form
that is no valid UTF-8, so that the record that holds them is found and rejected
and everything around it is read.
"""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from pipelines.extract.content import Content
from pipelines.extract.formats.csv_encoding import detect

_SAMPLE = 1 << 20
_ESCAPED = re.compile("[\udc00-\udcff]")


def _carry(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    undecodable = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in undecodable), error.end


codecs.register_error("headwater_carry", _carry)


class Utf8:
    """The content as UTF-8 without a byte-order mark.

    `encoding` is the one declared or told from the first bytes; FileRefused
    when it is unknown, cannot be told, or is not what the byte-order mark says.
    """

    def __init__(self, content: Content, declared: str | None) -> None:
        self._stream: BinaryIO = content.stream
        sample = _read_full(self._stream, _SAMPLE)
        self.encoding, mark = detect(sample, declared, content.path)
        self._ahead = sample[mark:]
        self._done = not sample
        plain = self.encoding == "utf-8"
        self._decoder = (
            None if plain else codecs.getincrementaldecoder(self.encoding)("headwater_carry")
        )

    def read(self, size: int) -> bytes:
        """About `size` bytes of UTF-8; empty only at the end."""
        while not self._done:
            raw, self._ahead = self._ahead[:size], self._ahead[size:]
            if not self._ahead:
                raw += _read_full(self._stream, size - len(raw))
            self._done = not raw
            if self._decoder is None:
                return raw
            text = self._decoder.decode(raw, final=self._done)
            if text:
                return text.encode("utf-8", "surrogatepass")
        return b""

    def show(self, record: bytes) -> str:
        """A record as text; bytes that the encoding does not know are shown in hex."""
        if self._decoder is None:
            return record.decode("utf-8", "backslashreplace")
        text = record.decode("utf-8", "surrogatepass")
        return _ESCAPED.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)


def _read_full(stream: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes, fewer only at the end, however the stream deals them out."""
    blocks = []
    while size > 0 and (block := stream.read(size)):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)
