"""Replaces references inside a manifest by what they refer to.

Three spellings: a mapping with `$ref: "#/a/b"`, whose other keys win over the
referred ones; a plain text `"#/a/b"`; and the older `"*ref(a.b)"`. A key may hold
the separator itself, so at each level the longest name is tried first.

Belongs here: finding and replacing. Does not belong here: what a component is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pipelines.extract.declarative.faults import UNRESOLVED, Faults, TooLarge

MAX_NODES: Final = 2_000_000
MAX_DEPTH: Final = 250
REF: Final = "$ref"
_OLD = re.compile(r"\*ref\((.*)\)")


def resolve_references(document: dict[str, Any], faults: Faults) -> Any:
    """The document without references; values referred to are shared, not copied.

    A reference to nothing or to itself is a fault at its place. References that
    spread to more than two million nodes raise TooLarge.
    """
    return _Resolver(document, faults).resolve(document, "", 0)


class _Resolver:
    def __init__(self, document: dict[str, Any], faults: Faults) -> None:
        self._document = document
        self._faults = faults
        self._known: dict[str, tuple[Any, int]] = {}
        self._open: list[str] = []
        self._nodes = 0

    def resolve(self, node: Any, path: str, depth: int) -> Any:
        """The node with everything below it resolved."""
        self._count(1)
        if depth > MAX_DEPTH:
            raise TooLarge(f"References are nested deeper than {MAX_DEPTH} levels.")
        if isinstance(node, dict):
            return self._mapping(node, path, depth)
        if isinstance(node, list):
            return [self.resolve(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(node)]
        if isinstance(node, str) and _is_reference(node):
            return self._referred(node, path, depth)
        return node

    def _mapping(self, node: dict[Any, Any], path: str, depth: int) -> Any:
        own = {
            key: self.resolve(value, f"{path}.{key}" if path else str(key), depth + 1)
            for key, value in node.items()
            if key != REF
        }
        if REF not in node:
            return own
        reference = node[REF]
        if not isinstance(reference, str) or not _is_reference(reference):
            own[REF] = reference
            return own
        base = self._referred(reference, f"{path}.{REF}", depth)
        return {**base, **own} if isinstance(base, dict) else base

    def _referred(self, reference: str, path: str, depth: int) -> Any:
        known = self._known.get(reference)
        if known is not None:
            self._count(known[1])
            return known[0]
        if reference in self._open:
            chain = " → ".join([*self._open[self._open.index(reference) :], reference])
            self._faults.add(path, f"the reference leads back to itself: {chain}")
            return UNRESOLVED
        before = self._nodes
        try:
            target = _look_up(self._document, reference)
        except LookupError:
            self._faults.add(path, f"{reference!r} refers to nothing in this manifest")
            return UNRESOLVED
        self._open.append(reference)
        value = self.resolve(target, reference, depth + 1)
        self._open.pop()
        self._known[reference] = (value, self._nodes - before)
        return value

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise TooLarge(f"Its references spread to more than {MAX_NODES:,} nodes.")


def _is_reference(text: str) -> bool:
    return text.startswith("#/") or (text.startswith("*ref(") and text.endswith(")"))


def _look_up(document: Any, reference: str) -> Any:
    """What a reference refers to; LookupError where there is no such thing."""
    if reference.startswith("#/"):
        rest, separator = reference[2:], "/"
    else:
        match = _OLD.fullmatch(reference)
        rest, separator = (match[1] if match else ""), "."
        rest = rest.replace("[", ".").replace("]", "")
    node = document
    while rest:
        if isinstance(node, dict) and rest in node:
            return node[rest]
        head, _, rest = rest.partition(separator)
        index = int(head) if head.isdecimal() and head.isascii() else None
        if isinstance(node, dict):
            node = node[head if head in node or index is None else index]
        elif isinstance(node, list) and index is not None:
            node = node[index]
        else:
            raise LookupError(reference)
    return node
