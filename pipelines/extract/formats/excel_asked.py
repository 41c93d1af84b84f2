"""What calamine makes of a workbook's styles.

Belongs here: asking it, by a sheet that holds one number in each. Does not belong
here: any rule about them. So whatever is a date to calamine is one everywhere.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import python_calamine as calamine

from pipelines.extract.formats.excel_scan import MOMENT, NUMBER, STRANGE
from pipelines.extract.formats.excel_tags import NotPlain

_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)
_ROW = '<row r="{0}"><c r="A{0}" s="{1}"><v>{2}</v></c></row>'
_NEEDED = re.compile(r"(?:xl/(?:_rels/)?[^/]+|_rels/[^/]+|\[content_types\]\.xml)", re.IGNORECASE)
SHARED_PART = "xl/sharedstrings.xml"
"""Where shared texts are, whatever the case of its letters."""
_STYLES = "xl/styles.xml"
_MOST_ROWS = 1 << 20
_MOMENT = dt.datetime(1900, 3, 1, 12)  # noqa: DTZ001
_DAYS = 61.5
"""What _MOMENT is in a workbook, unless it counts from 1904."""


class Asked:
    """The styles that cells of one sheet name by their numbers."""

    def __init__(self, archive: zipfile.ZipFile, part: str, sheet: str) -> None:
        self._sheet = sheet
        self._part = part
        self._parts = {
            name: archive.read(name)
            for name in archive.namelist()
            if _NEEDED.fullmatch(name) and name.lower() != SHARED_PART
        }
        styles = b"".join(data for name, data in self._parts.items() if name.lower() == _STYLES)
        self._styles = [_kind(answer) for answer in self._ask(styles.count(b"xf") + 1)]

    def style(self, number: bytes) -> int:
        """What a number of this style is; without one, a number."""
        if not number:
            return NUMBER
        if not number.isdigit():
            return STRANGE
        return self._styles[int(number)] if int(number) < len(self._styles) else STRANGE

    def _ask(self, styles: int) -> list[Any]:
        """What a number in each of the styles is to calamine."""
        if styles > _MOST_ROWS:
            raise NotPlain
        rows = [_ROW.format(number + 1, number, _DAYS) for number in range(styles)]
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as target:
            for name, data in self._parts.items():
                target.writestr(name, data)
            target.writestr(self._part, _SHEET.format("".join(rows)))
        made.seek(0)
        try:
            book = calamine.CalamineWorkbook.from_filelike(made)
            found = book.get_sheet_by_name(self._sheet).to_python(skip_empty_area=False)
        except calamine.CalamineError:
            raise NotPlain from None
        if len(found) != styles or any(len(row) != 1 for row in found):
            raise NotPlain
        return [row[0] for row in found]


def _kind(answer: Any) -> int:
    if answer == _MOMENT:
        return MOMENT
    return NUMBER if answer == _DAYS else STRANGE
