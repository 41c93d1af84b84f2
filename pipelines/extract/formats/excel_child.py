"""Reads one workbook in a process of its own, within limits of memory and time.

Belongs here: calling the reader and writing what it found as Arrow. Does not
belong here: Chunks, rejects, declared types (excel.py, in the parent). A
workbook may claim any number of cells, and the reader then takes memory for all
of them or aborts; so it works where that harms nobody.

Called as `python -m pipelines.extract.formats.excel_child WORKBOOK FOLDER`, with
the order as JSON on standard input. Leaves `result.json` and one Arrow file a
table in FOLDER.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 4 << 30
CPU_SECONDS = 120


class _WithoutOthers:
    """pyarrow imports these to recognise their objects; here are none, and it is slow."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def find_spec(self, name: str, *_: Any) -> None:
        """Say that there are none."""
        if name in self.names:
            raise ModuleNotFoundError(f"{name} is not needed here")


def main(workbook: str, folder: str) -> None:
    """Read as ordered; what goes wrong is told in the result."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    without = _WithoutOthers("numpy", "pandas")
    sys.meta_path.insert(0, without)
    import pyarrow.compute  # noqa: F401

    without.names = ("pandas",)  # Plain sheets are read with numpy's help.
    # A million cells without a cycle among them: looking for one takes long.
    gc.disable()
    from pipelines.extract.formats import excel_book, excel_columns  # noqa: F401
    from pipelines.extract.formats.excel_tables import Refused

    order = json.load(sys.stdin)  # It comes when the workbook is there.
    result: dict[str, Any]
    try:
        result = {"tables": _read(workbook, Path(folder), order)}
    except Refused as error:
        result = {"refused": str(error)}
    Path(folder, "result.json").write_text(json.dumps(result))


def _read(workbook: str, folder: Path, order: dict[str, Any]) -> list[dict[str, Any]]:
    from pipelines.extract.formats.excel_book import Book
    from pipelines.naming import NameMap
    from pipelines.spec import Excel

    declared = Excel(**{**order["format"], "header": tuple(order["format"]["header"])})
    names = NameMap(order["names"])
    book = Book(workbook)
    tables = []
    for sheet in book.chosen(declared.sheet):
        found = _written(book, sheet, declared, names, set(order["text"]), folder)
        if found is not None:
            tables.append(found)
    return tables


def _written(
    book: Any, sheet: str, declared: Any, names: Any, text_columns: set[str], folder: Path
) -> dict[str, Any] | None:
    """Write one sheet's table to a file; what the parent must know of it."""
    import pyarrow as pa

    from pipelines.extract.formats.excel_columns import table

    def textual(labels: list[str]) -> list[bool]:
        every = declared.types == "text"
        return [every or name in text_columns for name in names.columns(labels)]

    found = table(book, sheet, declared, textual)
    if found is None:
        return None
    target = folder / f"{len(list(folder.glob('*.arrow')))}.arrow"
    data = pa.table(found.columns, names=[str(at) for at in range(len(found.columns))])
    with pa.ipc.new_file(target, data.schema) as sink:
        sink.write_table(data, max_chunksize=_batch_rows(len(found.columns)))
    return {
        "file": target.name,
        "sheet": sheet,
        "labels": found.labels,
        "first": found.area.first,
        "left": found.area.left,
        "right": found.area.right,
        "faults": found.faults,
    }


def _batch_rows(columns: int) -> int:
    """Rows of one batch, so that a batch has some 500,000 cells."""
    return max(1_000, 500_000 // max(columns, 1))


if __name__ == "__main__":
    main(*sys.argv[1:3])
    sys.stderr.flush()
    # All is written; taking the cells apart one by one would take long.
    os._exit(0)
