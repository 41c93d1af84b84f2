"""Workbooks cell by cell: one record for each filled cell, with its place.

Belongs here: ordering a child process to read the workbook, and making Chunks of
what it wrote. Does not belong here: reading (workbook_cells_child), tables (excel),
any opinion on what a cell means.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipelines.extract.content import Content
from pipelines.extract.formats.chunks import finish
from pipelines.extract.formats.excel import ask, store
from pipelines.extract.formats.json_exact import render
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import FileStream

_CHILD = "pipelines.extract.formats.workbook_cells_child"


def decode(content: Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """Chunks of cells, sheet by sheet and row by row; FileRefused for no workbook."""
    with tempfile.TemporaryDirectory(prefix="headwater-") as scratch:
        folder = Path(scratch)
        store(content, folder / "workbook")
        for table in _read(content.path, folder):
            with pa.OSFile(str(folder / table)) as source, pa.ipc.open_file(source) as file:
                for number in range(file.num_record_batches):
                    yield _chunk(pa.table(file.get_batch(number)), content.path, stream, names)


def _read(path: str, folder: Path) -> list[str]:
    """The files in the folder that hold the cells."""
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-m", _CHILD, str(folder / "workbook"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
    ) as child:
        try:
            return [table["file"] for table in ask(child, path, folder, {})]
        finally:
            child.kill()


def _chunk(rows: pa.Table, path: str, stream: FileStream, names: NameMap) -> Chunk:
    places = rows.column("place").combine_chunks()
    rows = rows.drop_columns(["place"])
    rows = rows.rename_columns(names.columns(rows.column_names))
    return finish(
        rows,
        stream,
        path,
        lines=None,
        paths=places,
        raw=lambda row: render(rows.slice(row, 1).to_pylist()[0]),
    )
