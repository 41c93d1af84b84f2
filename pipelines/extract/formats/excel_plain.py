"""A plain xlsx worksheet as columns, without a Python object for every cell.

Belongs here: what the texts that excel_scan found stand for. Does not belong
here: finding them (excel_scan), asking calamine (excel_asked), tables.

Whatever is not certain to be read as calamine reads it raises NotPlain.
"""

from __future__ import annotations

import zipfile
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import int64, text
from pipelines.extract.formats.excel_asked import SHARED_PART, Asked
from pipelines.extract.formats.excel_scan import (
    BOOL,
    EMPTY,
    ERROR,
    MOMENT,
    NUMBER,
    SHARED,
    STRANGE,
    TEXT,
    scan,
)
from pipelines.extract.formats.excel_tables import Fault, Grid
from pipelines.extract.formats.excel_tags import Bits, Codes, NotPlain, blocks
from pipelines.extract.formats.excel_texts import shared_texts, unescaped

_MOST_CELLS = 60_000_000
_MOST_PIECES = 200_000
_KINDS = {b"s": SHARED, b"str": TEXT, b"inlineStr": TEXT, b"b": BOOL, b"e": ERROR}
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
_EPOCH = 25_569
_FIRST_DAY, _LAST_DAY = 61, 2_958_465
_DAY_MS = 86_400_000
_ZERO = text("0")
_NOTHING = pa.nulls(1, pa.string())[0]


class Plain:
    """All cells of one sheet, rows and columns from 0; NotPlain when it isn't so simple.

    An empty text is an empty cell.
    """

    def __init__(self, path: str, part: str, sheet: str) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            self._asked = Asked(archive, part, sheet)
            with archive.open(part) as file:
                scanned = [scan(block, self._kind_of) for block in blocks(file)]
        cells = [some for some in scanned if some.kinds.size]
        if not cells:
            raise NotPlain
        self.height = cells[-1].first + cells[-1].kinds.shape[1]
        self.width = max(len(some.kinds) for some in cells)
        starts = np.array([some.first for some in cells])
        ends = starts + [some.kinds.shape[1] for some in cells]
        if (
            (starts[1:] < ends[:-1]).any()
            or self.width * self.height > _MOST_CELLS
            or self.width * len(cells) > _MOST_PIECES
        ):
            raise NotPlain
        self._kinds = np.zeros((self.width, self.height), np.uint8)
        for some in cells:
            width, height = some.kinds.shape
            self._kinds[:width, some.first : some.first + height] = some.kinds
        self._cells = cells
        self._escaped = any(some.escaped for some in cells)
        self._texts = [self._resolved(column) for column in range(self.width)]

    @cached_property
    def _shared(self) -> pa.StringArray:
        with zipfile.ZipFile(self._path) as archive:
            parts = [name for name in archive.namelist() if name.lower() == SHARED_PART]
            return shared_texts(b"".join(map(archive.read, parts)))

    def _kind_of(self, said: bytes | None, style: bytes) -> int:
        if said is None or said == b"n":
            return self._asked.style(style)
        return _KINDS.get(said, STRANGE)

    def shape(self, head: int) -> Grid:
        """The values of the first rows, and behind them just which cells are empty."""
        packed = np.ascontiguousarray(np.packbits(self._kinds != EMPTY, axis=0).T)
        every = pa.Array.from_buffers(
            pa.binary(packed.shape[1]), self.height, [None, pa.py_buffer(packed)]
        ).dictionary_encode()
        rows = [
            ["x" if pattern[at >> 3] << (at & 7) & 128 else "" for at in range(self.width)]
            for pattern in every.dictionary.to_pylist()
        ]
        head = min(head, self.height)
        values = [self.values(column, 0, head) for column in range(self.width)]
        return [list(row) for row in zip(*values, strict=True)] + [
            rows[at] for at in every.indices[head:].to_pylist()
        ]

    def values(self, column: int, first: int, last: int) -> list[Any]:
        """The cells of some rows as calamine gives them, error cells as Fault."""
        found: list[Any] = [""] * (last - first)
        kinds = self._kinds[column, first:last]
        texts = self._texts[column].slice(first, last - first)
        for kind in _present(kinds):
            places = np.flatnonzero(kinds == kind)
            chosen = texts.take(int64(places))
            values = _typed(kind, chosen).to_pylist()
            if kind == MOMENT:
                days = map(float, chosen.to_pylist())
                values = [
                    m.date() if d.is_integer() else m for m, d in zip(values, days, strict=True)
                ]
            elif kind == ERROR:
                values = [Fault(value) for value in values]
            for place, value in zip(places.tolist(), values, strict=True):
                found[place] = value
        return found

    def array(self, column: int, first: int, last: int, *, as_text: bool) -> pa.Array | None:
        """The cells of some rows as one column; None where each must be looked at."""
        kinds = self._kinds[column, first:last]
        present = _present(kinds)
        texts = self._texts[column].slice(first, last - first)
        if not present:
            return pa.nulls(last - first)
        if len(present) > 1 or present[0] == ERROR or (as_text and present[0] != TEXT):
            return None
        return _column(present[0], texts)

    def _resolved(self, column: int) -> pa.StringArray:
        """The texts of a column, without escapes; those in the shared strings fetched."""
        pieces, at = [], 0
        for some in self._cells:
            width, height = some.kinds.shape
            pieces.append(pa.nulls(some.first - at, pa.string()))
            inside = column < width
            pieces.append(
                some.texts.slice(column * height, height)
                if inside
                else pa.nulls(height, pa.string())
            )
            at = some.first + height
        try:
            texts = pa.concat_arrays(pieces)
        except pa.ArrowInvalid:
            raise NotPlain from None  # More than 2 GB of text.
        kinds = self._kinds[column]
        present = _present(kinds)
        if TEXT in present and self._escaped:
            texts = unescaped(texts)
        if ERROR in present:
            said = texts.filter(_bits(kinds == ERROR)).unique().to_pylist()
            if not _ERRORS.issuperset(said):
                raise NotPlain
        if SHARED in present:
            shared = _bits(kinds == SHARED)
            which = _cast(pc.if_else(shared, texts, _NOTHING), pa.int64())
            texts = pc.if_else(shared, _fetched(self._shared, which), texts)
            kinds[kinds == SHARED] = TEXT
        if TEXT in present or SHARED in present:
            sizes = np.frombuffer(pc.binary_length(texts).buffers()[1], np.int32, len(texts))
            blank = (kinds == TEXT) & (sizes == 0)
            if blank.any():
                kinds[blank] = EMPTY
                texts = pc.if_else(_bits(blank), _NOTHING, texts)
        return texts


def _fetched(shared: pa.StringArray, which: pa.Int64Array) -> pa.StringArray:
    try:
        return shared.take(which)
    except pa.ArrowIndexError:
        raise NotPlain from None


def _present(kinds: Codes) -> list[int]:
    """What some cells hold, the empty ones left out."""
    return [kind for kind in np.flatnonzero(np.bincount(kinds)).tolist() if kind != EMPTY]


def _bits(which: Bits) -> pa.BooleanArray:
    packed = pa.py_buffer(np.packbits(which, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(which), [None, packed])


def _cast(texts: pa.StringArray, kind: pa.DataType) -> pa.Array:
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        raise NotPlain from None


def _typed(kind: int, texts: pa.StringArray) -> pa.Array:
    """Texts of one kind as what they stand for: moments in microseconds."""
    if kind == NUMBER:
        return _cast(texts, pa.float64())
    if kind == BOOL:
        return pc.not_equal(texts, _ZERO)
    if kind == MOMENT:
        return _moments(_cast(texts, pa.float64()))
    return texts


def _column(kind: int, texts: pa.StringArray) -> pa.Array:
    """The column that cells of one kind make."""
    if kind == MOMENT:
        days = _cast(texts, pa.float64())
        if pc.all(pc.equal(days, pc.floor(days))).as_py():
            _check_days(days)
            return pc.subtract(days, _double(_EPOCH)).cast(pa.int32()).cast(pa.date32())
    values = _typed(kind, texts)
    if kind == NUMBER:
        try:
            return values.cast(pa.int64())
        except pa.ArrowInvalid:
            pass  # Some have a fraction, or are too large.
    return values


def _moments(days: pa.DoubleArray) -> pa.TimestampArray:
    """Days since 1899-12-30 as moments, to the nearest millisecond."""
    _check_days(days)
    rounded = pc.floor(pc.add(pc.multiply(days, _double(_DAY_MS)), _double(0.5)))
    since = pc.subtract(rounded, _double(_EPOCH * _DAY_MS)).cast(pa.int64())
    return since.cast(pa.timestamp("ms")).cast(pa.timestamp("us"))


def _double(value: float) -> pa.DoubleScalar:
    """One number, without pyarrow's look at Python objects."""
    data = pa.py_buffer(np.array([value], np.float64))
    return pa.Array.from_buffers(pa.float64(), 1, [None, data])[0]


def _check_days(days: pa.DoubleArray) -> None:
    """Excel takes 1900 for a leap year: days before its March are not counted like others."""
    low, high = (bound.as_py() for bound in pc.min_max(days).values())
    if low is not None and not (low >= _FIRST_DAY and high < _LAST_DAY):
        raise NotPlain
