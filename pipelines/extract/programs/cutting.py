"""Cutting the parts of a JSON line out of it, byte for byte.

Belongs here: finding where a member of an object begins and ends. Does not belong
here: what the members mean, or whether what is inside them is right: a record that
breaks the grammar of JSON is set aside alone by whoever types it.

Nothing is parsed to be written again, so a decimal keeps all its digits. Memory
doesn't grow with a line's depth, and beyond the line itself hardly with its length.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

_SPACE = re.compile(rb"[ \t\r\n]*")
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_KEY = re.compile(rb"[ \t\r\n]*(" + _TEXT + rb")[ \t\r\n]*:[ \t\r\n]*", re.DOTALL)
_PLAIN = re.compile(_TEXT + rb'|[^ \t\r\n,{}\[\]:"]+', re.DOTALL)
_MARK = re.compile(_TEXT + rb"|[{}\[\]]", re.DOTALL)


Span: TypeAlias = tuple[int, int]


class BadLine(ValueError):
    """The text is no JSON object; the message is a predicate about it."""


def members(text: bytes) -> dict[str, bytes]:
    """The members of one JSON object, each as it was written, without space around."""
    return {name: text[start:end] for name, (start, end) in spans(text).items()}


def spans(text: bytes) -> dict[str, Span]:
    """Where in the text each member of one JSON object begins and ends; BadLine."""
    at = _SPACE.match(text, 0).end()  # type: ignore[union-attr]  # it matches nothing, too
    if text[at : at + 1] != b"{":
        raise BadLine("is no JSON object")
    found: dict[str, Span] = {}
    at = _skip_space(text, at + 1)
    if text[at : at + 1] == b"}":
        return _ended(text, at + 1, found)
    while True:
        key = _KEY.match(text, at)
        if key is None:
            raise BadLine(f"has no name at byte {at + 1}")
        end = _end(text, key.end())
        found[_name(key[1], at)] = (key.end(), end)
        at = _skip_space(text, end)
        mark = text[at : at + 1]
        if mark == b"}":
            return _ended(text, at + 1, found)
        if mark != b",":
            raise BadLine(f"is not JSON at byte {at + 1}" if mark else "breaks off")
        at += 1


def _end(text: bytes, start: int) -> int:
    """Where the value that begins at `start` ends."""
    if text[start : start + 1] not in (b"{", b"["):
        plain = _PLAIN.match(text, start)
        if plain is None:
            raise BadLine("breaks off" if start >= len(text) else f"has no value at {start + 1}")
        return plain.end()
    depth = 0
    for mark in _MARK.finditer(text, start):
        first = text[mark.start()]
        if first == 0x22:
            continue
        depth += 1 if first in b"{[" else -1
        if depth == 0:
            return mark.end()
    raise BadLine("breaks off")


def _name(quoted: bytes, at: int) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise BadLine(f"has a broken name at byte {at + 1}") from None


def _skip_space(text: bytes, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _ended(text: bytes, at: int, found: dict[str, Span]) -> dict[str, Span]:
    if _skip_space(text, at) != len(text):
        raise BadLine(f"goes on behind its end, at byte {at + 1}")
    return found
