"""The tags of a plain xlsx worksheet, found a megabyte at a time.

Belongs here: cutting the sheet between rows, telling with array operations what
each tag is, and that they stand in one of the few orders that programs write.
Does not belong here: what the tags say (excel_scan).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]
Bits = npt.NDArray[np.bool_]
_BLOCK = 1 << 20
_LONGEST = 16 << 20

ROW, _ROW_END, CELL, _CELL_END, V, _V_END, _F, _F_END, _IS, _IS_END, T, _T_END = range(1, 13)
ROW_EMPTY, CELL_EMPTY, _F_EMPTY = 13, 14, 15
"""What a tag is; an empty one ends in />."""
_TAGS = {
    b"ro": ROW, b"/r": _ROW_END, b"c ": CELL, b"/c": _CELL_END, b"v>": V, b"/v": _V_END,
    b"f>": _F, b"f ": _F, b"/f": _F_END, b"is": _IS, b"/i": _IS_END, b"t>": T, b"t ": T,
    b"/t": _T_END,
}  # fmt: skip
_NEXT = {
    0: (ROW, ROW_EMPTY),
    ROW: (CELL, CELL_EMPTY, _ROW_END),
    CELL: (V, _F, _F_EMPTY, _IS, _CELL_END),
    CELL_EMPTY: (CELL, CELL_EMPTY, _ROW_END),
    _F: (_F_END,),
    _F_END: (V, _CELL_END),
    _F_EMPTY: (V, _CELL_END),
    V: (_V_END,),
    _V_END: (_CELL_END,),
    _IS: (T,),
    T: (_T_END,),
    _T_END: (_IS_END,),
    _IS_END: (_CELL_END,),
    _CELL_END: (CELL, CELL_EMPTY, _ROW_END),
    _ROW_END: (ROW, ROW_EMPTY, 0),
    ROW_EMPTY: (ROW, ROW_EMPTY, 0),
}
"""Tag → the tags that may follow it; 0 is the edge of a block."""

_KNOWN = np.zeros(1 << 16, np.uint8)
for _start, _code in _TAGS.items():
    _KNOWN[int.from_bytes(_start, "little")] = _code
_FOLLOWS = np.zeros(256, bool)
for _code, _codes in _NEXT.items():
    _FOLLOWS[[_code * 16 + following for following in _codes]] = True
_EMPTIES = np.arange(16, dtype=np.uint8)
_EMPTIES[[ROW, CELL, _F]] = ROW_EMPTY, CELL_EMPTY, _F_EMPTY
_OPENING = np.arange(16) != _EMPTIES
_OTHER_ENCODING = re.compile(rb"encoding=[\"'](?!utf-8)", re.IGNORECASE)
_ESCAPE = re.compile(rb"_x[0-9A-Fa-f]{4}_")


class NotPlain(Exception):
    """The sheet holds something that only the whole reader understands."""


def blocks(sheet: IO[bytes]) -> Iterator[bytes]:
    """The bytes between <sheetData> and its end, cut between rows."""
    with ThreadPoolExecutor(1) as pool:
        coming = _ahead(sheet, pool)
        waiting = next(coming, b"")
        head, begin, waiting = waiting.partition(b"<sheetData>")
        if not begin or not head_is_plain(head):
            raise NotPlain
        while True:
            cut = waiting.rfind(b"</row>") + 6
            if cut > 5:
                yield waiting[:cut]
                waiting = waiting[cut:]
            _, end, tail = waiting.partition(b"</sheetData>")
            if end:
                break
            data = next(coming, b"")
            if not data or len(waiting) > _LONGEST:
                raise NotPlain
            waiting += data
        tail += b"".join(coming)
        if b"<mergeCell" in tail or b"<sheetData" in tail:
            raise NotPlain


def _ahead(sheet: IO[bytes], pool: ThreadPoolExecutor) -> Iterator[bytes]:
    """The bytes of a file, the next of them unpacked meanwhile."""
    following = pool.submit(sheet.read, _BLOCK)
    while data := following.result():
        following = pool.submit(sheet.read, _BLOCK)
        yield data


def tags_of(buffer: Codes) -> tuple[Codes, Ints]:
    """Of each tag what it is, and where it starts.

    That a tag is empty is told by what stands before the next one: so a > in a text
    does no harm.
    """
    starts = np.flatnonzero(buffer == ord("<"))
    tags = _KNOWN.take(names_of(buffer, starts))
    if (tags[0] != ROW and tags[0] != ROW_EMPTY) or tags[-1] != _ROW_END:
        raise NotPlain
    opening = np.flatnonzero(_OPENING.take(tags))
    behind = starts[opening + 1]
    empty = (buffer.take(behind - 1) == ord(">")) & (buffer.take(behind - 2) == ord("/"))
    if empty.any():
        tags[opening[empty]] = _EMPTIES.take(tags[opening[empty]])
    if not _FOLLOWS.take(tags[:-1] * 16 + tags[1:]).all():
        raise NotPlain
    return tags, starts


def names_of(buffer: Codes, starts: Ints) -> npt.NDArray[np.uint16]:
    """The first two bytes of each tag's name, the first in the lower half."""
    names = buffer.take(starts + 1).astype(np.uint16)
    names |= buffer.take(starts + 2).astype(np.uint16) << 8
    return names


def head_is_plain(head: bytes) -> bool:
    """Whether what stands before the first tag of interest tells of UTF-8."""
    return b"\0" not in head and _OTHER_ENCODING.search(head) is None


def check(block: bytes) -> None:
    """NotPlain where a text may say other than its bytes, but for escapes."""
    if b"\r" in block or (b"_" in block and b"_x" in block and _ESCAPE.search(block)):
        raise NotPlain
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            raise NotPlain from None
