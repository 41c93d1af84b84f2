"""Cutting a text of any length into pages of whole records.

Belongs here: where to cut, and which physical line a page begins on. Does not
belong here: what the records hold.

At first a page is cut at its last line end, which is right unless that stands
inside of quotes. Whoever parses the page checks that its quotes pair up; if not,
it comes back with what was cut behind it (`take_back`), and the pager trusts the
file less: it cuts where the number of quotes before is even, and if that isn't
right either, it walks the rest of the file record by record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipelines.errors import FileRefused
from pipelines.extract.formats.csv_records import (
    Dialect,
    Records,
    count_lines,
    count_quotes,
    paired_records,
    quote_places,
    quotes_pair_up,
    walk_records,
)

PAGE = 4 << 20
MAX_RECORD = 64 << 20


@dataclass(frozen=True)
class Page:
    """Whole records: UTF-8 that begins on physical line `line` (1-based).

    `lines` counts the physical lines, a last one without an end included.
    `records` is there if the pager knows them; else whoever parses the page must
    see that its quotes pair up.
    """

    data: bytes
    line: int
    lines: int
    records: Records | None = None

    @property
    def unended(self) -> bool:
        """The text ends without a line end."""
        return _is_unended(self.data)


class Pager:
    """Pages of one file, front to back; `read(n)` gives more of its UTF-8."""

    def __init__(
        self,
        read: Callable[[int], bytes],
        dialect: Dialect,
        *,
        label: str,
        line: int,
        ahead: bytes,
        keep_empty: bool,
        exact: bool,
    ) -> None:
        self._read = read
        self._dialect = dialect
        self._label = label
        self._line = line
        self._buffer = ahead
        self._again: deque[bytes] = deque()
        self._keep_empty = keep_empty
        self._plain = not (dialect.escape or dialect.comment)
        self._exact = exact or not self._plain
        self._hopeful = not self._exact
        self._final = False

    def next(self) -> Page | None:
        """The next page, None at the end; FileRefused if a record has no end."""
        size = PAGE
        while True:
            page = self._hoped_for() if self._hopeful and size == PAGE else None
            if page is None:
                self._fill(size)
                if not self._buffer:
                    return None
                page = self._cut()
                if page is not None:
                    self._buffer = self._buffer[len(page.data) :]
            if page is not None:
                self._line += page.lines
                return page
            if self._final or len(self._buffer) >= MAX_RECORD:
                self._refuse()
            size = 2 * len(self._buffer)

    def take_back(self, pages: Iterable[Page]) -> None:
        """Cut these, the latest pages, and all behind them again, with less trust."""
        self._exact = not self._hopeful
        self._hopeful = False
        pages = list(pages)
        self._line = pages[0].line
        self._again.extendleft(reversed([*(page.data for page in pages), self._buffer]))
        self._buffer, self._final = b"", False

    def _hoped_for(self) -> Page | None:
        """What is ahead and one block more, up to the last line end.

        This is the common case, and each byte is copied just once.
        """
        if self._final or len(self._buffer) >= PAGE:
            return None
        block = self._more(PAGE)
        self._final = not block
        end = _last_line_end(block, len(block) - block.endswith(b"\r"))
        if not end:
            self._buffer += block
            return None
        data = b"".join((self._buffer, memoryview(block)[:end]))
        self._buffer = block[end:]
        return self._page(data, None)

    def _fill(self, size: int) -> None:
        blocks = [self._buffer]
        length = len(self._buffer)
        while length < size and not self._final:
            block = self._more(size - length)
            self._final = not block
            length += len(block)
            blocks.append(block)
        if len(blocks) > 1:
            self._buffer = b"".join(blocks)

    def _more(self, size: int) -> bytes:
        """About `size` bytes: first what was taken back, then what follows."""
        while self._again:
            if block := self._again.popleft():
                return block
        return self._read(size)

    def _cut(self) -> Page | None:
        data = self._buffer
        end = self._paired_end(data) if self._plain else 0
        if not self._exact:
            if end:
                return self._page(data[:end], None)
            self._exact = self._final or len(data) >= MAX_RECORD
            return self._walk(data) if self._exact else None
        head = data[:end]
        quotes = quote_places(head, self._dialect)
        if end and quotes_pair_up(head, quotes, self._dialect):
            return self._page(head, paired_records(head, quotes, keep_empty=self._keep_empty))
        return self._walk(data)

    def _paired_end(self, data: bytes) -> int:
        """Behind the last line end outside of quotes if they pair up; 0: none."""
        limit = len(data)
        if not self._final:
            limit = _last_line_end(data, limit - data.endswith(b"\r"))
        if count_quotes(data, limit, self._dialect) % 2 == 0:
            return limit
        assert self._dialect.quote is not None
        last = data.rfind(self._dialect.quote, 0, limit)
        return 0 if self._final else _last_line_end(data, last)

    def _walk(self, data: bytes) -> Page | None:
        records, end = walk_records(
            data, self._dialect, keep_empty=self._keep_empty, final=self._final
        )
        if not end:
            return None
        return self._page(data[:end], records)

    def _page(self, data: bytes, records: Records | None) -> Page:
        lines = count_lines(data) + _is_unended(data)
        return Page(data, self._line, lines, records)

    def _refuse(self) -> None:
        size = len(self._buffer)
        raise FileRefused(
            f"The record that begins on line {self._line} of {self._label} does not end within "
            f"{size} bytes. Probably a quote in it is never closed: correct the file, or declare "
            "the format's quote (None if quotes are mere characters)."
        )


def _last_line_end(data: bytes, limit: int) -> int:
    """Behind the last line end before `limit`; 0: there is none."""
    feed = data.rfind(b"\n", 0, limit)
    return max(feed, data.rfind(b"\r", feed + 1, limit)) + 1


def _is_unended(data: bytes) -> bool:
    return bool(data) and not data.endswith((b"\n", b"\r"))
