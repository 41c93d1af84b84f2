"""The notation that the vocabulary is written in, and its parser.

    Name [as Tag] [untyped] [closed]
      field!: kind = default

`!` marks a required field. A kind is `text`, `integer`, `number`, `boolean`,
`any`, `map` (of anything), `map[kind]`, `list[kind]`, a `'constant'`, the name of
a component, the `@name` of a group, or several of these separated by `|`; `>=n`
bounds a number or a list's length, `*` marks the component meant where a `type`
is left out. The default is JSON. `Tag` is the component's `type` where that isn't
its name; an untyped component has no `type`, and a closed one refuses every field
it doesn't list. More deeply indented lines go on with the line before.

Belongs here: reading the notation. Does not belong here: any component.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

SCALARS: Final = ("text", "integer", "number", "boolean")
_TOKEN = re.compile(r"\s*(@?\w+\*?|'[^']*'|>=\d+|[\[\]|])")
_FIELD = re.compile(r"(\$?\w+)(!?): (.*?)(?: = (.*))?")
_GROUP = re.compile(r"@(\w+): (.*)")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What may stand at a place: any of the alternatives that its fields list.

    `scalars` maps a scalar's name to its smallest value or None; `lists` holds
    pairs of the element's kind and the smallest length; in `maps` None stands
    for values of any kind. `meant` is the component that a mapping without a
    `type` is.
    """

    anything: bool = False
    scalars: dict[str, int | None] = field(default_factory=dict)
    constants: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    meant: str | None = None
    lists: tuple[tuple[Kind, int], ...] = ()
    maps: tuple[Kind | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a component. `default` counts only where `has_default`."""

    name: str
    kind: Kind
    required: bool
    has_default: bool
    default: Any


@dataclass(frozen=True, kw_only=True)
class Component:
    """One component: its fields by name, and its `type` (None if untyped)."""

    name: str
    tag: str | None
    closed: bool
    fields: dict[str, Field]


def parse_components(text: str) -> dict[str, Component]:
    """Every component of a text in the notation above, by name."""
    groups: dict[str, str] = {}
    components: dict[str, Component] = {}
    fields: dict[str, Field] = {}
    for line in _joined(text):
        group = _GROUP.fullmatch(line)
        if group:
            groups[group[1]] = group[2]
        elif line.startswith(" "):
            made = _field(line.strip(), groups)
            fields[made.name] = made
        else:
            component = _component(line.split())
            fields = component.fields
            components[component.name] = component
    return components


def _joined(text: str) -> Iterator[str]:
    line = ""
    for piece in text.splitlines():
        if piece.startswith("    "):
            line = f"{line} {piece.strip()}"
            continue
        if line.strip():
            yield line
        line = piece
    if line.strip():
        yield line


def _component(words: list[str]) -> Component:
    name = words[0]
    tag: str | None = name
    if "as" in words:
        tag = words[words.index("as") + 1]
    if "untyped" in words:
        tag = None
    return Component(name=name, tag=tag, closed="closed" in words, fields={})


def _field(line: str, groups: dict[str, str]) -> Field:
    match = _FIELD.fullmatch(line)
    if match is None:
        raise ValueError(f"The vocabulary's line {line!r} isn't `field: kind = default`.")
    name, required, kind, default = match.groups()
    return Field(
        name=name,
        kind=_Parser(kind, groups).union(),
        required=bool(required),
        has_default=default is not None,
        default=None if default is None else orjson.loads(default),
    )


class _Parser:
    def __init__(self, text: str, groups: dict[str, str]) -> None:
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens).replace(" ", "") != text.replace(" ", ""):
            raise ValueError(f"The vocabulary's kind {text!r} can't be read.")
        self._groups = groups

    def union(self) -> Kind:
        """Alternatives up to a closing bracket or the end."""
        alternatives = [self._alternative()]
        while self._tokens and self._tokens[0] == "|":
            self._tokens.pop(0)
            alternatives.append(self._alternative())
        return _merged(alternatives)

    def _alternative(self) -> Kind:
        word = self._tokens.pop(0)
        if word.startswith("@"):
            return _Parser(self._groups[word[1:]], self._groups).union()
        if word.startswith("'"):
            return Kind(constants=(word[1:-1],))
        if word == "any":
            return Kind(anything=True)
        if word in SCALARS:
            return Kind(scalars={word: self._bound()})
        if word in ("list", "map"):
            return self._container(word)
        name = word.rstrip("*")
        return Kind(components=(name,), meant=name if word.endswith("*") else None)

    def _container(self, word: str) -> Kind:
        inner = None
        if self._tokens and self._tokens[0] == "[":
            self._tokens.pop(0)
            inner = self.union()
            self._tokens.pop(0)
        if word == "map":
            return Kind(maps=(inner,))
        if inner is None:
            raise ValueError("The vocabulary has a list that doesn't say of what.")
        return Kind(lists=((inner, self._bound() or 0),))

    def _bound(self) -> int | None:
        if self._tokens and self._tokens[0].startswith(">="):
            return int(self._tokens.pop(0)[2:])
        return None


def _merged(kinds: list[Kind]) -> Kind:
    components = tuple(dict.fromkeys(name for kind in kinds for name in kind.components))
    built_in = [name for name in components if not name.startswith("Custom")]
    meant = next((kind.meant for kind in kinds if kind.meant), None)
    if meant is None and len(built_in) == 1:
        meant = built_in[0]
    scalars: dict[str, int | None] = {}
    for kind in kinds:
        scalars.update(kind.scalars)
    return Kind(
        anything=any(kind.anything for kind in kinds),
        scalars=scalars,
        constants=tuple(value for kind in kinds for value in kind.constants),
        components=components,
        meant=meant,
        lists=tuple(item for kind in kinds for item in kind.lists),
        maps=tuple(item for kind in kinds for item in kind.maps),
    )
