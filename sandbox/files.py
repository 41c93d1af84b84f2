"""Writing files whose bytes depend on their content alone.

Belongs here: encodings, CSV cells, zips without clocks. Does not belong here:
what any one system writes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_EPOCH = (2026, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write(path: Path, content: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """JSON with two spaces of indent."""
    write(path, json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n")


def csv_line(cells: Iterable[object], *, quote_all: bool = False) -> str:
    """One record of a CSV file, without its line end; None is an empty cell."""
    return ",".join(_cell("" if cell is None else str(cell), quote_all) for cell in cells)


def _cell(text: str, quote_all: bool) -> str:
    if quote_all or any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def table(header: str, rows: Iterable[Iterable[object]], *, quote_all: bool = False) -> list[str]:
    """The lines of a CSV file; `header` names the columns, with commas between."""
    names = csv_line(header.split(","), quote_all=quote_all)
    return [names, *(csv_line(row, quote_all=quote_all) for row in rows)]


def without_clock(workbook: bytes) -> bytes:
    """The same workbook with every time in it set to one fixed moment."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>2026-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
