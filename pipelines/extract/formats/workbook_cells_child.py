"""Writes down every filled cell of one workbook, in a process of its own.

Belongs here: the order of reading and what is kept of a cell. Does not belong
here: opening workbooks (excel_book), Chunks (workbook_cells, in the parent). The
limits of memory and time are those of the process that reads tables.

Called as `python -m pipelines.extract.formats.workbook_cells_child WORKBOOK FOLDER`.
Leaves `result.json` and, where any cell is filled, `cells.arrow` in FOLDER.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.extract.formats.excel_book import Book
from pipelines.extract.formats.excel_cells import text
from pipelines.extract.formats.excel_child import CPU_SECONDS, MEMORY
from pipelines.extract.formats.excel_tables import Fault, Refused, column_letters
from pipelines.extract.formats.workbook_parts import Parts

SCHEMA = pa.schema(
    [
        ("sheet", pa.string()),
        ("sheet_number", pa.int64()),
        ("sheet_hidden", pa.bool_()),
        ("cell", pa.string()),
        ("row_number", pa.int64()),
        ("column_number", pa.int64()),
        ("kind", pa.string()),
        ("value", pa.string()),
        ("merged_to", pa.string()),
        ("number_format", pa.string()),
        ("modified_at", pa.string()),
        ("place", pa.string()),
    ]
)
_BATCH = 20_000
_KINDS: tuple[tuple[type, str], ...] = (
    (Fault, "error"),
    (str, "text"),
    (bool, "bool"),
    (int, "number"),
    (float, "number"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "duration"),
)


def main(workbook: str, folder: str) -> None:
    """Write all cells; what goes wrong is told in the result."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    result: dict[str, Any]
    try:
        sys.stdin.read()  # It ends when the workbook is there.
        result = {"tables": _write(Path(workbook), Path(folder, "cells.arrow"))}
    except Refused as error:
        result = {"refused": str(error)}
    Path(folder, "result.json").write_text(json.dumps(result))


def _write(workbook: Path, target: Path) -> list[dict[str, Any]]:
    book = Book(str(workbook))
    (path,) = workbook.parent.glob(f"{workbook.name}.*")
    parts = Parts(str(path))
    count = 0
    with pa.ipc.new_file(str(target), SCHEMA) as sink:
        for number, sheet in enumerate(book.chosen(None), 1):
            for rows in _batches(_cells(book, parts, sheet, number)):
                columns = [
                    pa.array(values, kind)
                    for values, kind in zip(zip(*rows, strict=True), SCHEMA.types, strict=True)
                ]
                sink.write_batch(pa.record_batch(columns, schema=SCHEMA))
                count += len(rows)
    return [{"file": target.name}] if count else []


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    some: list[tuple[Any, ...]] = []
    for row in rows:
        some.append(row)
        if len(some) == _BATCH:
            yield some
            some = []
    if some:
        yield some


def _cells(book: Book, parts: Parts, sheet: str, number: int) -> Iterator[tuple[Any, ...]]:
    """The filled cells of one sheet, row by row."""
    grid, merged = book.cells(sheet)
    formats = parts.formats(sheet)
    quoted = sheet if sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
    ends = {start: f"{column_letters(right)}{bottom + 1}" for start, (bottom, right) in merged}
    for row, cells in enumerate(grid):
        for column, value in enumerate(cells):
            if value == "":
                continue
            cell = f"{column_letters(column)}{row + 1}"
            yield (
                sheet,
                number,
                sheet in parts.hidden,
                cell,
                row + 1,
                column + 1,
                next(kind for of, kind in _KINDS if isinstance(value, of)),
                text(value),
                ends.get((row, column)),
                formats.get((row, column)),
                parts.modified,
                f"{quoted}!{cell}",
            )


if __name__ == "__main__":
    main(*sys.argv[1:3])
