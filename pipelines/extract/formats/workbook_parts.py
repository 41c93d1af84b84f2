"""What an xlsx or xlsm says beside its cells' values: number formats, hidden sheets, its day.

Belongs here: the parts of the package that name them. Does not belong here: values
(excel_book), or what a number format means.
"""

from __future__ import annotations

import re
import zipfile

from lxml import etree

from pipelines.extract.formats.excel_tables import column_number
from pipelines.extract.formats.excel_xlsx import sheet_parts

_CELL = re.compile(r"([A-Z]+)([1-9]\d*)")
_BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: "¤#,##0",
    6: "¤#,##0",
    7: "¤#,##0.00",
    8: "¤#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    22: "m/d/yy h:mm",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    41: "#,##0",
    42: "¤#,##0",
    43: "#,##0.00",
    44: "¤#,##0.00",
    49: "@",
}
"""Formats that a package names by number alone (ECMA-376 part 1, 18.8.30). A ¤ stands for
the currency of whoever opens the workbook, so it names none."""


class Parts:
    """One package; every question has an empty answer where it is none."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._parts: dict[str, str] = {}
        self._codes: list[str | None] = []
        self.hidden: frozenset[str] = frozenset()
        self.modified: str | None = None
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            self._parts = sheet_parts(archive)
            self._codes = _codes(_part(archive, "xl/styles.xml"))
            self.hidden = _hidden(_part(archive, "xl/workbook.xml"))
            self.modified = _modified(_part(archive, "docProps/core.xml"))

    def formats(self, sheet: str) -> dict[tuple[int, int], str]:
        """(row, column), from 0 → format code, of cells that are shown by one."""
        part = self._parts.get(sheet)
        if part is None or not any(self._codes):
            return {}
        found: dict[tuple[int, int], str] = {}
        with zipfile.ZipFile(self._path) as archive, archive.open(part) as file:
            row, column = -1, -1
            for event, element in etree.iterparse(
                file, ("start", "end"), tag=("{*}row", "{*}c"), resolve_entities=False
            ):
                kind = etree.QName(element).localname
                if event == "end":
                    element.clear()
                elif kind == "row":
                    row, column = int(element.get("r", row + 2)) - 1, -1
                else:
                    row, column = _place(element.get("r"), row, column + 1)
                    code = self._code(element.get("s"))
                    if code is not None:
                        found[row, column] = code
        return found

    def _code(self, style: str | None) -> str | None:
        at = int(style) if style and style.isdigit() else 0
        return self._codes[at] if at < len(self._codes) else None


def _place(said: str | None, row: int, column: int) -> tuple[int, int]:
    """Where a cell says it is; without a word, behind the one before."""
    found = _CELL.fullmatch(said or "")
    return (int(found[2]) - 1, column_number(found[1])) if found else (row, column)


def _codes(styles: etree._Element | None) -> list[str | None]:
    """The format code of each style; None for the general one."""
    if styles is None:
        return []
    own = {
        int(each.get("numFmtId", 0)): each.get("formatCode")
        for each in styles.iterfind("{*}numFmts/{*}numFmt")
    }
    numbers = [int(each.get("numFmtId", 0)) for each in styles.iterfind("{*}cellXfs/{*}xf")]
    codes = [own.get(number, _BUILT_IN.get(number)) for number in numbers]
    return [None if code == "General" else code for code in codes]


def _hidden(book: etree._Element | None) -> frozenset[str]:
    if book is None:
        return frozenset()
    return frozenset(
        str(sheet.get("name"))
        for sheet in book.iter("{*}sheet")
        if sheet.get("state") in ("hidden", "veryHidden")
    )


def _modified(core: etree._Element | None) -> str | None:
    """The time of the last change, in ISO form."""
    if core is None:
        return None
    return core.findtext("{http://purl.org/dc/terms/}modified") or None


def _part(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    if name not in archive.namelist():
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(name), parser)
