"""Gathering single records to answers, so that each state stands behind its records.

Belongs here: when an answer is full, and what it may carry. Does not belong here: what
the program's messages look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from pipelines.flow import Pulled

ENOUGH = 2 << 20
"""Bytes from which on a state ends an answer; before, a later state stands for it."""

TOO_MUCH = 8 << 20
"""Bytes from which on an answer ends without a state, so that memory stays bounded."""


class Pages:
    """The records at hand. `about` says what every answer says of its origin."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._about = dict(about)
        self._empty()

    def _empty(self) -> None:
        self._records: list[bytes] = []
        self._lines: list[bytes] = []
        self._paths: list[str] = []
        self._size = 0

    def record(self, record: bytes, line: bytes) -> None:
        """Take one record, and the line in which it came."""
        self.line(line)
        self._records.append(record)
        self._paths.append(f"line {len(self._lines)}")
        self._size += len(record)

    def line(self, line: bytes) -> None:
        """Keep a line that belongs to the stream, but is no record."""
        self._lines.append(line if line.endswith(b"\n") else line + b"\n")
        self._size += len(line)

    @property
    def count(self) -> int:
        """Records at hand."""
        return len(self._records)

    @property
    def enough(self) -> bool:
        """Whether the next state should end this answer."""
        return self._size >= ENOUGH

    @property
    def too_much(self) -> bool:
        """Whether this answer must end, state or no state."""
        return self._size >= TOO_MUCH

    def take(self, state: Mapping[str, Any] | None) -> Pulled:
        """The answer of all that was taken since the last one."""
        records = b"\n".join([*self._records, b""])
        taken = Pulled(records, state, b"".join(self._lines), self._about, self._paths)
        self._empty()
        return taken


def can_be_kept(state: Mapping[str, Any]) -> bool:
    """Whether a state can be written down; integers of more than 64 bits can't."""
    try:
        orjson.dumps(state)
    except TypeError:
        return False
    return True
