"""Lines of Singer, told apart.

Belongs here: which kind of message a line is, and its parts as they were written.
Does not belong here: what a run makes of them (`run`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from pipelines.extract.programs.cutting import BadLine, members, spans

_LARGE = 1 << 20
"""Records from this size on are cut without being parsed, for memory's sake."""

_HEAD = re.compile(rb'\{"type": ?"RECORD", ?"stream": ?"([^"\\]+)", ?"record": ?(?=\{)')
_TAIL = re.compile(rb'(?:, ?"(?:version|time_extracted)": ?(?:"[^"\\]*"|\d+|null))*')
_KINDS = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH")
_INSIDE = re.compile(rb'"type"\s*:\s*"(?:' + "|".join(_KINDS).encode() + rb')"')


class Record(NamedTuple):
    """One record: its stream, its bytes, and the names of its fields."""

    stream: str
    record: bytes
    fields: Collection[str]


@dataclass(frozen=True)
class Message:
    """Any other message: its kind, its stream (empty: none), and its parts as written."""

    kind: str
    stream: str
    parts: dict[str, bytes]

    def value(self, name: str) -> Any:
        """One part as a value, integers exact; None where it is absent. May raise BadLine."""
        part = self.parts.get(name)
        if part is None:
            return None
        try:
            return json.loads(part)
        except (ValueError, RecursionError):
            raise BadLine(f"has a {name} that is not JSON") from None


def parse(line: bytes) -> Record | Message | None:
    """The message in a line; None for a line that is none (a stray print, a blank).

    BadLine, with a predicate about the line, where a message is broken.
    """
    return _quickly(line) or _slowly(line)


def _quickly(line: bytes) -> Record | None:
    """A record as taps commonly write it.

    What is cut out parses as one JSON object and begins where the record does, so it
    ends where the record ends, whatever is written inside.
    """
    head = _HEAD.match(line)
    if head is None or len(line) > _LARGE:
        return None
    last = line.rfind(b"}")
    end = line.rfind(b"}", 0, last) + 1
    if line[last + 1 :].strip() or not _TAIL.fullmatch(line, end, last):
        return None
    record = line[head.end() : end]
    try:
        return Record(head[1].decode(), record, orjson.loads(record))
    except ValueError:
        return None


def _slowly(line: bytes) -> Record | Message | None:
    if not line.lstrip().startswith(b"{"):
        if _INSIDE.search(line):
            raise BadLine("mixes a message with other text")
        return None
    parts = members(line)
    message = Message("", "", parts)
    kind, stream = message.value("type"), message.value("stream")
    if not isinstance(kind, str):
        raise BadLine("is JSON, but no message: it has no type")
    if kind not in _KINDS:
        raise BadLine(
            f"is of the type {kind[:40]!r}, which is none of Singer's ({', '.join(_KINDS)})"
        )
    if kind != "STATE" and not isinstance(stream, str):
        raise BadLine(f"is a {kind} without a stream")
    if kind != "RECORD":
        return Message(kind, stream or "", parts)
    if "record" not in parts:
        raise BadLine("is a RECORD without a record")
    return Record(stream, parts["record"], _fields(parts["record"]))


def _fields(record: bytes) -> Collection[str]:
    try:
        return spans(record)
    except BadLine:
        # Whoever types the record sets it aside with the reason.
        return ()
