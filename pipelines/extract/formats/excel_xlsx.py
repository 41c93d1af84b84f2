"""What calamine doesn't tell of an xlsx or xlsm: its error cells.

Belongs here: the few bytes of a sheet's XML that name an error, and the repair
of numbers with white space around them. Does not belong here: other cells.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from lxml import etree

from pipelines.extract.formats.excel_tables import Errors, Merged, Refused, column_number

_LARGE = 4 << 20
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_ERROR = re.compile(
    rb"<(?:\w+:)?c\s(?=[^>]*\bt=[\"']e[\"'])[^>]*\br=[\"']([A-Z]+)(\d+)[\"'][^>]*>"
    rb"(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<",
    re.DOTALL,
)
_NUMBER = re.compile(
    rb"(<(?:\w+:)?c(?:\s[^>]*)?>(?:<(?:\w+:)?f[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>)"
    rb"\s*(-?[0-9][0-9.eE+-]*)\s*(</)"
)
_TEXT = re.compile(rb"\bt=[\"'](?:str|inlineStr)[\"']")


class Beside:
    """Looks into the parts of one package."""

    def __init__(self, path: str) -> None:
        self._path = path

    def large(self, sheet: str) -> str | None:
        """The sheet's part in the package, if that is large."""
        with zipfile.ZipFile(self._path) as archive:
            part = sheet_parts(archive).get(sheet)
            return part if part and archive.getinfo(part).file_size >= _LARGE else None

    def look(self, sheet: str) -> tuple[Merged, Errors]:
        """No merged ranges (calamine has them), and the error cells."""
        with zipfile.ZipFile(self._path) as archive:
            part = sheet_parts(archive).get(sheet)
            if part is None:
                raise Refused(f"The package does not say where sheet {sheet!r} is kept.")
            data = archive.read(part)
        if b't="e"' not in data and b"t='e'" not in data:
            return (), {}
        return (), {
            (int(row) - 1, column_number(letters.decode())): said.decode()
            for letters, row, said in _ERROR.findall(data)
        }


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → its part in the package."""
    names = {name.lower().replace("\\", "/"): name for name in archive.namelist()}
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return {}
    book = _xml(archive, names["xl/workbook.xml"])
    relations = _xml(archive, names["xl/_rels/workbook.xml.rels"])
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    parts = {}
    for sheet in book.iter("{*}sheet"):
        target = targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part.lower() in names:
            parts[str(sheet.get("name"))] = names[part.lower()]
    return parts


def _xml(archive: zipfile.ZipFile, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(name), parser)


def trim_numbers(path: str) -> bool:
    """Rewrite the file with no white space around numbers; False if there was none."""
    trimmed = 0
    repaired = Path(f"{path}.repaired")
    with (
        zipfile.ZipFile(path) as archive,
        zipfile.ZipFile(repaired, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in archive.namelist():
            data = archive.read(name)
            if name.replace("\\", "/").startswith("xl/worksheets/") and name.endswith(".xml"):
                fixed = _NUMBER.sub(_trimmed, data)
                trimmed += fixed != data
                data = fixed
            target.writestr(name, data)
    repaired.replace(path)
    return trimmed > 0


def _trimmed(found: re.Match[bytes]) -> bytes:
    return found[0] if _TEXT.search(found[1]) else found[1] + found[2] + found[3]
