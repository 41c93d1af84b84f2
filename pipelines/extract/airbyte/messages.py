"""Lines of Airbyte's protocol, told apart.

Belongs here: which kind of message a line is, and its parts; records as they were
written. Does not belong here: what a run makes of them (`run`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from pipelines.extract.programs.cutting import BadLine, members

_LARGE = 1 << 20
"""Records from this size on are cut without being parsed, for memory's sake."""

_HEAD = re.compile(rb'\{"type": ?"RECORD", ?"record": ?\{"stream": ?"([^"\\]+)", ?"data": ?(?=\{)')
_TAIL = re.compile(rb'(?:, ?"emitted_at": ?\d+)?')
_PARTS = {
    "STATE": "state",
    "LOG": "log",
    "TRACE": "trace",
    "CONTROL": "control",
    "SPEC": "spec",
    "CATALOG": "catalog",
    "CONNECTION_STATUS": "connectionStatus",
}
_KINDS = ("RECORD", *_PARTS)
_INSIDE = re.compile(rb'"type"\s*:\s*"(?:' + "|".join(_KINDS).encode() + rb')"')


class Record(NamedTuple):
    """One record: its stream, the stream's namespace (empty: none), and its bytes."""

    stream: str
    namespace: str
    record: bytes


@dataclass(frozen=True)
class Message:
    """Any other message: its kind and its one part, integers exact."""

    kind: str
    body: dict[str, Any]


def parse(line: bytes) -> Record | Message | None:
    """The message in a line; None for a line that is none (a log line, a blank).

    BadLine, with a predicate about the line, where a message is broken.
    """
    return _quickly(line) or _slowly(line)


def _quickly(line: bytes) -> Record | None:
    """A record as airbyte-cdk writes it; what is cut out is one whole JSON object."""
    head = _HEAD.match(line)
    if head is None or len(line) > _LARGE:
        return None
    last = line.rfind(b"}}")
    end = line.rfind(b"}", 0, last) + 1
    if line[last + 2 :].strip() or not _TAIL.fullmatch(line, end, last):
        return None
    record = line[head.end() : end]
    try:
        orjson.loads(record)
    except ValueError:
        return None
    return Record(head[1].decode(), "", record)


def _slowly(line: bytes) -> Record | Message | None:
    if not line.lstrip().startswith(b"{"):
        if _INSIDE.search(line):
            raise BadLine("mixes a message with other text")
        return None
    parts = members(line)
    if "type" not in parts:
        return None
    kind = _value(parts, "type")
    if kind == "RECORD":
        return _record(parts)
    if kind not in _PARTS:
        raise BadLine(
            f"is of the type {str(kind)[:40]!r}, which is none of Airbyte's ({', '.join(_KINDS)})"
        )
    body = _value(parts, _PARTS[kind]) if _PARTS[kind] in parts else None
    if not isinstance(body, dict):
        raise BadLine(f"is a {kind} without {_PARTS[kind]!r}")
    return Message(kind, body)


def _record(parts: dict[str, bytes]) -> Record:
    inner = members(parts.get("record", b""))
    stream = _value(inner, "stream") if "stream" in inner else None
    if not isinstance(stream, str) or "data" not in inner:
        raise BadLine("is a RECORD without stream and data")
    namespace = _value(inner, "namespace") if "namespace" in inner else None
    return Record(stream, str(namespace or ""), inner["data"])


def _value(parts: dict[str, bytes], name: str) -> Any:
    try:
        return json.loads(parts[name])
    except (ValueError, RecursionError):
        raise BadLine(f"has a {name!r} that is not JSON") from None
