"""Workbooks: xls, xlsx, xlsm, xlsb and ods.

Belongs here: ordering a child process to read the workbook, and making Chunks
of what it found. Does not belong here: reading cells (excel_book), finding
tables (excel_tables), the child itself (excel_child).

An error cell (#N/A, #DIV/0! …) rejects its record, unless its column is text;
then it is that text. A number is rounded to a declared DECIMAL's scale from its
shortest digits, because a workbook stores doubles and shows them rounded.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import text as constant
from pipelines.errors import FileRefused
from pipelines.extract.content import Content
from pipelines.extract.formats.chunks import finish, wanted_types
from pipelines.extract.formats.excel_cells import text
from pipelines.extract.formats.excel_tables import column_letters
from pipelines.extract.formats.json_exact import render
from pipelines.flow import Chunk, Reject
from pipelines.naming import NameMap
from pipelines.spec import Excel, FileStream
from pipelines.sqltypes import arrow_type

_SECONDS = 300
_LARGEST = 512 << 20
_ROOM = Context(prec=400)
_CHILD = "pipelines.extract.formats.excel_child"
_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_TOP_PAD_": str(32 << 20),
}
"""The child fills and frees a megabyte again and again; let it keep what it has."""


def decode(content: Content, stream: FileStream, names: NameMap) -> Iterator[Chunk]:
    """Chunks of the declared table, sheet by sheet."""
    declared = stream.format
    assert isinstance(declared, Excel)
    types = {name: arrow_type(sql) for name, sql in wanted_types(stream).items()}
    order = {
        "format": dataclasses.asdict(declared),
        "names": names.as_dict(),
        "text": [name for name, kind in types.items() if pa.types.is_string(kind)],
    }
    with tempfile.TemporaryDirectory(prefix="headwater-") as scratch:
        folder = Path(scratch)
        with _child(folder) as child:
            # It imports what it needs while the workbook comes.
            store(content, folder / "workbook")
            found = ask(child, content.path, folder, order)
        for table in found:
            with pa.OSFile(str(folder / table["file"])) as source, pa.ipc.open_file(source) as file:
                yield from _chunks(file, table, content.path, stream, names, types)


@contextmanager
def _child(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process that reads the workbook in `folder` once it is ordered to; ended after."""
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join([str(root), *sys.path])
    child = subprocess.Popen(
        [sys.executable, "-m", _CHILD, str(folder / "workbook"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **_ALLOCATOR, "PYTHONPATH": path},
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def store(content: Content, target: Path) -> None:
    """Write the workbook to a file; FileRefused when it is too large."""
    size = 0
    with target.open("wb") as sink:
        while data := content.stream.read(1 << 20):
            size += len(data)
            if size > _LARGEST:
                raise FileRefused(f"{content.path} is larger than {_LARGEST >> 20} MB.")
            sink.write(data)


def ask(
    child: subprocess.Popen[bytes], file: str, folder: Path, order: dict[str, Any]
) -> list[dict[str, Any]]:
    """What the child found; FileRefused when it can't read the workbook or dies of it."""
    try:
        _, said = child.communicate(json.dumps(order).encode(), timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise FileRefused(f"{file} was not read within {_SECONDS} seconds.") from None
    result = folder / "result.json"
    if child.returncode == 0 and result.exists():
        found: dict[str, Any] = json.loads(result.read_text())
        if "refused" in found:
            raise FileRefused(f"{file} can't be read. {found['refused']}")
        return list(found["tables"])
    raise FileRefused(f"{file} can't be read. {_why(child.returncode, said)}")


def _why(code: int, said: bytes) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "Reading it takes too much time; it may claim far more cells than it fills."
    if code == -signal.SIGABRT or b"MemoryError" in said or b"memory allocation" in said:
        return "Reading it takes too much memory; it may claim far more cells than it fills."
    last = said.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {code}"]
    return f"The reader broke down over it: {last[0][:300]}"


def _chunks(
    file: Any,
    table: dict[str, Any],
    path: str,
    stream: FileStream,
    names: NameMap,
    types: dict[str, pa.DataType],
) -> Iterator[Chunk]:
    columns = names.columns(table["labels"])
    faults: dict[int, dict[int, str]] = {}
    for row, at, said in table["faults"]:
        faults.setdefault(row, {})[at] = said
    done = 0
    for number in range(file.num_record_batches):
        rows = pa.table(file.get_batch(number).columns, names=columns)
        for at, name in enumerate(columns):
            rows = rows.set_column(at, name, _rounded(rows.column(at), types.get(name)))
        yield _chunk(rows, done, faults, table, path, stream)
        done += rows.num_rows


def _chunk(
    rows: pa.Table,
    done: int,
    faults: dict[int, dict[int, str]],
    table: dict[str, Any],
    path: str,
    stream: FileStream,
) -> Chunk:
    """A Chunk of some rows, of which the first is row `done` of the table."""
    first = table["first"] + done
    places = _places(table, first, rows.num_rows)
    whole = rows

    def raw(row: int) -> str:
        cells = whole.slice(row, 1).to_pylist()[0]
        shown = {name: c if c is None else text(c) for name, c in cells.items()}
        for at, said in faults.get(row + done, {}).items():
            shown[whole.column_names[at - table["left"]]] = said
        return render(shown)

    bad = [row for row in range(rows.num_rows) if row + done in faults] if faults else []
    rejects = []
    for row in bad:
        reasons = [
            f"Column {whole.column_names[at - table['left']]} holds the error {said} in cell "
            f"{column_letters(at)}{first + row + 1} of sheet {table['sheet']!r}."
            for at, said in faults[row + done].items()
        ]
        column = whole.column_names[min(faults[row + done]) - table["left"]]
        rejects.append(Reject(" ".join(reasons), raw(row), path, None, places[row].as_py(), column))
    kept = [row for row in range(rows.num_rows) if row not in set(bad)] if bad else None
    if kept is not None:
        indices = pa.array(kept, pa.int64())
        rows, places = rows.take(indices), places.take(indices)
    return finish(
        rows,
        stream,
        path,
        lines=None,
        paths=places,
        raw=lambda row: raw(row if kept is None else kept[row]),
        rejects=rejects,
    )


def _places(table: dict[str, Any], first: int, count: int) -> pa.Array:
    """`Sheet1!A5:F5` for each row."""
    sheet = table["sheet"]
    if not sheet.isidentifier():
        sheet = "'" + sheet.replace("'", "''") + "'"
    numbers = pa.arange(first + 1, first + 1 + count).cast(pa.string())
    left = constant(f"{sheet}!{column_letters(table['left'])}")
    right = constant(f":{column_letters(table['right'])}")
    return pc.binary_join_element_wise(left, numbers, right, numbers, constant(""))


def _rounded(values: pa.ChunkedArray, wanted: pa.DataType | None) -> pa.ChunkedArray:
    """Doubles as the decimals that are declared; whatever does not fit stays."""
    if wanted is None or not pa.types.is_decimal(wanted) or not pa.types.is_floating(values.type):
        return values
    shown = values.cast(pa.string())
    if not pc.any(pc.match_substring(shown, "e")).as_py():
        try:
            return shown.cast(wanted)
        except pa.ArrowInvalid:
            pass  # Some have more digits than the scale.
    step = Decimal(1).scaleb(-wanted.scale)
    exact = [
        None if v is None else Decimal(repr(v)).quantize(step, ROUND_HALF_UP, _ROOM)
        for v in values.to_pylist()
    ]
    try:
        return pa.chunked_array([pa.array(exact, wanted)])
    except pa.ArrowInvalid:
        return values
