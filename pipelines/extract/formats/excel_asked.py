"""What calamine makes of a workbook's styles and shared texts.

Belongs here: asking it, by a sheet that holds one cell for each. Does not belong
here: any rule about them. So whatever is a date to calamine is one everywhere.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from pipelines.extract.formats.excel_scan import MOMENT, NUMBER, STRANGE
from pipelines.extract.formats.excel_tags import NotPlain

_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)
_ROW = '<row r="{0}"><c r="A{0}" {1}><v>{2}</v></c></row>'
_NEEDED = re.compile(r"(?:xl/(?:_rels/)?[^/]+|_rels/[^/]+|\[content_types\]\.xml)", re.IGNORECASE)
_SHARED = "xl/sharedstrings.xml"
_STYLES = "xl/styles.xml"
_MOST_ROWS = 1 << 20
_MOMENT = dt.datetime(1900, 3, 1, 12)  # noqa: DTZ001
_DAYS = 61.5
"""What _MOMENT is in a workbook, unless it counts from 1904."""


class Asked:
    """The styles and shared texts that cells of one sheet name by their numbers."""

    def __init__(self, archive: zipfile.ZipFile, part: str, sheet: str) -> None:
        self._sheet = sheet
        self._part = part
        self._parts = {
            name: archive.read(name) for name in archive.namelist() if _NEEDED.fullmatch(name)
        }
        styles = self._named(_STYLES)
        count = styles.count(b"xf") + 1
        answers = self._ask([f's="{number}"' for number in range(count)], [_DAYS] * count)
        self._styles = [_kind(answer) for answer in answers]

    def style(self, number: bytes) -> int:
        """What a number of this style is; without one, a number."""
        if not number:
            return NUMBER
        if not number.isdigit():
            return STRANGE
        return self._styles[int(number)] if int(number) < len(self._styles) else STRANGE

    @cached_property
    def shared(self) -> pa.StringArray:
        """All shared texts."""
        data = self._named(_SHARED)
        count = data.count(b"<si>") + data.count(b"<si ")
        return pa.array(self._ask(['t="s"'] * count, range(count), shared=True), pa.string())

    def _ask(self, attributes: Sequence[str], values: Any, *, shared: bool = False) -> list[Any]:
        """What one cell with each of the attributes and values is to calamine."""
        if len(attributes) > _MOST_ROWS:
            raise NotPlain
        rows = map(_ROW.format, range(1, len(attributes) + 1), attributes, values)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as target:
            for name, data in self._parts.items():
                if shared or name.lower() != _SHARED:
                    target.writestr(name, data)
            target.writestr(self._part, _SHEET.format("".join(rows)))
        made.seek(0)
        try:
            book = calamine.CalamineWorkbook.from_filelike(made)
            found = book.get_sheet_by_name(self._sheet).to_python(skip_empty_area=False)
        except calamine.CalamineError:
            raise NotPlain from None
        if len(found) != len(attributes) or any(len(row) != 1 for row in found):
            raise NotPlain
        return [row[0] for row in found]

    def _named(self, name: str) -> bytes:
        return next((data for at, data in self._parts.items() if at.lower() == name), b"")


def _kind(answer: Any) -> int:
    if answer == _MOMENT:
        return MOMENT
    return NUMBER if answer == _DAYS else STRANGE
