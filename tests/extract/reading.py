"""What the tests of extract share: write a file, read it back, see what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.extract.read import read_file
from pipelines.flow import ORIGIN_COLUMNS, Reject
from pipelines.naming import NameMap
from pipelines.spec import Column, Csv, FileFormat, FileStream
from resources.files import FileStore


class Result:
    """Everything that reading one file gave."""

    def __init__(self, rows: pa.Table, rejects: list[Reject], blank: int, raw: bytes) -> None:
        self.rows = rows
        self.rejects = rejects
        self.blank = blank
        self.raw = raw

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows without their origin."""
        return [dict(row) for row in self.rows.drop_columns(list(ORIGIN_COLUMNS)).to_pylist()]

    @property
    def lines(self) -> list[int]:
        return [int(line) for line in self.rows["_line"].to_pylist()]


def stream(
    declared: FileFormat | None = None,
    columns: Mapping[str, str] | None = None,
    files: tuple[str, ...] = ("**/*",),
    **more: Any,
) -> FileStream:
    """A stream over every file of the folder."""
    typed = {name: Column(type=sql) for name, sql in (columns or {}).items()}
    return FileStream(
        name="x", files=files, format=declared or Csv(), description="", columns=typed, **more
    )


def read(folder: Path, path: str, reading: FileStream) -> Result:
    """Read one file below a folder to its end."""
    store = FileStore(str(folder))
    (file,) = [found for found in store.list([path]) if found.path == path]
    raw: list[bytes] = []
    chunks = list(read_file(reading, file, store, NameMap(), raw.append))
    return Result(
        pa.concat_tables([chunk.rows for chunk in chunks], promote_options="permissive"),
        [reject for chunk in chunks for reject in chunk.rejects],
        sum(chunk.blank for chunk in chunks),
        b"".join(raw),
    )


def read_csv(
    folder: Path,
    data: bytes,
    declared: Csv | None = None,
    columns: Mapping[str, str] | None = None,
    **more: Any,
) -> Result:
    """Read these bytes as a delimited file."""
    (folder / "f.csv").write_bytes(data)
    result = read(folder, "f.csv", stream(declared, columns, **more))
    assert result.raw == data, "landing must get every raw byte once"
    return result
