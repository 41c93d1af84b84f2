"""Records from bytes to Arrow without a Python value each, or not at all.

Belongs here: pyarrow's JSON reader, and the guards without which it loses or
invents values. Does not belong here: what to do with a page it can't be trusted
with; `read` returns None, and the exact way (json_exact) takes over.

What the guards are for: pyarrow takes NaN and Infinity for numbers, text for a
decimal, several records on a line, a record on several lines, half a page after
a NUL, and bytes that are not UTF-8; lists of several nulls it makes too short, which
its own validation finds; it crashes on a record that is no object.

A whole list is given to it as the only field of one object, and its records become
the items of one value. There it refuses an item that is no object by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from pipelines.extract.formats.json_types import Shape
from pipelines.flow import Reject
from pipelines.sqltypes import arrow_type

_SMALL = re.compile(rb"[eE]-\d{3}|0{300}")
_FEW = 1_000
_IN_LIST = r"\[[^\]]*"
_OPEN, _CLOSE, _QUOTE = ord("{"), ord("}"), ord('"')


@dataclass(frozen=True)
class Page:
    """Some records: `data[starts[i]:ends[i]]` is one, trimmed of white space.

    Between two records stands a line end and nothing else but white space;
    inside a record stands no line end, unless the record is broken.
    `lines` are physical lines, `paths` the places in a document. `rejects` are
    records that the page had no room for.
    """

    data: bytes
    starts: np.ndarray
    ends: np.ndarray
    lines: np.ndarray | None = None
    paths: pa.Array | None = None
    rejects: tuple[Reject, ...] = ()

    def record(self, row: int) -> bytes:
        """One record as it was written."""
        return self.data[self.starts[row] : self.ends[row]]


@dataclass(frozen=True)
class ListPage:
    """Some records that nobody has told apart: `data` is the text of their JSON list.

    `place` is where the list stood in the answer. `page` tells the records apart, for
    when they have to be looked at one by one.
    """

    data: bytes
    place: str
    page: Callable[[], Page]


@dataclass(frozen=True)
class Plan:
    """How the fast reader is to read; made from what was seen so far.

    `text` is the regular expression of a text where a decimal should stand; empty:
    there are no decimals.
    """

    schema: pa.Schema
    text: str


def plan(shape: Shape, declared: Mapping[str, str]) -> Plan | None:
    """The plan for records of this shape; None when they must go the exact way.

    `declared` maps field → SQL type. A field is read as what the JSON says; its
    declared type comes from that by an exact cast. Where the JSON's own type
    would lose what the declared one keeps, the fast reader is not used.
    """
    if not shape.fields:
        return None
    fields, texts = [], []
    for name, inner in shape.fields.items():
        read_as = _read_as(inner, declared.get(name))
        if read_as is None:
            return None
        fields.append(pa.field(name, read_as))
    # pyarrow reads "1.5" into a decimal. That is text, unless decimals are declared.
    undeclared = [f for f in fields if not declared.get(f.name, "").upper().startswith("DECIMAL")]
    for name, lists in _decimals(pa.struct(undeclared)):
        if lists > 1:
            return None
        texts.append(f'{_spelled(name)}"\\s*:\\s*{_IN_LIST if lists else ""}"')
    return Plan(pa.schema(fields), f'"(?:{"|".join(texts)})' if texts else "")


def _spelled(name: str) -> str:
    """A field's name as it may stand in the text."""
    if name.isascii():
        return re.escape(name)
    return f"(?:{re.escape(name)}|(?i:{re.escape(json.dumps(name)[1:-1])}))"


def _read_as(shape: Shape, declared: str | None) -> pa.DataType | None:
    if not shape.plain:
        return None
    seen = shape.arrow()
    wanted = arrow_type(declared) if declared else None
    if wanted is None or seen.equals(wanted) or pa.types.is_null(seen):
        return seen
    if pa.types.is_floating(wanted) and shape.kind == "number":
        return pa.float64()
    if pa.types.is_string(wanted):
        return seen if pa.types.is_integer(seen) or pa.types.is_boolean(seen) else None
    return None if pa.types.is_floating(seen) else seen


def _decimals(kind: pa.DataType) -> Iterator[tuple[str, int]]:
    """The fields, at any depth, that hold decimals, and in how many lists."""
    for inner in kind:
        value, lists = inner.type, 0
        while pa.types.is_list(value):
            value, lists = value.value_type, lists + 1
        if pa.types.is_struct(value):
            yield from _decimals(value)
        elif pa.types.is_decimal(value):
            yield inner.name, lists


def read(page: Page | ListPage, how: Plan) -> pa.Table | None:
    """The page's records, one row each; None when anything is out of the ordinary."""
    if isinstance(page, ListPage):
        return _read_list(page, how)
    if not len(page.starts):
        return pa.table([pa.nulls(0, field.type) for field in how.schema], schema=how.schema)
    first = np.frombuffer(page.data, np.uint8)
    if not (first[page.starts] == _OPEN).all() or not (first[page.ends - 1] == _CLOSE).all():
        return None
    rows = _read(page.data, how, how.schema)
    if rows is None or rows.num_rows != len(page.starts):
        return None
    return rows.combine_chunks() if _true_floats(rows, page) else None


def _read_list(page: ListPage, how: Plan) -> pa.Table | None:
    schema = pa.schema([("", pa.list_(pa.struct(list(how.schema))))])
    rows = _read(b'{"":%b}' % page.data, how, schema)
    if rows is None or rows.num_rows != 1:
        return None
    found = rows.column(0).combine_chunks()
    records = found.flatten()
    if found.null_count or records.null_count or not _true_floats(rows, page):
        return None
    return pa.table(records.flatten(), schema=how.schema)


def _read(data: bytes, how: Plan, schema: pa.Schema) -> pa.Table | None:
    if b"\0" in data:
        return None
    try:
        if not data.isascii():
            data.decode()
        rows = pj.read_json(
            pa.BufferReader(data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=pj.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error"
            ),
        )
        rows.validate()
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return None if how.text and _has_text(data, rows, how.text) else rows


def _has_text(data: bytes, rows: pa.Table, pattern: str) -> bool:
    """Whether a text stands where a decimal should.

    Where nothing is null, the names and texts that were read tell how many quotes there
    must be, which are counted ten times as fast as the pattern is searched for.
    """
    expected = _quotes(rows.to_struct_array().combine_chunks())
    if expected is None or b"\\" in data:
        return _matches(data, pattern)
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _QUOTE)) != expected


def _quotes(values: pa.Array) -> int | None:
    """How many quotes stand around the names and texts of these values; None: some are null."""
    if values.null_count:
        return None
    if pa.types.is_string(values.type):
        return 2 * len(values)
    if pa.types.is_list(values.type):
        return _quotes(values.flatten())
    if not pa.types.is_struct(values.type):
        return 0
    inside = [_quotes(child) for child in values.flatten()]
    return None if None in inside else 2 * len(inside) * len(values) + sum(filter(None, inside))


def _matches(data: bytes, pattern: str) -> bool:
    """Whether the pattern stands anywhere; other threads run meanwhile, as with `re` they can't."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int32))
    text = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(data)])
    return bool(pc.match_substring_regex(text, pattern=pattern)[0].as_py())


def _true_floats(rows: pa.Table, page: Page | ListPage) -> bool:
    """No NaN, no infinity, and no zero that was a very small number."""
    suspects: set[int] = set()
    anywhere = False
    for column in rows.columns:
        values = column.combine_chunks()
        for leaf in _float_leaves(values):
            if pc.all(pc.is_finite(leaf)).as_py() is False:
                return False
            zeros = pc.indices_nonzero(pc.equal(leaf, 0.0))
            if len(zeros) and (leaf is not values or len(zeros) > _FEW):
                anywhere = True
            else:
                suspects.update(zeros.to_pylist())
    if anywhere:
        return not _SMALL.search(page.data)
    return isinstance(page, ListPage) or not any(
        _SMALL.search(page.record(row)) for row in suspects
    )


def _float_leaves(values: pa.Array) -> Iterator[pa.Array]:
    if pa.types.is_floating(values.type):
        yield values
    elif pa.types.is_list(values.type):
        yield from _float_leaves(values.flatten())
    elif pa.types.is_struct(values.type):
        for child in values.flatten():
            yield from _float_leaves(child)
