"""What stands at the two ends of a JSON answer, read without parsing the whole.

Belongs here: the fields before and behind the records. Does not belong here: what
they are for, or deciding by them alone: whoever uses them parses the answer, too.

A field that stands beside the records, such as the token of the next page, is found
in a few microseconds, so that the next page is asked for before this one is parsed.
Where a bracket that is taken for the end of the records stands inside a text, what
is left has an odd number of quotes and is no JSON, so nothing is found.

`around` finds the list of the records itself. What stands before and behind it is
parsed, so if the list is JSON the answer is, and its fields are the ones told here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

_TRIES = 4
_FARTHEST = 1 << 16


def fields_at_ends(body: bytes) -> dict[str, Any]:
    """The fields of the outermost object that could be read; others may be there."""
    if body.lstrip()[:1] != b"{":
        return {}
    return {**_before(body), **_behind(body)}


def around(body: bytes, path: Sequence[str]) -> tuple[dict[str, Any], int, int] | None:
    """(the answer but for its records, where their list begins, where it ends behind).

    `path` leads to the list by the names of fields. None where it can't be found so
    easily: another list stands beside it, or a field on the way is repeated.
    """
    depth = len(path)
    start = body.find(b"[", 0, _FARTHEST)
    before = None if start < 0 or not depth else _parsed(body[:start] + b"0" + b"}" * depth)
    end = len(body)
    for _ in range(_TRIES if before is not None else 0):
        end = body.rfind(b"]", max(start, len(body) - _FARTHEST), end)
        if end < 0:
            return None
        behind = _parsed(b'{"":' * depth + b"0" + body[end + 1 :])
        if behind is not None:
            fields = _joined(before or {}, behind, path)
            return None if fields is None else (fields, start, end + 1)
    return None


def _joined(
    before: dict[str, Any], behind: dict[str, Any], path: Sequence[str]
) -> dict[str, Any] | None:
    """The fields of both but for the one at the path; None if they don't fit."""
    name, *further = path
    if next(reversed(before), None) != name or next(iter(behind), None) != "" or name in behind:
        return None
    inner, rest = before.pop(name), behind.pop("")
    fields = {**before, **behind}
    if not further:
        return fields if inner == 0 and rest == 0 else None
    if not isinstance(inner, dict) or not isinstance(rest, dict):
        return None
    deeper = _joined(inner, rest, further)
    return None if deeper is None else {**fields, name: deeper}


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
