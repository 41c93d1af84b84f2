"""The cells of a plain xlsx worksheet, found a megabyte at a time.

Belongs here: which row and column a cell has, what it may hold, and where its
text lies. Does not belong here: tags (excel_tags), what a text stands for
(excel_plain).

Only the few shapes that programs write for tables are known. NotPlain is raised
at the first byte that could mean anything else; the sheet is then read by the
library that knows everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.extract.formats.excel_tags import (
    CELL,
    CELL_EMPTY,
    ROW,
    ROW_EMPTY,
    Bits,
    Codes,
    Ints,
    NotPlain,
    T,
    V,
    check,
    tags_of,
)
from pipelines.extract.formats.excel_texts import between, spans

EMPTY, NUMBER, TEXT, SHARED, BOOL, ERROR, MOMENT, STRANGE = range(8)
"""What a cell holds; STRANGE cells are plain as long as they hold nothing."""

_MOST_COLUMNS = 16_384
_MOST_CELLS = 16 << 20
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
_CELL_START = int.from_bytes(b'<c r="', "little")
_ROW_START = int.from_bytes(b'<row r="', "little")

_REST = re.compile(rb'(?:\s+[\w:]+="[^"]*")*\s*/?')
_KIND = re.compile(rb'\s([st])="([^"]*)"')


@dataclass(frozen=True)
class Cells:
    """The cells of some rows, of which the first is row `first` of the sheet.

    `kinds` has a row for each of the sheet's columns. `texts` holds their texts as
    they stand in the file, column after column, NULL where there is none; `escaped`
    if there may be escapes (&amp;) among them.
    """

    first: int
    escaped: bool
    kinds: Codes
    texts: pa.StringArray


def scan(block: bytes, kind_of: Callable[[bytes | None, bytes], int]) -> Cells:
    """The cells of a block, which ends behind a row.

    `kind_of(type, style)` says what a cell with these attributes holds.
    """
    check(block)
    buffer = np.frombuffer(block, np.uint8)
    words: npt.NDArray[np.uint64] = np.ndarray((len(block),), "<u8", block + bytes(7), 0, (1,))
    tags, starts = tags_of(buffer)
    rows = np.flatnonzero((tags == ROW) | (tags == ROW_EMPTY))
    numbers, row_words, sizes = _rows(starts[rows], buffer, words)
    cells = np.flatnonzero((tags == CELL) | (tags == CELL_EMPTY))
    owner = np.searchsorted(rows, cells) - 1
    columns, digits = _columns(starts[cells], buffer)
    sizes = sizes[owner]
    if (
        ((words[starts[cells]] & _MASKS[6]) != _CELL_START).any()
        or ((words[digits] & _MASKS[sizes]) != row_words[owner]).any()
        or (np.diff(owner * _MOST_COLUMNS + columns) <= 0).any()
    ):
        raise NotPlain
    ends = starts[cells + 1] - 1
    if (buffer.take(ends) != ord(">")).any():
        raise NotPlain
    kinds, inline = _kinds(block, digits + sizes, ends, kind_of)
    holding, values = _values(tags, cells)
    kinds, inline = kinds[holding], inline[holding]
    if ((tags[values] == T) != inline).any() or (kinds == STRANGE).any():
        raise NotPlain
    begin, end = spans(block, buffer, starts[values], starts[values + 1])
    filled = (kinds == TEXT) | (begin < end)
    place = numbers[owner[holding]] - numbers[0], columns[holding]
    return _placed(block, place, kinds, begin, end, filled, int(numbers[0]), int(numbers[-1]))


def _rows(
    starts: Ints, buffer: Codes, words: npt.NDArray[np.uint64]
) -> tuple[Ints, npt.NDArray[np.uint64], Ints]:
    """Of each row its number, its digits with the quote behind them, and their count."""
    if (words[starts] != _ROW_START).any():
        raise NotPlain
    at = starts + 8
    number = np.zeros(len(at), np.int64)
    size = np.ones(len(at), np.int64)
    more = np.ones(len(at), bool)
    for place in range(8):
        digit = buffer[at + place].astype(np.int64) - ord("0")
        more &= (digit >= 0) & (digit <= 9)
        number = np.where(more, number * 10 + digit, number)
        size += more
    if (size > 8).any() or (np.diff(number) <= 0).any() or (buffer[at] == ord("0")).any():
        raise NotPlain
    if (buffer[at + size - 1] != ord('"')).any():
        raise NotPlain
    return number - 1, words[at] & _MASKS[size], size


def _columns(starts: Ints, buffer: Codes) -> tuple[Ints, Ints]:
    """Of each cell its column, and where the digits of its row begin."""
    at = starts + 6
    column = np.zeros(len(at), np.int64)
    more = np.ones(len(at), bool)
    for _ in range(3):
        letter = buffer[at].astype(np.int64) - ord("A") + 1
        more &= (letter >= 1) & (letter <= 26)
        if not more.any():
            break
        column = np.where(more, column * 26 + letter, column)
        at = at + more
    if ((column < 1) | (column > _MOST_COLUMNS)).any():
        raise NotPlain
    return column - 1, at


def _kinds(
    block: bytes,
    begin: Ints,
    end: Ints,
    kind_of: Callable[[bytes | None, bytes], int],
) -> tuple[Codes, Bits]:
    """Of each cell what it may hold, and whether that stands in it as <is>."""
    said = between(pa.binary(), block, begin, end).dictionary_encode()
    kinds, inlines = [], []
    for rest in said.dictionary.to_pylist():
        if not _REST.fullmatch(rest):
            raise NotPlain
        found = dict(_KIND.findall(rest))
        kinds.append(kind_of(found.get(b"t"), found.get(b"s", b"")))
        inlines.append(found.get(b"t") == b"inlineStr")
    which = np.frombuffer(said.indices.buffers()[1], np.int32, len(said))
    return np.array(kinds, np.uint8)[which], np.array(inlines, bool)[which]


def _values(tags: Codes, cells: Ints) -> tuple[Ints, Ints]:
    """Which cells hold something, and the tag before it."""
    values = np.flatnonzero((tags == V) | (tags == T))
    return np.searchsorted(cells, values) - 1, values


def _placed(
    block: bytes,
    place: tuple[Ints, Ints],
    kinds: Codes,
    begin: Ints,
    end: Ints,
    filled: Bits,
    first: int,
    last: int,
) -> Cells:
    """The values of the cells, each where it belongs."""
    rows, columns = place[0][filled], place[1][filled]
    width = int(columns.max(initial=-1)) + 1
    shape = (width, last - first + 1)
    if shape[0] * shape[1] > _MOST_CELLS:
        raise NotPlain
    at = columns * shape[1] + rows
    which = np.zeros(shape[0] * shape[1], np.int64)
    which[at] = np.flatnonzero(filled)
    placed = np.zeros(shape, np.uint8)
    placed.reshape(-1)[at] = kinds[filled]
    texts = between(pa.string(), block, begin, end, which, placed.reshape(-1) != EMPTY)
    return Cells(first, b"&" in block, placed, texts)
