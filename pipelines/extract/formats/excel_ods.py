"""What calamine doesn't tell of an ods: error cells and merged ranges.

Belongs here: walking the cells of one table of content.xml, with their repeats.
Does not belong here: the cells' values.
"""

from __future__ import annotations

import zipfile
from typing import Any

from lxml import etree

from pipelines.extract.formats.excel_tables import Errors, Merged

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ERROR = b'value-type="error"'
_MERGED = b"-spanned="


class Beside:
    """Looks into content.xml, where anything is to be found there."""

    def __init__(self, path: str) -> None:
        with zipfile.ZipFile(path) as archive:
            data = archive.read("content.xml")
        worth = _ERROR in data or _MERGED in data
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        self._root = etree.fromstring(data, parser) if worth else None

    def look(self, sheet: str) -> tuple[Merged, Errors]:
        """Merged ranges and error cells of one sheet."""
        merged: list[Any] = []
        errors: Errors = {}
        tables = () if self._root is None else self._root.iter(f"{_TABLE}table")
        for table in tables:
            if table.get(f"{_TABLE}name") != sheet:
                continue
            row = 0
            for line in table.iter(f"{_TABLE}table-row"):
                _look_along(line, row, merged, errors)
                row += _number(line, "number-rows-repeated")
        return merged, errors


def _look_along(line: Any, row: int, merged: list[Any], errors: Errors) -> None:
    column = 0
    for cell in line:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        down = _number(cell, "number-rows-spanned")
        across = _number(cell, "number-columns-spanned")
        if down > 1 or across > 1:
            merged.append(((row, column), (row + down - 1, column + across - 1)))
        if any(name.endswith("}value-type") and value == "error" for name, value in cell.items()):
            errors[row, column] = "".join(cell.itertext()).strip() or "#ERROR!"
        column += _number(cell, "number-columns-repeated")


def _number(element: Any, name: str) -> int:
    value = element.get(f"{_TABLE}{name}", "1")
    return int(value) if value.isdigit() else 1
