"""JSON paths of declarations: reading them, walking them, writing them.

Belongs here: `$`, `.name`, `['name']`, `[3]`, `[*]` (items of a list), `.*`
(values of an object) and a final `~` (the name or position instead of the
value). Does not belong here: filters, slices, recursive descent; a model does
that in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pipelines.errors import DeclarationError

_TOKEN = re.compile(
    r"\.(?P<star>\*)|\[(?P<items>\*)\]|\[(?P<index>\d+)\]"
    r"|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]|\.(?P<name>[^.\[\]~*]+)"
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Items:
    """`[*]`: each item of a list."""


@dataclass(frozen=True)
class Values:
    """`.*`: each value of an object."""


Step: TypeAlias = "str | int | Items | Values"
Place: TypeAlias = "tuple[str | int, ...]"


@dataclass(frozen=True)
class JsonPath:
    """A parsed path; `name_only` when it ends in `~`."""

    text: str
    steps: tuple[Step, ...]
    name_only: bool = False


class NoSuchPlace(ValueError):
    """The document has no such place; the message says what stands there."""


def parse_path(text: str) -> JsonPath:
    """The path; DeclarationError when it is none."""
    rest, name_only = text.removesuffix("~"), text.endswith("~")
    position, steps = 1, []
    while rest.startswith("$") and position < len(rest):
        found = _TOKEN.match(rest, position)
        if found is None:
            break
        steps.append(_step(found))
        position = found.end()
    if not rest.startswith("$") or position < len(rest) or (name_only and not steps):
        raise DeclarationError(
            f"{text!r} is no JSON path. Expected $ and then steps such as .name, ['a name'], "
            "[0], [*] or .*, with a ~ at the end for the name instead of the value."
        )
    return JsonPath(text, tuple(steps), name_only)


def _step(found: re.Match[str]) -> Step:
    if found["star"]:
        return Values()
    if found["items"]:
        return Items()
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", found["quoted"])
    return str(found["name"])


def shown(keys: Place) -> str:
    """A concrete place as a path: `$.items[3]['us-gaap']`."""
    return "$" + "".join(shown_step(key) for key in keys)


def shown_step(key: str | int) -> str:
    """One step of a concrete path."""
    if isinstance(key, int):
        return f"[{key}]"
    if _PLAIN.fullmatch(key):
        return "." + key
    return "['" + key.replace("\\", "\\\\").replace("'", "\\'") + "']"


def walk(
    value: Any, steps: Sequence[Step], place: Place = (), *, optional: bool = False
) -> Iterator[tuple[Place, Any]]:
    """Every (place, value) that the steps lead to, in the document's order.

    What is absent before any wildcard, and a step into the wrong kind of value,
    is NoSuchPlace. What is absent below a wildcard (`optional`) leads nowhere,
    and so does null.
    """
    for number, step in enumerate(steps):
        if value is None:
            return
        _expect_kind(value, step, place)
        if isinstance(step, (Items, Values)):
            inner = enumerate(value) if isinstance(step, Items) else value.items()
            for key, item in inner:
                yield from walk(item, steps[number + 1 :], (*place, key), optional=True)
            return
        if not _has(value, step):
            if optional:
                return
            raise NoSuchPlace(f"has nothing at {shown((*place, step))}")
        value, place = value[step], (*place, step)
    yield place, value


def lookup(value: Any, path: JsonPath, place: Place) -> Any:
    """What a context path gives a record at `place`; None where nothing stands.

    The path's wildcards take the keys that `place` has there: `$.a.*.label` is,
    for a record at `$.a.x.units[0]`, the label of `x`, and `$.a.*~` is `x`.
    """
    keys = [
        place[number] if isinstance(step, (Items, Values)) else step
        for number, step in enumerate(path.steps)
    ]
    for key in keys:
        fits = isinstance(value, list) if isinstance(key, int) else isinstance(value, dict)
        if not fits or not _has(value, key):
            return None
        value = value[key]
    return keys[-1] if path.name_only else value


def check_context(context: JsonPath, records: JsonPath) -> None:
    """A wildcard in a context path must be one of the records' own."""
    for number, step in enumerate(context.steps):
        shared = context.steps[: number + 1] == records.steps[: number + 1]
        if isinstance(step, (Items, Values)) and not shared:
            raise DeclarationError(
                f"The context path {context.text} has a wildcard that the records path "
                f"{records.text} does not share, so it names no single value."
            )


def _has(value: Any, step: str | int) -> bool:
    return step < len(value) if isinstance(step, int) else step in value


def _expect_kind(value: Any, step: Step, place: Place) -> None:
    if isinstance(step, (str, Values)) and not isinstance(value, dict):
        raise NoSuchPlace(f"has no object at {shown(place)}")
    if isinstance(step, (int, Items)) and not isinstance(value, list):
        raise NoSuchPlace(f"has no list at {shown(place)}")
