"""What calamine doesn't tell of an xlsb: error cells and merged ranges.

Belongs here: walking the binary records of a sheet. Does not belong here: any
other record than the few named below.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator

from lxml import etree

from pipelines.extract.formats.excel_tables import Errors, Merged
from pipelines.extract.formats.excel_xls import ERRORS

_ROW, _CELL_ERROR, _FORMULA_ERROR, _SHEET, _MERGED = 0, 3, 11, 156, 176


class Beside:
    """Looks into the parts of one package."""

    def __init__(self, path: str) -> None:
        self._path = path

    def look(self, sheet: str) -> tuple[Merged, Errors]:
        """Merged ranges and error cells of one sheet."""
        with zipfile.ZipFile(self._path) as archive:
            part = _sheet_parts(archive).get(sheet)
            data = archive.read(part) if part in archive.namelist() else b""
        merged, errors, row = [], {}, 0
        for kind, start, end in _records(data):
            if kind == _ROW:
                (row,) = struct.unpack_from("<I", data, start)
            elif kind in (_CELL_ERROR, _FORMULA_ERROR) and end - start >= 9:
                (column,) = struct.unpack_from("<I", data, start)
                errors[row, column] = ERRORS.get(data[start + 8], "#ERROR!")
            elif kind == _MERGED:
                top, bottom, left, right = struct.unpack_from("<IIII", data, start)
                merged.append(((top, left), (bottom, right)))
        return merged, errors


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    relations = etree.fromstring(archive.read("xl/_rels/workbook.bin.rels"), parser)
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    data = archive.read("xl/workbook.bin")
    parts = {}
    for kind, start, _ in _records(data):
        if kind == _SHEET:
            relation, after = _text(data, start + 8)
            name, _ = _text(data, after)
            parts[name] = posixpath.normpath(posixpath.join("/xl", targets.get(relation, "")))[1:]
    return parts


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(kind, start, end) of each record: a number of 1-2 bytes, a length of 1-4."""
    at = 0
    while at < len(data):
        kind = data[at]
        at += 1
        if kind & 0x80 and at < len(data):
            kind = (kind & 0x7F) | (data[at] << 7)
            at += 1
        length = shift = 0
        while at < len(data) and shift < 28:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if at + length > len(data):
            return
        yield kind & 0x7FFF, at, at + length
        at += length
