"""From a manifest's text to plain dicts, lists and scalars, within bounds.

Belongs here: YAML (JSON is YAML, too) read so that no text can take more memory
than it's worth. Does not belong here: references, and what a manifest may say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from pipelines.errors import ManifestRefused

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 100
MAX_NODES: Final = 1_000_000
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
_MERGE: Final = "tag:yaml.org,2002:merge"


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which a date is text: a manifest has no other use for it."""


def _as_written(_loader: _Loader, node: yaml.Node) -> str:
    return str(node.value)


_Loader.add_constructor(_TIMESTAMP, _as_written)


def read_yaml(text: str | bytes, *, origin: str) -> tuple[Any, list[str]]:
    """The one document in a text, and sentences about what in it is doubtful.

    Dates stay text. A text above 16 MB, nested deeper than 100, or with aliases
    that spread to more than a million nodes is refused: ManifestRefused, as is
    what isn't YAML.
    """
    if len(text) > MAX_BYTES:
        raise ManifestRefused(
            origin, [f"It has {len(text):,} bytes, and more than {MAX_BYTES:,} are no manifest."]
        )
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        _check_depth(text, origin)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, []
            _check_size(node, origin)
            return loader.construct_document(node), list(_duplicates(node))
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ManifestRefused(origin, [f"It isn't YAML: {' '.join(str(error).split())}"]) from None


def _check_depth(text: str, origin: str) -> None:
    """The parser keeps its own stack here, while composing would use Python's."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                fault = f"{_line(event)}: it's nested deeper than {MAX_DEPTH} levels"
                raise ManifestRefused(origin, [fault])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(root: yaml.Node, origin: str) -> None:
    """Count the nodes with every alias spread out, each node only once itself."""
    sizes: dict[int, int] = {}
    opened: set[int] = set()

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in opened:
            fault = f"{_line(node)}: an alias stands inside its own anchor"
            raise ManifestRefused(origin, [fault])
        opened.add(id(node))
        total = 1 + sum(size(child) for child in _children(node))
        opened.discard(id(node))
        sizes[id(node)] = total
        return total

    if size(root) > MAX_NODES:
        raise ManifestRefused(
            origin, [f"Its aliases spread to more than {MAX_NODES:,} nodes, which no manifest has."]
        )


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _duplicates(root: yaml.Node) -> Iterator[str]:
    """A key written twice in one mapping: YAML forbids it, parsers take the last."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        waiting.extend(_children(node))
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                    continue
                if key.value in keys:
                    yield f"{_line(key)}: {key.value!r} is written twice; the last one counts"
                keys.add(key.value)


def _line(where: yaml.Node | yaml.Event) -> str:
    mark = where.start_mark
    return "somewhere" if mark is None else f"line {mark.line + 1}"
