"""What stands at the two ends of a JSON answer, read without parsing the whole.

Belongs here: the fields before and behind the records. Does not belong here: what
they are for, or deciding by them alone: whoever uses them parses the answer, too.

A field that stands beside the records, such as the token of the next page, is found
in a few microseconds, so that the next page is asked for before this one is parsed.
Where a bracket that is taken for the end of the records stands inside a text, what
is left has an odd number of quotes and is no JSON, so nothing is found.
"""

from __future__ import annotations

from typing import Any

import orjson

_TRIES = 4
_FARTHEST = 1 << 16


def fields_at_ends(body: bytes) -> dict[str, Any]:
    """The fields of the outermost object that could be read; others may be there."""
    if body.lstrip()[:1] != b"{":
        return {}
    return {**_before(body), **_behind(body)}


def _behind(body: bytes) -> dict[str, Any]:
    """What follows the last list of the outermost object."""
    end = len(body)
    for _ in range(_TRIES):
        end = body.rfind(b"]", max(0, len(body) - _FARTHEST), end)
        if end < 0:
            break
        found = _parsed(b'{"":0' + body[end + 1 :])
        if found is not None:
            found.pop("", None)
            return found
    return {}


def _before(body: bytes) -> dict[str, Any]:
    """What stands before the first list, which is the value of the last field."""
    start = body.find(b"[", 0, _FARTHEST)
    found = None if start < 0 else _parsed(body[:start] + b"0}")
    if found:
        found.popitem()
    return found or {}


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
