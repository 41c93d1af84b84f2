"""Says in words what a manifest was expected to hold.

Belongs here: phrases about kinds and components. Does not belong here: deciding
what is a fault.
"""

from __future__ import annotations

from typing import Any, Final

from pipelines.extract.declarative.faults import nearest, shown
from pipelines.extract.declarative.vocabulary import COMPONENTS, Component, Kind

_WORDS: Final = {
    "text": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}


def mismatch(value: Any, kind: Kind) -> str:
    """What was expected and what was got."""
    wanted = [_WORDS[name] for name in kind.scalars]
    if kind.constants:
        wanted.append(one_of([repr(constant) for constant in kind.constants]))
    if kind.components:
        names = [COMPONENTS[name].tag or name for name in kind.components]
        wanted.append(one_of(names) if len(names) > 1 else f"a component {names[0]}")
    if kind.lists:
        wanted.append("a list")
    if kind.maps:
        wanted.append("a mapping")
    hint = ""
    if isinstance(value, str):
        near = nearest(value, kind.constants)
        hint = f"; did you mean {near!r}?" if near else ""
    elif "text" in kind.scalars and isinstance(value, int | float):
        hint = "; put it in quotes"
    return f"expected {' or '.join(wanted)}, got {shown(value)}{hint}"


def one_of(names: list[str]) -> str:
    """Names to choose from."""
    return names[0] if len(names) == 1 else "one of " + ", ".join(names)


def articled(component: Component) -> str:
    """A component's name with its article."""
    name = component.tag or component.name
    return f"{'an' if name[0] in 'AEIOU' or name[:4].upper() == 'HTTP' else 'a'} {name}"
