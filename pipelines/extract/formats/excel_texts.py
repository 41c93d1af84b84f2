"""The texts of a plain workbook: between tags, and in its table of shared texts.

Belongs here: white space, escapes, and which bytes make a text. Does not belong
here: which cell holds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import int64
from pipelines.extract.formats.excel_tags import (
    Bits,
    Codes,
    Ints,
    NotPlain,
    check,
    head_is_plain,
    names_of,
)

_BLOCK = 1 << 20
_LARGEST = 2**31 - 1
_KEPT = b'<t xml:space="preserve">'
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_ESCAPED = "&(?:lt|gt|quot|apos|amp);"
_ITEM = np.array([int.from_bytes(name, "little") for name in (b"si", b"t>", b"/t", b"/s")])
_SPACED = int.from_bytes(b"t ", "little")


def shared_texts(data: bytes) -> pa.StringArray:
    """All shared texts; NotPlain where one is more than a single <t>."""
    first, last = data.find(b"<si>"), data.rfind(b"</si>") + 5
    head, tail = data[: max(first, 0)], data[last:]
    if (
        len(data) > _LARGEST
        or b"<sst" not in head
        or not head_is_plain(head)
        or tail.strip() != b"</sst>"
    ):
        raise NotPlain
    found = []
    while first < last:
        end = data.find(b"</si>", min(first + _BLOCK, last - 5)) + 5
        found.append(_shared(data[first:end]))
        first = end
    return unescaped(pa.concat_arrays(found))


def _shared(block: bytes) -> pa.StringArray:
    check(block)
    buffer = np.frombuffer(block, np.uint8)
    starts = np.flatnonzero(buffer == ord("<"))
    if len(starts) % 4:
        raise NotPlain
    names = names_of(buffer, starts).reshape(-1, 4)
    names[:, 1][names[:, 1] == _SPACED] = _ITEM[1]
    if (names != _ITEM).any() or (buffer.take(starts[0::4] + 3) != ord(">")).any():
        raise NotPlain
    return between(pa.string(), block, *spans(block, buffer, starts[1::4], starts[2::4]))


def spans(block: bytes, buffer: Codes, tag: Ints, end: Ints) -> tuple[Ints, Ints]:
    """From where to where the texts go that stand between these tags and `end`.

    NotPlain where white space around a text may be no part of it.
    """
    short = buffer.take(tag + 2) == ord(">")
    begin = tag + 3
    if not short.all():
        begin[~short] = np.minimum(tag + len(_KEPT), end)[~short]
        if between(pa.binary(), block, tag[~short], begin[~short]).unique().to_pylist() != [_KEPT]:
            raise NotPlain
    bare = short & (buffer.take(tag + 1) == ord("t")) & (begin < end)
    edges = buffer.take(begin[bare]), buffer.take(end[bare] - 1)
    if any((edge <= ord(" ")).any() for edge in edges):
        raise NotPlain
    if any((edge >= 0x80).any() for edge in edges):
        texts = between(pa.string(), block, begin[bare], end[bare])
        if not pc.utf8_trim_whitespace(texts).equals(texts):
            raise NotPlain
    return begin, end


def unescaped(texts: pa.StringArray) -> pa.StringArray:
    """NotPlain where there are other escapes than the five that every writer knows."""
    if not pc.any(pc.match_substring(texts, "&")).as_py():
        return texts
    every, known = pc.count_substring(texts, "&"), pc.count_substring_regex(texts, _ESCAPED)
    if not pc.all(pc.equal(every, known)).as_py():
        raise NotPlain
    for escape, means in _ESCAPES:
        texts = pc.replace_substring(texts, escape, means)
    return texts


def between(
    kind: pa.DataType,
    block: bytes,
    begin: Ints,
    end: Ints,
    which: Ints | None = None,
    valid: Bits | None = None,
) -> Any:
    """The pieces of a block from each `begin` to each `end`, or those named by `which`."""
    edges = np.empty(2 * len(begin) + 1, np.int32)
    edges[0:-1:2], edges[1::2], edges[-1] = begin, end, len(block)
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(block)]
    every = pa.Array.from_buffers(kind, 2 * len(begin), buffers)
    if which is None:
        return every.take(int64(np.arange(0, 2 * len(begin), 2)))
    mask = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    chosen = pa.Array.from_buffers(pa.int64(), len(which), [mask, pa.py_buffer(2 * which)])
    return every.take(chosen)
