"""JSON Lines: one JSON object a line.

Belongs here: cutting the file into pages at line ends. Does not belong here:
decoding the pages (json_records). A line that is not a JSON object is rejected
alone; empty lines are not records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from pipelines.extract.content import Content
from pipelines.extract.formats.json_bytes import Utf8, trim
from pipelines.extract.formats.json_fast import Page
from pipelines.extract.formats.json_records import RecordReader
from pipelines.flow import Chunk, Reject
from pipelines.naming import NameMap
from pipelines.spec import FileStream, JsonLines

_FIRST_PAGE = 256 << 10
_PAGE = 4 << 20
_LONGEST_LINE = 64 << 20
_KEPT_OF_LONG_LINE = 10_000
_CR_ENDS_LINES = re.compile(rb"\}[ \t]*\r[ \t\r]*\{")


def decode(content: Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """Chunks of about 4 MB of lines; memory does not grow with the file."""
    assert isinstance(stream.format, JsonLines)
    source = Utf8(content.stream, content.path, stream.format.encoding)
    reader = RecordReader(content.path, stream, names)
    yield from reader.chunks(_pages(source, content.path))


def _pages(source: Utf8, file: str) -> Iterator[Page]:
    """The file in pages of whole lines; the first is small, to learn from soon."""
    line, rest, size = 1, b"", _FIRST_PAGE
    cr_ends_lines = False
    while data := source.read(size):
        if size == _FIRST_PAGE:
            cr_ends_lines = b"\n" not in data and bool(_CR_ENDS_LINES.search(data))
            size = _PAGE
        if cr_ends_lines:
            data = data.replace(b"\r", b"\n")
        cut = data.rfind(b"\n") + 1
        if not cut:
            rest += data
            if len(rest) > _LONGEST_LINE:
                source.put_back(_skip_line(source))
                yield _too_long(file, line, rest)
                line, rest = line + 1, b""
            continue
        page, count = _page(b"".join((rest, memoryview(data)[:cut])), line)
        line, rest = line + count, data[cut:]
        yield page
    if rest:
        yield _page(rest + b"\n", line)[0]


def page_of_lines(data: bytes) -> Page:
    """A page of whole lines that come from no file."""
    return _page(data, 1)[0]


def _page(data: bytes, first_line: int) -> tuple[Page, int]:
    """A page of whole lines, and how many there are."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    starts = np.concatenate(([0], ends[:-1] + 1))
    starts, ends = trim(data, starts, ends)
    filled = starts < ends
    lines = np.arange(first_line, first_line + len(starts))
    return Page(data, starts[filled], ends[filled], lines[filled]), len(lines)


def _skip_line(source: Utf8) -> bytes:
    """What follows after the end of the line at hand."""
    while data := source.read(_PAGE):
        _, end, after = data.partition(b"\n")
        if end:
            return after
    return b""


def _too_long(file: str, line: int, beginning: bytes) -> Page:
    reason = (
        f"The line is longer than {_LONGEST_LINE >> 20} MB; "
        f"only its first {_KEPT_OF_LONG_LINE} bytes are kept here."
    )
    raw = beginning[:_KEPT_OF_LONG_LINE].decode(errors="backslashreplace")
    none = np.array([], np.int64)
    return Page(b"", none, none, none, rejects=(Reject(reason, raw, file, line),))
