"""The records of a JSON document too large to be held, page by page.

Belongs here: finding the container that holds the records, and cutting it at
the commas between them. Does not belong here: decoding records (json_records)
or small documents (json_documents).

What stands around the records is kept (the skeleton) and parsed strictly at the
end, so a document that breaks off or goes wrong behind them is still refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import FileRefused
from pipelines.extract.formats.json_bytes import Utf8, trim
from pipelines.extract.formats.json_fast import Page
from pipelines.extract.formats.json_paths import Items, Step, Values, shown, shown_step

PAGE = 8 << 20
_LARGEST = 64 << 20
_TOKEN = re.compile(rb'[ \t\r\n]*(?:"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^ \t\r\n"{}\[\],:]+)', re.DOTALL)
_KEY = re.compile(rb'[ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*:', re.DOTALL)
_QUOTE, _COMMA, _BACKSLASH = b'",\\'
_MARKS = np.isin(np.arange(256), list(b'"{}[],\n\r'))
_DEPTH = np.zeros(256, np.int32)
_DEPTH[list(b"{[")] = 1
_DEPTH[list(b"}]")] = -1


def can_stream(steps: tuple[Step, ...]) -> bool:
    """Whether records at such a path can be read page by page: `$.a.b[*]`, `$.*`."""
    return (
        bool(steps)
        and isinstance(steps[-1], (Items, Values))
        and all(isinstance(step, str) for step in steps[:-1])
    )


@dataclass
class Splitter:
    """Cuts one document; `skeleton` is the document with no records, once read."""

    source: Utf8
    file: str
    steps: tuple[Step, ...]
    skeleton: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._buffer = b""
        self._position = 0
        self._keys = tuple(step for step in self.steps[:-1] if isinstance(step, str))
        self._open, self._close = b"[]" if isinstance(self.steps[-1], Items) else b"{}"

    def pages(self) -> Iterator[Page]:
        """Pages of records; FileRefused where the container does not end."""
        stack: list[bytes] = []
        names: list[bytes | None] = []
        found = False
        before = b""
        while token := self._token():
            self._keep(token)
            mark = token.strip()
            if mark == b":" and names:
                names[-1] = before
            elif mark in (b"{", b"["):
                at_records = mark[0] == self._open and _same(names, self._keys)
                if at_records and not found:
                    found = True
                    yield from self._container()
                    self.skeleton.append(self._close)
                else:
                    stack.append(mark)
                    names.append(None)
            elif mark in (b"}", b"]") and stack:
                stack.pop()
                names.pop()
            before = mark

    def _keep(self, token: bytes) -> None:
        self.skeleton += token
        if len(self.skeleton) > _LARGEST:
            raise self._too_large()

    def _too_large(self) -> FileRefused:
        return FileRefused(
            f"{self.file} holds more than {_LARGEST >> 20} MB beside its records at "
            f"{self._place}. Split the file, or declare the path to what is large."
        )

    @property
    def _place(self) -> str:
        return shown(self._keys)

    def _token(self) -> bytes:
        """The next token outside the records, with the white space before it."""
        while True:
            found = _TOKEN.match(self._buffer, self._position)
            if found and found.end() < len(self._buffer):
                self._position = found.end()
                return found[0]
            more = self.source.read(max(PAGE, len(self._buffer) - self._position))
            if len(self._buffer) - self._position > _LARGEST:
                raise self._too_large()
            if not more:
                rest = self._buffer[self._position :]
                self._buffer, self._position = b"", 0
                return rest
            self._buffer, self._position = self._buffer[self._position :] + more, 0

    def _container(self) -> Iterator[Page]:
        """The records, from behind the opening bracket to the closing one."""
        index = 0
        buffer = self._buffer[self._position :]
        while True:
            more = self.source.read(max(PAGE, len(buffer)))
            buffer += more
            commas, end, breaks = _scan(buffer)
            if end is None and not more:
                raise FileRefused(f"{self.file} breaks off inside {self._place}.")
            if end is None and not len(commas):
                if len(buffer) > _LARGEST:
                    raise FileRefused(
                        f"{self.file} has a record larger than {_LARGEST >> 20} MB at "
                        f"{self._place}{shown_step(index)}."
                    )
                continue
            cut = int(commas[-1]) if end is None else end
            inner = commas if end is not None else commas[:-1]
            page = self._page(buffer[:cut], inner, breaks[breaks < cut], index)
            if len(page.starts):
                yield page
            index += len(page.starts)
            buffer = buffer[cut + 1 :] if end is None else buffer[cut:]
            if end is not None:
                break
        if buffer[0] != self._close:
            raise FileRefused(f"{self.file} closes {self._place} with {chr(buffer[0])!r}.")
        self._buffer, self._position = buffer, 1

    def _page(self, data: bytes, commas: np.ndarray, breaks: np.ndarray, index: int) -> Page:
        starts = np.concatenate(([0], commas + 1))
        ends = np.concatenate((commas, [len(data)]))
        values = np.frombuffer(data + b"\n", np.uint8).copy()
        values[breaks] = ord(" ")
        values[commas] = ord("\n")
        starts, ends = trim(data, starts, ends)
        if len(starts) == 1 and starts[0] >= ends[0] and index == 0:
            return Page(b"", starts[:0], ends[:0])
        empty = np.flatnonzero(starts >= ends)
        if len(empty):
            where = f"{self._place}{shown_step(index + int(empty[0]))}"
            raise FileRefused(f"{self.file} has a comma too many at {where}.")
        if isinstance(self.steps[-1], Values):
            names, starts = self._take_names(data, values, starts, ends)
        else:
            names = pa.array(np.arange(index, index + len(starts)), pa.int64()).cast(pa.string())
            names = pc.binary_join_element_wise("[", names, "]", "")
        paths = pc.binary_join_element_wise(self._place, names, "")
        return Page(values.tobytes(), starts, ends, paths=paths)

    def _take_names(
        self, data: bytes, values: np.ndarray, starts: np.ndarray, ends: np.ndarray
    ) -> tuple[pa.Array, np.ndarray]:
        """The records' names, which are blanked out of the page."""
        names, begins = [], starts.tolist()
        for row, (start, end) in enumerate(zip(begins, ends.tolist(), strict=True)):
            found = _KEY.match(data, start, end)
            if found is None:
                said = data[start : start + 60].decode(errors="backslashreplace")
                raise FileRefused(f"{self.file} has no name before {said!r} in {self._place}.")
            try:
                names.append(shown_step(json.loads(found[1])))
            except ValueError as error:
                raise FileRefused(f"{self.file} has a bad name in {self._place}: {error}") from None
            values[start : found.end()] = ord(" ")
            begins[row] = found.end()
        return pa.array(names, pa.string()), trim(data, np.array(begins), ends)[0]


def _same(names: list[bytes | None], wanted: tuple[str, ...]) -> bool:
    if len(names) != len(wanted) or None in names:
        return False
    try:
        return [json.loads(name) for name in names if name] == list(wanted)
    except ValueError:
        return False


def _scan(buffer: bytes) -> tuple[np.ndarray, int | None, np.ndarray]:
    """Commas between records, the closing bracket, and line breaks outside text.

    The buffer begins inside the container and outside text.
    """
    data = np.frombuffer(buffer, np.uint8)
    at = np.flatnonzero(_MARKS[data])
    marks = data[at]
    quotes = marks == _QUOTE
    escaped = _escaped(data)
    if len(escaped):
        quotes &= ~np.isin(at, escaped, assume_unique=True)
    in_text = (np.cumsum(quotes) & 1).astype(bool)
    outside = ~quotes & ~in_text & (marks != _QUOTE)
    at, marks = at[outside], marks[outside]
    depth = np.cumsum(_DEPTH[marks])
    closed = np.flatnonzero(depth < 0)
    end = int(at[closed[0]]) if len(closed) else None
    if end is not None:
        at, marks, depth = at[: closed[0]], marks[: closed[0]], depth[: closed[0]]
    commas = at[(marks == _COMMA) & (depth == 0)]
    breaks = at[(marks == ord("\n")) | (marks == ord("\r"))]
    return commas, end, breaks


def _escaped(data: np.ndarray) -> np.ndarray:
    """Positions of the characters that a backslash takes the meaning from."""
    slashes = np.flatnonzero(data == _BACKSLASH)
    if not len(slashes):
        return slashes
    first = np.concatenate(([True], np.diff(slashes) != 1))
    run_starts = slashes[first]
    run_ends = np.concatenate((slashes[:-1][first[1:]], slashes[-1:])) + 1
    odd: np.ndarray = (run_ends - run_starts) % 2 == 1
    return np.asarray(run_ends[odd])
