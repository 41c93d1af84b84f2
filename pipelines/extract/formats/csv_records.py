"""Where each record of delimited text begins and ends, exactly.

Belongs here: quotes, escapes, comments and line ends as they cut text into
records and fields. Does not belong here: types, columns, files.

A quote opens a field only at the field's start; elsewhere it is a character.
CR, LF and CRLF each end a line. Text behind a closing quote makes a record
malformed: no reading of it is safe.
"""

from __future__ import annotations

import re
import sys
import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
NO_QUOTES: Places = np.empty(0, np.int64)
_LF, _CR = 10, 13
_LINE_END = re.compile(b"[\r\n]")


@dataclass(frozen=True)
class Dialect:
    """How fields and records are told apart; each a single ASCII character."""

    delimiter: bytes
    quote: bytes | None = b'"'
    escape: bytes | None = None
    comment: bytes | None = None

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
        """Record, record read leniently, and field."""
        delimiter = re.escape(self.delimiter)
        escape = re.escape(self.escape) if self.escape else b""
        escaped = b"|" + escape + b"." if escape else b""
        bare = b"(?:[^\r\n" + delimiter + escape + b"]" + escaped + b")*+"
        if self.quote:
            quote = re.escape(self.quote)
            inside = b"(?:[^" + quote + escape + b"]|" + quote + quote + escaped + b")*+"
            quoted = quote + inside + quote
            strict = b"(?:" + quoted + b"|(?!" + quote + b")" + bare + b")"
            lenient = b"(?:" + quoted + bare + b"|(?!" + quote + b")" + bare + b")"
        else:
            strict = lenient = bare
        record = b"%b(?:%b%b)*+" % (strict, delimiter, strict)
        loose = b"%b(?:%b%b)*+" % (lenient, delimiter, lenient)
        return tuple(re.compile(p, re.DOTALL) for p in (record, loose, lenient))  # type: ignore[return-value]

    def record_end(self, data: bytes, start: int) -> tuple[int, bool]:
        """(end, whether well formed) of the record at `start`; -1: it does not end."""
        record, loose, _ = self._patterns
        found = record.match(data, start)
        if found and _at_line_end(data, found.end()):
            return found.end(), True
        found = loose.match(data, start)
        if found and _at_line_end(data, found.end()):
            return found.end(), False
        return -1, False

    def fields(self, record: bytes) -> list[bytes]:
        """The fields of one record, without their quotes and escapes."""
        pattern, found, at = self._patterns[2], [], 0
        while True:
            end = match.end() if (match := pattern.match(record, at)) else len(record)
            found.append(self._bare(record[at:end]))
            if end >= len(record):
                return found
            at = end + 1

    def _bare(self, field: bytes) -> bytes:
        quote, escape = self.quote, self.escape
        if quote and len(field) > 1 and field.startswith(quote) and field.endswith(quote):
            field = field[1:-1].replace(quote + quote, quote)
        if escape and escape in field:
            field = re.sub(re.escape(escape) + b"(.)", rb"\1", field, flags=re.DOTALL)
        return field


def _at_line_end(data: bytes, end: int) -> bool:
    return end == len(data) or data[end] in b"\r\n"


@dataclass(frozen=True)
class Records:
    """Records of one stretch of text: record i is `data[starts[i]:ends[i]]`.

    `lines[i]` counts the physical lines before it in the stretch. Blank lines
    and comments are no records. `malformed[i]`: text behind a closing quote.
    """

    starts: Places
    ends: Places
    lines: Places
    malformed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, keep: npt.NDArray[np.bool_] | slice) -> Records:
        """Some of the records."""
        return Records(self.starts[keep], self.ends[keep], self.lines[keep], self.malformed[keep])


class _Scratch(threading.local):
    """Memory that is used again: new pages of it cost more than the work on them."""

    def __init__(self) -> None:
        self.truths = np.empty(0, np.bool_)


_SCRATCH = _Scratch()


def _where(data: bytes, end: int, character: int) -> npt.NDArray[np.bool_]:
    """Where a character stands; good until this thread asks again."""
    if len(_SCRATCH.truths) < end:
        _SCRATCH.truths = np.empty(end, np.bool_)
    return np.equal(np.frombuffer(data, np.uint8, end), character, out=_SCRATCH.truths[:end])


def quote_places(data: bytes, dialect: Dialect) -> Places:
    """Where every quote character stands."""
    if not dialect.quote or dialect.quote not in data:
        return NO_QUOTES
    return np.flatnonzero(_where(data, len(data), dialect.quote[0]))


def count_quotes(data: bytes, end: int, dialect: Dialect) -> int:
    """How many quote characters stand before `end`."""
    if not dialect.quote or dialect.quote not in data:
        return 0
    return int(np.count_nonzero(_where(data, end, dialect.quote[0])))


def line_ends(data: bytes) -> Places:
    """Where the last character of every line end stands."""
    text = np.frombuffer(data, np.uint8)
    feeds = text == _LF
    if b"\r" not in data:
        return np.flatnonzero(feeds)
    returns = text == _CR
    returns[:-1] &= ~feeds[1:]
    return np.flatnonzero(feeds | returns)


def count_lines(data: bytes) -> int:
    """How many lines end in the text."""
    if b"\r" not in data:
        return int(np.count_nonzero(_where(data, len(data), _LF)))
    return len(line_ends(data))


def quotes_pair_up(data: bytes, quotes: Places, dialect: Dialect) -> bool:
    """Whether every quote opens, closes or doubles, none is a mere character.

    If so, text with an even number of quotes before it is outside of quotes.
    """
    if len(quotes) % 2:
        return False
    text = np.frombuffer(data, np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    if len(opening) and opening[0] == 0:
        opening = opening[1:]
    if len(closing) and closing[-1] == len(data) - 1:
        closing = closing[:-1]
    before, behind = text.take(opening - 1, mode="clip"), text[1:].take(closing, mode="clip")
    return _all_in(before, dialect) and _all_in(behind, dialect)


def _all_in(characters: npt.NDArray[np.uint8], dialect: Dialect) -> bool:
    """Whether each ends a field or a record, or is a quote."""
    allowed = characters == _LF
    for other in (*dialect.delimiter, *(dialect.quote or b""), _CR):
        if allowed.all():
            return True
        allowed |= characters == other
    return bool(allowed.all())


def paired_records(data: bytes, quotes: Places, *, keep_empty: bool) -> Records:
    """The records of text whose quotes pair up, all at once."""
    line = line_ends(data)
    outside = np.searchsorted(quotes, line) % 2 == 0 if len(quotes) else np.ones(len(line), bool)
    last = line[outside]
    starts = np.concatenate(([0], last + 1))
    lines = np.concatenate(([0], np.flatnonzero(outside) + 1))
    text = np.frombuffer(data, np.uint8)
    crlf = (text[last] == _LF) & (last > 0) & (text[last - 1] == _CR)
    ends = np.concatenate((last - crlf, [len(data)]))
    everything = Records(starts, ends, lines, np.zeros(len(starts), np.bool_))
    if starts[-1] == len(data):
        everything = everything.take(slice(0, -1))
    if keep_empty:
        return everything
    return everything.take(everything.ends > everything.starts)


def walk_records(
    data: bytes,
    dialect: Dialect,
    *,
    keep_empty: bool,
    final: bool,
    at_most: int = sys.maxsize,
) -> tuple[Records, int]:
    """The records one by one, and how many bytes they and their line ends take.

    Unless `final`, a record that may go on behind the end of the text is left.
    """
    starts: list[int] = []
    ends: list[int] = []
    malformed: list[bool] = []
    at, size = 0, len(data)
    while at < size and len(starts) < at_most:
        comment = dialect.comment is not None and data.startswith(dialect.comment, at)
        if comment:
            found = _LINE_END.search(data, at)
            end, fine = (found.start() if found else size), True
        else:
            end, fine = dialect.record_end(data, at)
        after = end + (2 if data[end : end + 2] == b"\r\n" else 1)
        if end < 0 or (not final and (end == size or (end == size - 1 and data[end] == _CR))):
            break
        if not comment and (end > at or keep_empty):
            starts.append(at)
            ends.append(end)
            malformed.append(not fine)
        at = min(after, size)
    places = np.array(starts, np.int64)
    lines = np.searchsorted(line_ends(data), places)
    return Records(places, np.array(ends, np.int64), lines, np.array(malformed, np.bool_)), at
