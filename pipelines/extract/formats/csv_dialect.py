"""Telling how a delimited file is laid out: its delimiter, header and columns.

Belongs here: what is decided once, from a file's beginning. Does not belong
here: reading its records. Everything declared is taken as declared; what is
told must be told by most of the first records, else the file is refused.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace

from pipelines.errors import DeclarationError, FileRefused
from pipelines.extract.formats.csv_records import Dialect, count_lines, walk_records
from pipelines.spec import Csv

_CANDIDATES = (b",", b"\t", b";", b"|", b"#", b"~", b"^")
_LOOKED_AT = 200
_AGREED = 0.5
_TELLING = 3
_PREAMBLE_AGREED = 0.8


@dataclass(frozen=True)
class Layout:
    """How one file is laid out.

    `labels` name the fields that carry a name. `nameless` counts the fields
    behind them that have none: they must be empty. `begins` is where the first
    record behind the header stands in the text looked at, on physical line
    `line`.
    """

    dialect: Dialect
    labels: tuple[str, ...]
    nameless: int
    begins: int
    line: int

    @property
    def width(self) -> int:
        """Fields in a record."""
        return len(self.labels) + self.nameless


@dataclass(frozen=True)
class _Seen:
    """The first records under one dialect: fields, first line, end of each."""

    fields: list[list[str]]
    lines: list[int]
    ends: list[int]

    @property
    def widths(self) -> list[int]:
        return [len(fields) for fields in self.fields]


def tell_layout(text: bytes, declared: Csv, label: str, *, final: bool) -> Layout | None:
    """The layout of a file that begins with `text`; None if more text is needed.

    `text` is UTF-8 and `final` if there is no more of it. FileRefused when the
    file has no header, or its delimiter cannot be told.
    """
    skipped, line = _skip_lines(text, declared, label, final=final)
    if skipped is None:
        return None
    rest = text[skipped:]
    dialects = _dialects(declared)
    seen = {dialect: _look(rest, dialect, final=final) for dialect in dialects}
    if not final and any(not looked.fields for looked in seen.values()):
        return None
    if not any(looked.fields for looked in seen.values()):
        return _without_records(declared, dialects[0], skipped, line, rest, label)
    dialect = _choose(seen, declared, label)
    looked = seen[dialect]
    if declared.header_row == 0:
        return _named(Layout(dialect, (), 0, skipped, line), declared, looked, label)
    if declared.header_row and looked.lines[0] > 0:
        raise FileRefused(
            f"Line {line} of {label} is declared to be its header, but holds nothing. The next "
            f"line that does is line {line + looked.lines[0]}."
        )
    labels = [field.strip() for field in looked.fields[0]]
    nameless = next((i for i, name in enumerate(reversed(labels)) if name), len(labels))
    _refuse_preamble(labels, looked, declared, line, label)
    layout = Layout(
        dialect,
        tuple(labels[: len(labels) - nameless]),
        nameless,
        skipped + looked.ends[0],
        line + count_lines(rest[: looked.ends[0]]),
    )
    return _named(layout, declared, looked, label)


def _skip_lines(text: bytes, declared: Csv, label: str, *, final: bool) -> tuple[int | None, int]:
    """Where the declared header row begins, and its physical line."""
    wanted = declared.header_row or 1
    at = 0
    for _ in range(wanted - 1):
        breaks = [place for end in (b"\n", b"\r") if (place := text.find(end, at)) >= 0]
        if not breaks:
            if not final:
                return None, 0
            raise FileRefused(
                f"{label} has fewer than {wanted} lines, but its header is declared to be line "
                f"{wanted}."
            )
        at = min(breaks)
        at += 2 if text[at : at + 2] == b"\r\n" else 1
    return at, wanted


def _dialects(declared: Csv) -> list[Dialect]:
    def one(name: str, value: str | None) -> bytes | None:
        if value is not None and (len(value) != 1 or not value.isascii() or value in "\r\n"):
            raise DeclarationError(
                f"The {name} {value!r} cannot be used. Expected a single ASCII character."
            )
        return value.encode() if value else None

    quote, escape = one("quote", declared.quote), one("escape", declared.escape)
    comment = declared.comment.encode() if declared.comment else None
    delimiter = one("delimiter", declared.delimiter)
    if quote == escape:
        escape = None
    return [
        Dialect(candidate, quote, escape, comment)
        for candidate in ([delimiter] if delimiter else _CANDIDATES)
        if candidate not in (quote, escape, comment)
    ]


def _look(text: bytes, dialect: Dialect, *, final: bool) -> _Seen:
    """The first records; wholly empty ones are passed over."""
    records, _ = walk_records(text, dialect, keep_empty=False, final=final, at_most=_LOOKED_AT + 1)
    fields, lines, ends = [], [], []
    for start, end, line in zip(
        records.starts.tolist(), records.ends.tolist(), records.lines.tolist(), strict=True
    ):
        values = [v.decode("utf-8", "replace") for v in dialect.fields(text[start:end])]
        if any(value.strip() for value in values):
            fields.append(values)
            lines.append(line)
            ends.append(end + (2 if text[end : end + 2] == b"\r\n" else 1))
    return _Seen(fields, lines, [min(end, len(text)) for end in ends])


def _choose(seen: dict[Dialect, _Seen], declared: Csv, label: str) -> Dialect:
    """The dialect under which most records are as wide as the first."""
    if declared.delimiter:
        return next(iter(seen))
    scores: dict[Dialect, tuple[float, int]] = {}
    for dialect, looked in seen.items():
        width = looked.widths[0] if looked.widths else 1
        others = looked.widths[1:]
        if width > 1 and (len(others) < _TELLING or max(others) > 1):
            agreed = looked.widths.count(width) / len(looked.widths)
            scores[dialect] = (agreed, width)
    if not scores:
        _refuse_hidden_table(seen, declared, label)
        return next(iter(seen))
    best = max(scores, key=lambda dialect: scores[dialect])
    if scores[best][0] < _AGREED:
        raise FileRefused(
            f"The delimiter of {label} cannot be told: its first line has {scores[best][1]} fields "
            f"if {best.delimiter.decode()!r} parts them, but most other lines have not. Declare "
            "the format's delimiter, and its header_row if lines stand before the header."
        )
    return best


def _refuse_hidden_table(seen: dict[Dialect, _Seen], declared: Csv, label: str) -> None:
    """A first line of one field above lines that all have the same several."""
    for dialect, looked in seen.items():
        others = looked.widths[1:]
        if len(others) < 2 or declared.header_row is not None:
            continue
        width = statistics.mode(others)
        if width > 1 and others.count(width) >= _PREAMBLE_AGREED * len(others):
            row = 1 + looked.lines[1 + others.index(width)]
            raise FileRefused(
                f"The first line of {label} is {looked.fields[0][0]!r}, while most lines below "
                f"have {width} fields parted by {dialect.delimiter.decode()!r}. If the header is "
                f"line {row}, declare header_row={row}; if the file has one column, declare a "
                "delimiter that it does not hold."
            )


def _refuse_preamble(
    labels: list[str], looked: _Seen, declared: Csv, line: int, label: str
) -> None:
    """A header with one label over records with more is a title."""
    filled = sum(bool(name) for name in labels)
    if declared.header_row is not None or declared.names or filled > 1:
        return
    for fields, offset in zip(looked.fields[1:], looked.lines[1:], strict=True):
        if sum(bool(field.strip()) for field in fields) > 1:
            raise FileRefused(
                f"Line {line + looked.lines[0]} of {label} looks like a title, not a header: it "
                f"names one column, but records below have more. If the header is line "
                f"{line + offset}, declare header_row={line + offset}."
            )


def _named(layout: Layout, declared: Csv, looked: _Seen, label: str) -> Layout:
    """The layout under declared names, if there are any."""
    if not declared.names:
        if layout.labels:
            return layout
        raise DeclarationError(
            f"{label} is declared to have no header (header_row=0), so its columns have no names. "
            f"Declare the format's names; its first record has {looked.widths[0]} fields."
        )
    width = layout.width or looked.widths[0]
    count = len(declared.names)
    if count > width:
        raise FileRefused(
            f"{label} has {width} columns, but {count} names are declared: "
            f"{', '.join(declared.names)}. Expected one name a column."
        )
    unnamed = width - count
    if layout.labels and unnamed > layout.nameless:
        raise FileRefused(
            f"{label} has {len(layout.labels)} named columns, but only {count} names are "
            f"declared: {', '.join(declared.names)}. Expected one name a column."
        )
    return replace(layout, labels=declared.names, nameless=unnamed if layout.labels else 0)


def _without_records(
    declared: Csv, dialect: Dialect, skipped: int, line: int, rest: bytes, label: str
) -> Layout:
    """A file without records: fine where no header is expected, else refused."""
    if dialect.quote and rest.strip().startswith(dialect.quote):
        raise FileRefused(
            f"The quote that opens line {line} of {label} is never closed, so no record can be "
            "told. Declare the format's quote (None if quotes are mere characters)."
        )
    if declared.header_row == 0 and declared.names:
        return Layout(dialect, declared.names, 0, skipped, line)
    raise FileRefused(
        f"{label} is empty. Expected at least a header line; a file that was cut short must not "
        "pass for a table without rows."
    )
