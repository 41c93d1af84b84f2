"""A look at what a source would give, without keeping anything.

Belongs here: the first rows of a stream, typed as they would be loaded, and what a
source is before it was ever loaded. Does not belong here: landing and load.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

from pipelines.engine.core import Engine
from pipelines.extract.read import read_file
from pipelines.flow import Chunk
from pipelines.naming import NameMap
from pipelines.spec import FileStream, PulledStream, Source, Stream, raw_table


def preview(
    engine: Engine, source: Source, stream: Stream, limit: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Up to `limit` records: ("row", the columns) or ("rejected", reason and raw record).

    Raises what reading raises: SourceError, ConfigurationError.
    """
    with closing(cast("Any", _records(_chunks(engine, source, stream)))) as records:
        yield from itertools.islice(records, limit)


def _records(chunks: Iterator[Chunk]) -> Iterator[tuple[str, dict[str, Any]]]:
    with closing(cast("Any", chunks)):
        for chunk in chunks:
            for batch in chunk.rows.to_batches(max_chunksize=100):
                for row in batch.to_pylist():
                    yield "row", row
            for reject in chunk.rejects:
                yield "rejected", {"reason": reject.reason, "record": reject.raw}


def _chunks(engine: Engine, source: Source, stream: Stream) -> Iterator[Chunk]:
    names = NameMap()
    if isinstance(stream, FileStream):
        for file in engine.store_of(source).list(stream.files):
            yield from read_file(stream, file, engine.store_of(source), names, _nowhere)
        return
    from pipelines.extract.pulled import decode

    assert isinstance(stream, PulledStream)
    table = raw_table(source.name, stream.name)
    with closing(cast("Any", engine.reader(source).read(stream, {}))) as answers:
        for _, chunk in decode(answers, stream, names, table):
            yield chunk


def _nowhere(_: bytes) -> None:
    """Nothing is kept."""
