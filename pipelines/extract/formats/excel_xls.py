"""What calamine doesn't tell of an xls: its error cells.

Belongs here: the compound file's table of sectors, as far as it leads to the
workbook's stream, and the records of that stream that hold errors. Does not
belong here: any other record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from pipelines.extract.formats.excel_tables import Errors, Merged

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_FORMULA, _BOOL_OR_ERROR, _SHEET, _BEGIN, _END = 0x0006, 0x0205, 0x0085, 0x0809, 0x000A


class Beside:
    """Looks into the workbook's stream."""

    def __init__(self, path: str) -> None:
        data = Path(path).read_bytes()
        try:
            self._book = _stream(data) if data.startswith(_SIGNATURE) else data
        except (struct.error, IndexError):
            self._book = b""

    def look(self, sheet: str) -> tuple[Merged, Errors]:
        """No merged ranges (calamine has them), and the error cells."""
        errors: Errors = {}
        start = dict(self._sheets()).get(sheet)
        if start is None:
            return (), errors
        depth = 0
        for kind, at, size in _records(self._book, start):
            depth += (kind == _BEGIN) - (kind == _END)
            if depth == 0:
                break
            # A chart inside the sheet has a stream, and cells, of its own.
            if depth == 1 and (code := self._error(kind, at, size)) is not None:
                errors[struct.unpack_from("<HH", self._book, at)] = ERRORS.get(code, "#ERROR!")
        return (), errors

    def _error(self, kind: int, at: int, size: int) -> int | None:
        book = self._book
        if kind == _BOOL_OR_ERROR and size >= 8:
            return book[at + 6] if book[at + 7] else None
        if kind == _FORMULA and size >= 14 and book[at + 12 : at + 14] == b"\xff\xff":
            return book[at + 8] if book[at + 6] == 2 else None
        return None

    def _sheets(self) -> Iterator[tuple[str, int]]:
        """(name, offset) of each sheet; BIFF5 names are one byte a letter."""
        book = self._book
        for kind, at, size in _records(book, 0):
            if kind == _END:
                return
            if kind == _SHEET and size > 7:
                (offset,) = struct.unpack_from("<I", book, at)
                name = book[at + 7 : at + size]
                old = len(name) == book[at + 6]
                if old:
                    yield name.decode("cp1252", "replace"), offset
                else:
                    encoding = "utf-16-le" if name[0] & 1 else "latin-1"
                    yield name[1:].decode(encoding, "replace"), offset


def _records(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """(kind, start, size) of each record from `at` on."""
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        if at + 4 + size > len(data):
            return
        yield kind, at + 4, size
        at += 4 + size


def _stream(data: bytes) -> bytes:
    """The stream `Workbook` or `Book` of a compound file."""
    (shift,) = struct.unpack_from("<H", data, 30)
    (first_directory,) = struct.unpack_from("<I", data, 48)
    (mini_limit, first_mini) = struct.unpack_from("<II", data, 56)
    sector = 1 << shift

    def at(number: int) -> bytes:
        return data[(number + 1) * sector : (number + 2) * sector]

    table: list[int] = []
    for number in _table_sectors(data, sector):
        block = at(number)
        table.extend(struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4]))

    def chain(first: int) -> bytes:
        parts: list[bytes] = []
        number = first
        while number < _LAST_SECTOR and len(parts) <= len(table):
            parts.append(at(number))
            number = table[number]
        return b"".join(parts)

    directory = chain(first_directory)
    entries = [directory[i : i + 128] for i in range(0, len(directory) - 127, 128)]
    found = {
        entry[: max(entry[64] - 2, 0)].decode("utf-16-le", "replace").lower(): entry
        for entry in entries
    }
    entry = found.get("workbook") or found.get("book")
    if entry is None:
        return b""
    first, size = struct.unpack_from("<II", entry, 116)
    if size >= mini_limit:
        return chain(first)[:size]
    (root_first,) = struct.unpack_from("<I", entries[0], 116)
    return _small(chain(root_first), chain(first_mini), first, size)


def _table_sectors(data: bytes, sector: int) -> list[int]:
    """The sectors that hold the table: 109 in the header, the rest in a chain."""
    numbers = list(struct.unpack_from("<109I", data, 76))
    (following, count) = struct.unpack_from("<II", data, 68)
    while following < _LAST_SECTOR and count > 0:
        start = (following + 1) * sector
        *more, following = struct.unpack_from(f"<{sector // 4}I", data, start)
        numbers.extend(more)
        count -= 1
    return [number for number in numbers if number < _LAST_SECTOR]


def _small(container: bytes, table: bytes, first: int, size: int) -> bytes:
    """A stream below the limit lies in 64-byte sectors of its own."""
    parts: list[bytes] = []
    number = first
    while number < _LAST_SECTOR and len(parts) * 64 < size:
        parts.append(container[number * 64 : number * 64 + 64])
        (number,) = struct.unpack_from("<I", table, number * 4)
    return b"".join(parts)[:size]
