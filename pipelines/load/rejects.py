"""The rejected records of a package: rejects.parquet.

Belongs here: its layout and its writing. Does not belong here: the quarantine
tables (`quarantine`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.flow import Reject
from pipelines.load.manifest import Part
from pipelines.load.parts import fingerprint

NAME = "rejects.parquet"
_BATCH = 20_000
_SCHEMA = pa.schema(
    {
        "_file": pa.string(),
        "_line": pa.int64(),
        "_path": pa.string(),
        "_column": pa.string(),
        "_reason": pa.string(),
        "_raw": pa.string(),
    }
)


class RejectsWriter:
    """Writes rejects as they come; the file exists only if there are any."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._waiting: list[Reject] = []
        self._sink: Any = None
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0

    def add(self, rejects: Sequence[Reject]) -> None:
        """Take some rejects."""
        self._waiting.extend(rejects)
        if len(self._waiting) >= _BATCH:
            self._flush()

    def finish(self) -> Part | None:
        """What was written, or None."""
        self._flush()
        if self._writer is None or self._sink is None:
            return None
        self._writer.close()
        self._sink.close()
        return Part(NAME, self._rows, *fingerprint(self._path))

    def abandon(self) -> None:
        """Close the file without completing it."""
        if self._sink is not None and self._writer is not None:
            # Else its destructor would write the footer into the closed file.
            self._writer.is_open = False
            self._sink.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self._sink = pa.OSFile(str(self._path), "wb")
            self._writer = pq.ParquetWriter(
                self._sink, _SCHEMA, compression="zstd", store_schema=False
            )
        columns = [
            [reject.file for reject in self._waiting],
            [reject.line for reject in self._waiting],
            [reject.path for reject in self._waiting],
            [reject.column for reject in self._waiting],
            [_utf8(reject.reason) for reject in self._waiting],
            [_utf8(reject.raw) for reject in self._waiting],
        ]
        arrays = [pa.array(v, field.type) for v, field in zip(columns, _SCHEMA, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=_SCHEMA))
        self._rows += len(self._waiting)
        self._waiting = []


def _utf8(text: str) -> str:
    """Lone surrogates can't be stored as text; they are shown escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
