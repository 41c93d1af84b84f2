"""Paths into JSON values: get, find with wildcards, set, delete.

Belongs here: everything that walks a value by a list of segments. `*` stands
for one level, `**` for any number, and other segments may hold `*`, `?` and
`[...]`. Does not belong here: what a component does with the value found.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

MISSING: Any = object()
Segments = Sequence[str]


def has_wildcard(path: Segments) -> bool:
    """Whether any segment can match more than one key."""
    return any(char in segment for segment in path for char in "*?[")


def get(value: Any, path: Segments, default: Any = MISSING) -> Any:
    """The value at a path without wildcards, or `default`."""
    for segment in path:
        value = _child(value, segment)
        if value is MISSING:
            return default
    return value


def _child(value: Any, segment: str) -> Any:
    if isinstance(value, dict):
        return value.get(segment, MISSING)
    if isinstance(value, list):
        try:
            return value[int(segment)]
        except (ValueError, IndexError):
            return MISSING
    return MISSING


def compile_get(path: Segments, default: Any = MISSING) -> Callable[[Any], Any]:
    """A function from a value to what stands at `path` in it, wildcards allowed.

    The first match counts when there are several.
    """
    keys = tuple(path)
    if has_wildcard(keys):
        return lambda value: next((found for _, _, found in find(value, keys)), default)
    if len(keys) == 1:
        key = keys[0]
        return lambda value: (
            value.get(key, default) if type(value) is dict else get(value, keys, default)
        )
    return lambda value: get(value, keys, default)


def find(value: Any, path: Segments) -> Iterator[tuple[Any, Any, Any]]:
    """(container, key, value) of every match, outer before inner, in document order."""
    if not path:
        return
    first, rest = path[0], path[1:]
    for key, child in _children(value):
        if first == "**":
            if not rest or (len(rest) == 1 and _matches(key, rest[0])):
                yield value, key, child
            yield from find(child, path)
            if len(rest) > 1 and _matches(key, rest[0]):
                yield from find(child, rest[1:])
        elif _matches(key, first):
            if rest:
                yield from find(child, rest)
                if rest == ("**",):
                    yield value, key, child
            else:
                yield value, key, child


def _children(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return list(enumerate(value))
    return []


def _matches(key: Any, segment: str) -> bool:
    return str(key) == segment or fnmatch.fnmatchcase(str(key), segment)


def put(record: dict[str, Any], path: Segments, value: Any) -> None:
    """Set the value at `path`, making the objects and lists on the way that are missing."""
    target: Any = record
    for segment, following in itertools.pairwise(path):
        child = _child(target, segment)
        if not isinstance(child, dict | list):
            child = [] if following.isdecimal() else {}
            _set(target, segment, child)
        target = child
    _set(target, path[-1], value)


def _set(target: Any, segment: str, value: Any) -> None:
    if isinstance(target, list):
        index = int(segment)
        target.extend([None] * (index + 1 - len(target)))
        target[index] = value
    else:
        target[segment] = value


def delete(record: Any, path: Segments, wanted: Callable[[Any], bool] | None = None) -> None:
    """Remove every match; with `wanted`, only values without children for which it holds.

    An item inside a list becomes null, so that its neighbours keep their places;
    the last item is cut off.
    """
    for container, key, value in reversed(list(find(record, tuple(path)))):
        if wanted is not None and (isinstance(value, dict | list) or not wanted(value)):
            continue
        if isinstance(container, dict):
            container.pop(key, None)
        elif key == len(container) - 1:
            container.pop()
        else:
            container[key] = None
