"""XML elements as values: text, structs and lists, the same for every record.

Belongs here: what an element becomes. Does not belong here: finding records.

An element with text alone is text, and NULL when empty. One with children or
attributes is a struct of them (attributes as `@name`, its own text as `#text`).
What occurs more than once under one parent is a list; a Pattern remembers that,
so that a record with a single one holds a list of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from pipelines.errors import FileRefused
from pipelines.extract.formats.xml_safe import local

TEXT = "#text"


@dataclass
class Content:
    """One element taken apart: its text, and its parts by name, in order."""

    text: str | None
    parts: dict[str, list[Content]]


@dataclass
class Pattern:
    """What was seen in one place; `changed` since it was last asked."""

    repeated: bool = False
    nested: bool = False
    changed: bool = False
    parts: dict[str, Pattern] = field(default_factory=dict)

    def observe(self, content: Content) -> None:
        """Make room for one element's content."""
        if content.parts and not self.nested:
            self.nested = self.changed = True
        for name, items in content.parts.items():
            inner = self.parts.setdefault(name, Pattern())
            if len(items) > 1 and not inner.repeated:
                inner.repeated = inner.changed = True
            for item in items:
                inner.observe(item)

    def take_changes(self) -> bool:
        """Whether anything here or below changed since the last call."""
        below = [inner.take_changes() for inner in self.parts.values()]
        changed, self.changed = self.changed or any(below), False
        return changed

    def value(self, content: Content) -> Any:
        """The content as this pattern says: text, dict or None."""
        if not self.nested:
            return content.text
        parts = {name: self.parts[name].values(items) for name, items in content.parts.items()}
        return parts if content.text is None else {TEXT: content.text, **parts}

    def values(self, items: list[Content]) -> Any:
        """The items of one name: a list where it was seen repeated, else one value."""
        return [self.value(item) for item in items] if self.repeated else self.value(items[0])


def take_apart(element: etree._Element, file: str) -> Content:
    """The content of an element, without its tail."""
    parts: dict[str, list[Content]] = {}
    for name, value in element.attrib.items():
        parts.setdefault("@" + str(etree.QName(name).localname), []).append(Content(str(value), {}))
    texts = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str):
            raise FileRefused(
                f"{file} refers to the entity {child.text!r}, which it does not declare."
            )
        parts.setdefault(local(child), []).append(take_apart(child, file))
        texts.append(child.tail or "")
    text = "".join(texts)
    # Beside children, white space is only layout.
    return Content(text if text and (not len(element) or text.strip()) else None, parts)


def strip_namespaces(element: etree._Element) -> etree._Element:
    """The element with local names throughout, so that plain XPath finds them."""
    for inner in element.iter():
        if isinstance(inner.tag, str) and inner.tag.startswith("{"):
            inner.tag = local(inner)
        for name in [name for name in inner.attrib if str(name).startswith("{")]:
            inner.attrib[etree.QName(name).localname] = inner.attrib.pop(name)
    return element
