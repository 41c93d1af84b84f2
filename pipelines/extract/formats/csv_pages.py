"""Cutting a text of any length into pages of whole records.

Belongs here: where to cut, and which physical line a page begins on. Does not
belong here: what the records hold.

While quotes pair up, a line end with an even number of quotes before it ends a
record, so a page is cut without looking at its fields. Whoever parses a page
checks that its quotes did pair up; if not, the page and what was cut behind it
come back (`take_back`) and the rest of the file is walked record by record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from pipelines.errors import FileRefused
from pipelines.extract.formats.csv_records import (
    Dialect,
    Places,
    Records,
    count_lines,
    paired_records,
    quote_places,
    quotes_pair_up,
    walk_records,
)

PAGE = 8 << 20
NO_QUOTES: Places = np.empty(0, np.int64)
MAX_RECORD = 64 << 20


@dataclass(frozen=True)
class Page:
    """Whole records: UTF-8 that begins on physical line `line` (1-based).

    `lines` counts the physical lines, a last one without an end included.
    `records` is there if the pager knows them; else `quotes` says where the
    quotes stand, and whoever parses the page must see that they pair up.
    """

    data: bytes
    line: int
    lines: int
    quotes: Places
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
        self._keep_empty = keep_empty
        self._exact = exact or bool(dialect.escape or dialect.comment)
        self._final = False

    def next(self) -> Page | None:
        """The next page, None at the end; FileRefused if a record has no end."""
        size = PAGE
        while True:
            self._fill(size)
            if not self._buffer:
                return None
            page = self._cut()
            if page is not None:
                self._buffer = self._buffer[len(page.data) :]
                self._line += page.lines
                return page
            if self._final or len(self._buffer) >= MAX_RECORD:
                self._refuse()
            size = 2 * len(self._buffer)

    def take_back(self, pages: Iterable[Page]) -> None:
        """Cut these, the latest pages, and all behind them again, exactly."""
        pages = list(pages)
        self._line = pages[0].line
        self._buffer = b"".join([*(page.data for page in pages), self._buffer])
        self._exact = True

    def _fill(self, size: int) -> None:
        blocks = [self._buffer]
        length = len(self._buffer)
        while length < size and not self._final:
            block = self._read(size - length)
            self._final = not block
            length += len(block)
            blocks.append(block)
        if len(blocks) > 1:
            self._buffer = b"".join(blocks)

    def _cut(self) -> Page | None:
        data = self._buffer
        plain = not (self._dialect.escape or self._dialect.comment)
        quotes = quote_places(data, self._dialect)
        end = self._paired_end(data, quotes) if plain else 0
        if not self._exact:
            if end:
                return self._page(data[:end], quotes[: quotes.searchsorted(end)], None)
            self._exact = self._final or len(data) >= MAX_RECORD
            return self._walk(data) if self._exact else None
        head = data[:end]
        inside = quotes[: quotes.searchsorted(end)]
        if end and quotes_pair_up(head, inside, self._dialect):
            records = paired_records(head, inside, keep_empty=self._keep_empty)
            return self._page(head, inside, records)
        return self._walk(data)

    def _paired_end(self, data: bytes, quotes: Places) -> int:
        """Behind the last line end outside of quotes if they pair up; 0: none."""
        limit = len(data)
        if self._final:
            return limit if len(quotes) % 2 == 0 else 0
        if data.endswith(b"\r"):
            limit -= 1
        end = max(data.rfind(b"\n", 0, limit), data.rfind(b"\r", 0, limit)) + 1
        if (before := int(quotes.searchsorted(end))) % 2:
            limit = int(quotes[before - 1])
            end = max(data.rfind(b"\n", 0, limit), data.rfind(b"\r", 0, limit)) + 1
        return end

    def _walk(self, data: bytes) -> Page | None:
        records, end = walk_records(
            data, self._dialect, keep_empty=self._keep_empty, final=self._final
        )
        if not end:
            return None
        return self._page(data[:end], NO_QUOTES, records)

    def _page(self, data: bytes, quotes: Places, records: Records | None) -> Page:
        lines = count_lines(data) + _is_unended(data)
        return Page(data, self._line, lines, quotes, records)

    def _refuse(self) -> None:
        size = len(self._buffer)
        raise FileRefused(
            f"The record that begins on line {self._line} of {self._label} does not end within "
            f"{size} bytes. Probably a quote in it is never closed: correct the file, or declare "
            "the format's quote (None if quotes are mere characters)."
        )


def _is_unended(data: bytes) -> bool:
    return bool(data) and not data.endswith((b"\n", b"\r"))
