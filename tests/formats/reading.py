"""What the tests of formats share: decoding bytes and collecting what came out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipelines.extract.content import Content
from pipelines.extract.formats import decoder
from pipelines.flow import Chunk, Reject
from pipelines.naming import NameMap
from pipelines.spec import Column, FileFormat, FileStream


@dataclass
class Result:
    """Everything that a decoder gave for one content."""

    chunks: list[Chunk] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All rows, without their origin."""
        rows = [row for chunk in self.chunks for row in chunk.rows.to_pylist()]
        return [{n: v for n, v in row.items() if n[0] != "_"} for row in rows]

    @property
    def rejects(self) -> list[Reject]:
        return [reject for chunk in self.chunks for reject in chunk.rejects]

    @property
    def blank(self) -> int:
        return sum(chunk.blank for chunk in self.chunks)

    @property
    def read(self) -> int:
        return sum(chunk.read for chunk in self.chunks)

    def origin(self, column: str) -> list[Any]:
        """One origin column over all chunks."""
        return [value for chunk in self.chunks for value in chunk.rows.column(column).to_pylist()]

    def type(self, column: str) -> pa.DataType:
        """The type of a column in the last chunk."""
        return self.chunks[-1].rows.schema.field(column).type


def stream(
    declared: FileFormat, types: Mapping[str, str] | None = None, *, drop_blank: bool = True
) -> FileStream:
    """A stream of one format whose columns have the types given."""
    return FileStream(
        name="things",
        files=("*",),
        format=declared,
        description="Things.",
        columns={name: Column(type=sql) for name, sql in (types or {}).items()},
        drop_blank=drop_blank,
    )


def read(
    declared: FileFormat,
    raw: bytes,
    types: Mapping[str, str] | None = None,
    *,
    drop_blank: bool = True,
) -> Result:
    """What the decoder of a format makes of some bytes."""
    content = Content("things.file", io.BytesIO(raw))
    made = stream(declared, types, drop_blank=drop_blank)
    return Result(list(decoder(declared)(content, made, NameMap())))
