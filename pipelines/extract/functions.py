"""Records that a Python function of the fund's own gives.

Belongs here: what such a function may yield, and the errors it may end with. Does
not belong here: the function; it stands beside its source's declaration.

It yields records (mappings), lists of them, Arrow tables or batches, and
`State({...})`: a new cursor, which holds for all that was yielded before it. A dlt
resource is such an iterable, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.errors import HeadwaterError, SourceError
from pipelines.extract.readers import FoundStream, Surroundings
from pipelines.flow import Pulled
from pipelines.spec import PulledStream, Python, State

_TOGETHER = 1_000


def open_reader(connection: Python, surroundings: Surroundings) -> FunctionReader:
    """The reader of a source whose connection is a function."""
    return FunctionReader(connection, surroundings)


class FunctionReader:
    """Calls the function once for each read; small records are gathered to pages."""

    def __init__(self, connection: Python, surroundings: Surroundings) -> None:
        self._connection = connection
        self._source = surroundings.source
        self._config = surroundings.config

    def check(self) -> str:
        """Ask each stream for its first item."""
        for stream in self._source.streams:
            if isinstance(stream, PulledStream):
                for _ in self.read(stream, {}):
                    break
        return f"{len(self._source.streams)} streams gave what they were asked for."

    def discover(self) -> list[FoundStream]:
        """What is declared: a function can't be asked what else it knows."""
        return [FoundStream(getattr(s, "theirs", s.name), s.key) for s in self._source.streams]

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """Pages of up to 1,000 records, or what the function yields at once."""
        known: Mapping[str, Any] = dict(state)
        gathered: list[Mapping[str, Any]] = []
        for item in self._items(stream, state):
            if isinstance(item, State):
                known = dict(item.value)
                yield Pulled(gathered, known)
                gathered = []
            elif isinstance(item, Mapping):
                gathered.append(item)
                if len(gathered) >= _TOGETHER:
                    yield Pulled(gathered)
                    gathered = []
            else:
                if gathered:
                    yield Pulled(gathered)
                    gathered = []
                yield Pulled(self._records(stream, item))
        yield Pulled(gathered, known)

    def close(self) -> None:
        """Nothing is held between reads."""

    def _items(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Any]:
        try:
            yield from self._connection.read(stream.theirs, self._config, dict(state))
        except HeadwaterError:
            raise
        except Exception as error:
            raise SourceError(
                f"The function that reads {self._source.name}.{stream.name} failed with "
                f"{type(error).__name__}. Nothing behind the last state it gave is kept. Mend it "
                "in the source's file; the error's own text may hold data and is in the traceback."
            ) from error

    def _records(self, stream: PulledStream, item: Any) -> list[Mapping[str, Any]] | pa.Table:
        if isinstance(item, list | tuple) and all(isinstance(one, Mapping) for one in item):
            return list(item)
        if isinstance(item, pa.Table):
            return item
        if isinstance(item, pa.RecordBatch):
            return pa.Table.from_batches([item])
        raise SourceError(
            f"The function that reads {self._source.name}.{stream.name} gave a "
            f"{type(item).__name__}; expected a mapping, a list of mappings, an Arrow table or "
            "State({...})."
        )
