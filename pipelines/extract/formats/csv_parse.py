"""One page of delimited text to one chunk: rows, rejects, blanks, exact origins.

Belongs here: what becomes of each record of a page. Does not belong here: where
pages are cut, or how a file is laid out. Pages are parsed in several threads at
once, so nothing here keeps anything between two pages.

There is one answer to what a value is: text, cast. Where Arrow's typed parse gives
the same answer it is tried first, and a page that it refuses is read as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import int64, numbers, repeated
from pipelines.errors import FileRefused
from pipelines.extract.cast import cast_columns
from pipelines.extract.formats.csv_pages import Page
from pipelines.extract.formats.csv_records import (
    NO_QUOTES,
    Dialect,
    Places,
    Records,
    paired_records,
    quote_places,
    quotes_pair_up,
)
from pipelines.extract.formats.csv_rows import (
    blank_rows,
    parse_fields,
    parsed_alike,
    trimmed,
)
from pipelines.flow import Chunk, Reject
from pipelines.sqltypes import arrow_type

_ROW, _NAMELESS = "\x00row", "\x00nameless"
_MALFORMED = (
    "Text stands behind the closing quote of a field, so it's unclear where the field ends. "
    "Expected the delimiter there, or the quote doubled."
)


@dataclass(frozen=True)
class Parser:
    """How the pages of one file become chunks.

    `columns` are warehouse names in the order of the fields; `nameless` fields
    follow them. `wanted` maps column → SQL type. `show` makes text of a record
    for a reject. `encoding` is named where bytes mean nothing in it.
    """

    file: str
    dialect: Dialect
    columns: tuple[str, ...]
    nameless: int
    wanted: Mapping[str, str]
    nulls: tuple[str, ...]
    trim: bool
    drop_blank: bool
    show: Callable[[bytes], str]
    encoding: str

    @property
    def width(self) -> int:
        """Fields in a record."""
        return len(self.columns) + self.nameless

    @property
    def keep_empty(self) -> bool:
        """In a file of one column, an empty line is a record."""
        return self.width == 1

    @cached_property
    def schemas(self) -> tuple[pa.Schema, pa.Schema]:
        """The fields of a record as far as they parse directly, and all as text."""
        names = [*self.columns, *(f"{_NAMELESS}{i}" for i in range(self.nameless))]
        text = pa.schema([(name, pa.string()) for name in names])
        direct = text
        for at, name in enumerate(self.columns):
            kind = arrow_type(self.wanted[name]) if name in self.wanted else pa.string()
            if parsed_alike(kind):
                direct = direct.set(at, pa.field(name, kind))
        return direct, text

    def parse(self, page: Page) -> Chunk | None:
        """The page's chunk; None if its quotes do not pair up after all."""
        quotes = quote_places(page.data, self.dialect) if page.records is None else NO_QUOTES
        if not quotes_pair_up(page.data, quotes, self.dialect):
            return None
        return _PageParser(self, page, quotes).chunk()


class _PageParser:
    """The work on one page; `_source` are the records that `_text` is made of."""

    def __init__(self, parser: Parser, page: Page, quotes: Places) -> None:
        self._parser = parser
        self._page = page
        self._quotes = quotes
        # Arrow takes an empty last field for a quoted one if no line end follows.
        self._text = page.data + b"\n" if page.unended else page.data
        self._source = page.records
        self._rejects: list[Reject] = []
        self._blank = 0

    def chunk(self) -> Chunk:
        """The rows, rejects and blanks of the page."""
        if self._source is not None:
            self._without_malformed(self._source)
        if not _is_utf8(self._text):
            self._without_undecodable()
        rows, ragged = self._fields()
        if ragged:
            self._settle(ragged)
            rows, ragged = self._fields()
        self._check_count(rows.num_rows + len(ragged))
        rows = rows.append_column(_ROW, pa.arange(0, rows.num_rows))
        if self._parser.trim:
            rows = trimmed(rows, self._parser.nulls)
        if self._parser.drop_blank:
            rows = self._without_blanks(rows)
        rows = self._without_nameless(rows)
        places = numbers(rows[_ROW].combine_chunks())
        rows, misfits = cast_columns(
            rows,
            self._parser.wanted,
            lambda row: self._shown(places[row]),
            lambda row: (self._parser.file, self._line(places[row]), None),
        )
        rejects = sorted([*self._rejects, *misfits], key=lambda reject: reject.line or 0)
        return Chunk(self._with_origin(rows), tuple(rejects), self._blank)

    # ── records ───────────────────────────────────────────────────────────────

    def _records(self) -> Records:
        if self._source is None:
            self._source = paired_records(
                self._page.data, self._quotes, keep_empty=self._parser.keep_empty
            )
        return self._source

    def _pieces(self, records: Records) -> list[bytes]:
        data = self._page.data
        spans = zip(records.starts.tolist(), records.ends.tolist(), strict=True)
        return [data[start:end] for start, end in spans]

    def _rebuild(self, records: Records, pieces: list[bytes]) -> None:
        self._source = records
        self._text = b"".join(piece + b"\n" for piece in pieces)

    def _line(self, record: int) -> int:
        offset = record if self._source is None else self._source.lines[record]
        return int(self._page.line + offset)

    def _raw(self, record: int) -> bytes:
        records = self._records()
        return self._page.data[records.starts[record] : records.ends[record]]

    def _shown(self, record: int) -> str:
        return self._parser.show(self._raw(record))

    def _refuse(self, record: int, reason: str) -> None:
        """One more reject, by its number among the records at hand."""
        self._records()
        self._rejects.append(
            Reject(reason, self._shown(record), self._parser.file, self._line(record))
        )

    # ── what is no row ────────────────────────────────────────────────────────

    def _without_malformed(self, records: Records) -> None:
        for record in np.flatnonzero(records.malformed).tolist():
            self._refuse(record, _MALFORMED)
        fine = records.take(~records.malformed)
        self._rebuild(fine, self._pieces(fine))

    def _without_undecodable(self) -> None:
        records = self._records()
        pieces = self._pieces(records)
        fine = np.array([_is_utf8(piece) for piece in pieces], np.bool_)
        for record in np.flatnonzero(~fine).tolist():
            self._refuse(
                record,
                f"The record holds bytes that mean nothing in {self._parser.encoding}; they are "
                "shown as \\xNN. Correct the file, or declare the encoding that it has.",
            )
        self._rebuild(
            records.take(fine), [piece for piece, good in zip(pieces, fine, strict=True) if good]
        )

    def _settle(self, ragged: list[int]) -> None:
        """Reject, count as blank, or mend each record with too few or many fields.

        Mending only takes away an empty field behind the last column, or adds
        fields that have no name: neither holds anything.
        """
        records = self._records()
        pieces = self._pieces(records)
        keep = np.ones(len(records), np.bool_)
        dialect, width = self._parser.dialect, self._parser.width
        for record in ragged:
            fields = dialect.fields(pieces[record])
            extra = len(fields) - width
            if self._parser.drop_blank and not any(field.strip() for field in fields):
                self._blank += 1
                keep[record] = False
            elif extra == 1 and not fields[-1].strip():
                pieces[record] = pieces[record][: pieces[record].rindex(dialect.delimiter)]
            elif -self._parser.nameless <= extra < 0:
                pieces[record] += dialect.delimiter * -extra
            else:
                self._refuse(record, f"Expected {width} fields, got {len(fields)}.")
                keep[record] = False
        kept = [piece for piece, good in zip(pieces, keep, strict=True) if good]
        self._rebuild(records.take(keep), kept)

    def _check_count(self, count: int) -> None:
        """Tie rows to lines; two readings that differ must never pass."""
        if self._source is None and count == self._page.lines:
            return
        known = len(self._records())
        if known != count:
            raise FileRefused(
                f"{self._parser.file} can be read in two ways behind line {self._page.line}: as "
                f"{known} or as {count} records. Check its quotes and line ends there."
            )

    # ── what is a row ─────────────────────────────────────────────────────────

    def _fields(self) -> tuple[pa.Table, list[int]]:
        direct, text = self._parser.schemas
        if direct is text:
            return self._fields_as(text)
        try:
            return self._fields_as(direct)
        except pa.ArrowInvalid:
            return self._fields_as(text)

    def _fields_as(self, schema: pa.Schema) -> tuple[pa.Table, list[int]]:
        parser = self._parser
        return parse_fields(
            self._text, parser.dialect, schema, parser.nulls, keep_empty=parser.keep_empty
        )

    def _without_blanks(self, rows: pa.Table) -> pa.Table:
        blank = blank_rows(rows.drop_columns([_ROW]))
        if blank is None:
            return rows
        if any(null.strip() for null in self._parser.nulls):
            blank = self._says_nothing(rows[_ROW], blank)
        kept = rows.filter(pc.invert(blank))
        self._blank += rows.num_rows - kept.num_rows
        return kept

    def _says_nothing(self, numbers: pa.ChunkedArray, blank: pa.ChunkedArray) -> pa.Array:
        """A record that spells its nulls out is not empty: look at its text."""
        fields = self._parser.dialect.fields
        known = blank.to_pylist()
        for row in pc.indices_nonzero(blank).to_pylist():
            known[row] = not any(field.strip() for field in fields(self._raw(numbers[row].as_py())))
        return pa.array(known, pa.bool_())

    def _without_nameless(self, rows: pa.Table) -> pa.Table:
        for number in range(self._parser.nameless):
            name = f"{_NAMELESS}{number}"
            value = pc.utf8_trim_whitespace(pc.fill_null(rows[name], ""))
            filled = pc.not_equal(value, "")
            for row in pc.indices_nonzero(filled).to_pylist():
                self._refuse(
                    rows[_ROW][row].as_py(),
                    f"Field {len(self._parser.columns) + number + 1} has no name in the header, "
                    f"but holds {rows[name][row].as_py()!r}. To keep it, declare the format's "
                    "names.",
                )
            rows = rows.filter(pc.invert(filled)).drop_columns([name])
        return rows

    def _with_origin(self, rows: pa.Table) -> pa.Table:
        places = numbers(rows[_ROW].combine_chunks())
        offsets = places if self._source is None else self._source.lines[places]
        count = rows.num_rows
        rows = rows.drop_columns([_ROW])
        rows = rows.append_column("_file", repeated(self._parser.file, count))
        rows = rows.append_column("_line", int64(self._page.line + offsets))
        return rows.append_column("_path", pa.nulls(count, pa.string()))


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
