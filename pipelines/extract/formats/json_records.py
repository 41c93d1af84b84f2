"""From pages of JSON records to Chunks: fast where it is safe, exact where not.

Belongs here: the order of pages, the growing shape, the pool of threads, and
rejects. Does not belong here: how pages are cut (json_lines, json_arrays).

Pages are decoded by threads and yielded in order. A page that the fast reader
won't vouch for is read value by value, which also teaches the shape what is
new in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import int64, text
from pipelines.errors import FileRefused
from pipelines.extract.formats import json_fast
from pipelines.extract.formats.chunks import finish, wanted_types
from pipelines.extract.formats.json_build import build, build_text
from pipelines.extract.formats.json_exact import BadJson, parse, render
from pipelines.extract.formats.json_fast import ListPage, Page, Plan
from pipelines.extract.formats.json_types import Shape, Unholdable
from pipelines.flow import Chunk, Reject
from pipelines.naming import NameMap
from pipelines.spec import Stream
from pipelines.sqltypes import arrow_type

_THREADS = 2
_IN_FLIGHT = 8
_FEW = 100
_MOST_COLUMNS = 10_000


@dataclass
class RecordReader:
    """Reads the records of one file; the shape it learns lasts for the file.

    `broken_is_fatal`: a record that is not JSON refuses the file instead of
    being rejected alone (a document is one text, a line is one by itself).
    `context` are values that every record carries.
    """

    file: str
    stream: Stream
    names: NameMap
    broken_is_fatal: bool = False
    context: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._shape = Shape(kind="object")
        self._wanted = wanted_types(self.stream)
        self._plan: Plan | None = None
        self._constants = {}
        for name, value in self.context.items():
            shape = Shape()
            shape.observe(value)
            column = self.names.column(name)
            self._constants[column] = self._column([value], shape, column)

    def chunks(self, pages: Iterable[Page | ListPage]) -> Iterator[Chunk]:
        """One Chunk a page, in order; a few pages are decoded ahead."""
        waiting: deque[tuple[Page | ListPage, Plan | None, Future[Chunk | None] | None]] = deque()
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="json") as pool:
            for page in pages:
                plan = self._plan
                future = pool.submit(self._fast, page, plan) if plan else None
                waiting.append((page, plan, future))
                if future is None or len(waiting) >= _IN_FLIGHT:
                    yield self._settle(*waiting.popleft())
            while waiting:
                yield self._settle(*waiting.popleft())

    def chunk(
        self,
        values: Sequence[Any],
        raw: Callable[[int], str],
        lines: pa.Array | None,
        paths: pa.Array | None,
        rejects: Sequence[Reject] = (),
    ) -> Chunk:
        """A Chunk of exact records, as dicts; what no column can hold is rejected."""
        kept, refused = [], list(rejects)
        for row, value in enumerate(values):
            try:
                self._shape.observe(value)
                kept.append(row)
            except Unholdable as error:
                refused.append(self._reject(f"The record {error}.", raw(row), lines, paths, row))
        if len(kept) < len(values):
            places = pa.array(kept, pa.int64())
            values = [values[row] for row in kept]
            lines, paths = (None if a is None else a.take(places) for a in (lines, paths))
        self._learn()
        columns = [
            self._column([value.get(name) for value in values], shape, self._label(name))
            for name, shape in self._shape.fields.items()
        ]
        rows = pa.table(columns, names=[self._label(name) for name in self._shape.fields])
        if not columns:
            rows = pa.table({"": pa.nulls(len(values))})
        return self._finish(rows, lambda row: raw(kept[row]), lines, paths, refused)

    def _settle(
        self, page: Page | ListPage, plan: Plan | None, future: Future[Chunk | None] | None
    ) -> Chunk:
        chunk = future.result() if future else None
        if plan is not self._plan:
            # What came to light meanwhile holds for this page, too.
            chunk = self._fast(page, self._plan) if self._plan else None
        if chunk is not None:
            return chunk
        page = page.page() if isinstance(page, ListPage) else page
        if self._plan is None and len(page.starts) > _FEW:
            chunk = self._by_the_first(page)
        return chunk or self._exact(page)

    def _fast(self, page: Page | ListPage, plan: Plan) -> Chunk | None:
        rows = json_fast.read(page, plan)
        if rows is None:
            return None
        rows = rows.rename_columns([self._label(name) for name in rows.column_names])
        if isinstance(page, ListPage):
            return self._finish(rows, _Lazily(page), None, numbered(page.place, rows.num_rows), ())
        lines = None if page.lines is None else int64(page.lines)
        return self._finish(
            rows, lambda row: _shown(page.record(row)), lines, page.paths, page.rejects
        )

    def _exact(self, page: Page) -> Chunk:
        values, kept, rejects = [], [], list(page.rejects)
        lines = None if page.lines is None else int64(page.lines)
        for row in range(len(page.starts)):
            record = page.record(row)
            try:
                values.append(self._record(parse(record)))
                kept.append(row)
            except BadJson as error:
                reject = self._reject(
                    f"The record {error}.", _shown(record), lines, page.paths, row
                )
                if self.broken_is_fatal:
                    raise FileRefused(f"{self.file} at {reject.path}: {reject.reason}") from None
                rejects.append(reject)
        if len(kept) == len(page.starts) and (chunk := self._learned(page, values)) is not None:
            return chunk
        places = pa.array(kept, pa.int64())
        lines, paths = (None if a is None else a.take(places) for a in (lines, page.paths))
        return self.chunk(values, lambda row: _shown(page.record(kept[row])), lines, paths, rejects)

    def _by_the_first(self, page: Page) -> Chunk | None:
        """The page read fast by what its first records teach, if all are like them."""
        try:
            values = [self._record(parse(page.record(row))) for row in range(_FEW)]
        except BadJson:
            return None
        return self._learned(page, values)

    def _learned(self, page: Page, values: Sequence[dict[str, Any]]) -> Chunk | None:
        """The page read fast after all, now that its values taught the shape."""
        try:
            for value in values:
                self._shape.observe(value)
        except Unholdable:
            return None
        self._learn()
        return self._fast(page, self._plan) if self._plan else None

    def _record(self, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if self.broken_is_fatal:
            return {"value": value}
        raise BadJson(f"is no JSON object but {render(value)[:100]}")

    def _column(self, values: Sequence[Any], shape: Shape, column: str) -> pa.Array:
        declared = self._wanted.get(column)
        if declared is None or pa.types.is_nested(arrow_type(declared)):
            return build(values, shape)
        return build_text(values)

    def _label(self, name: str) -> str:
        return self.names.column(f"{name}#2" if name in self.context else name)

    def _learn(self) -> None:
        """A plan for the pages to come, from all that was seen so far."""
        fields = self._shape.fields
        if len(fields) > _MOST_COLUMNS:
            raise FileRefused(
                f"{self.file} has records with more than {_MOST_COLUMNS} different fields, which "
                "are no columns. If the names are data, declare records one level deeper."
            )
        labels = {name: self._label(name) for name in fields}
        declared = {n: self._wanted[c] for n, c in labels.items() if c in self._wanted}
        plan = json_fast.plan(self._shape, declared)
        if plan is None or self._plan is None or plan.schema != self._plan.schema:
            self._plan = plan

    def _finish(
        self,
        rows: pa.Table,
        raw: Callable[[int], str],
        lines: pa.Array | None,
        paths: pa.Array | None,
        rejects: Sequence[Reject],
    ) -> Chunk:
        return finish(
            rows,
            self.stream,
            self.file,
            lines=lines,
            paths=paths,
            raw=raw,
            rejects=rejects,
            constants=self._constants,
        )

    def _reject(
        self, reason: str, raw: str, lines: pa.Array | None, paths: pa.Array | None, row: int
    ) -> Reject:
        line = None if lines is None else lines[row].as_py()
        path = None if paths is None else paths[row].as_py()
        return Reject(reason, raw, self.file, line, path)


class _Lazily:
    """The records of a list as they are shown; told apart when the first is asked for."""

    def __init__(self, page: ListPage) -> None:
        self._list = page

    @cached_property
    def _page(self) -> Page:
        return self._list.page()

    def __call__(self, row: int) -> str:
        return _shown(self._page.record(row))


@lru_cache(256)
def _numbers(place: str, size: int) -> pa.Array:
    counted = pc.cast(int64(np.arange(size)), pa.string())
    return pc.binary_join_element_wise(text(f"{place}["), counted, text("]"), text(""))


def numbered(place: str, count: int) -> pa.Array:
    """`place[0]`, `place[1]` …; made once for all pages of about one size."""
    return _numbers(place, 1 << max(count - 1, 1).bit_length()).slice(0, count)


def _shown(record: bytes) -> str:
    return record.decode(errors="backslashreplace")
