"""What may stand in an element of a schema type, worked out once for each type.

Belongs here: from the schema's sequences and choices to children and attributes by
name, and whether they are lists. Does not belong here: any answer's values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from zeep.xsd.elements import Any as AnyElement
from zeep.xsd.elements import AnyAttribute, Attribute, Element
from zeep.xsd.elements.indicators import Choice, Group, OrderIndicator
from zeep.xsd.types import ComplexType
from zeep.xsd.types.simple import AnySimpleType

_MANY = 2


@dataclass(frozen=True)
class Child:
    """A declared child: its key in the record, its type, whether it is a list."""

    key: str
    type: Any
    many: bool


@dataclass(frozen=True)
class Shape:
    """A type taken apart.

    `text` is the type of its own text, if it may have some beside attributes;
    `children` and `attributes` are keyed by qualified name; `open` says that any
    other element may stand there, `open_attributes` that any attribute may;
    `items` is the type of an encoded array's items.
    """

    text: Any
    children: dict[str, Child]
    attributes: dict[str, tuple[str, Any]]
    open: bool
    open_attributes: bool
    items: Any = None
    array: bool = False


class Shapes:
    """The shapes of one schema's types, each worked out when it is first met."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Shape]] = {}

    def of(self, xsd_type: Any) -> Shape:
        """The shape of a complex type."""
        known = self._known.get(id(xsd_type))
        if known is None:
            # The type is kept with its shape, so that no other gets its id.
            known = self._known[id(xsd_type)] = (xsd_type, _shape(xsd_type))
        return known[1]


def is_simple(xsd_type: Any) -> bool:
    """Whether values of the type are text alone."""
    return isinstance(xsd_type, AnySimpleType)


def _shape(xsd_type: Any) -> Shape:
    attributes, open_attributes = _attributes(xsd_type)
    inner = getattr(xsd_type, "_element", None)
    array = getattr(xsd_type, "_array_type", None) if isinstance(xsd_type, ComplexType) else None
    if isinstance(inner, Element) and is_simple(inner.type):
        return Shape(inner.type, {}, attributes, open=False, open_attributes=open_attributes)
    counted: Counter[str] = Counter()
    found: dict[str, Element] = {}
    wild = False
    if inner is not None:
        counted, found, wild = _occurrences(inner)
    names = Counter(str(etree.QName(name).localname) for name in found)
    children = {}
    for name, element in found.items():
        short = str(etree.QName(name).localname)
        key = short if names[short] == 1 else name
        children[name] = Child(key, element.type, counted[name] >= _MANY)
    return Shape(
        None,
        children,
        attributes,
        open=wild,
        open_attributes=open_attributes,
        items=getattr(array, "array_type", None),
        array=array is not None,
    )


def _attributes(xsd_type: Any) -> tuple[dict[str, tuple[str, Any]], bool]:
    found: dict[str, tuple[str, Any]] = {}
    wild = False
    for attribute in getattr(xsd_type, "_attributes_unwrapped", ()):
        if isinstance(attribute, AnyAttribute):
            wild = True
        elif isinstance(attribute, Attribute):
            found[attribute.qname.text] = (f"@{attribute.name}", attribute.type)
    return found, wild


def _occurrences(part: Any) -> tuple[Counter[str], dict[str, Element], bool]:
    """How often each element may occur (2: more than once), and whether others may."""
    if isinstance(part, AnyElement):
        return Counter(), {}, True
    if isinstance(part, Element):
        times = _MANY if part.accepts_multiple else 1
        return Counter({part.qname.text: times}), {part.qname.text: part}, False
    counted: Counter[str] = Counter()
    found: dict[str, Element] = {}
    wild = False
    for inner in _parts(part):
        inner_counted, inner_found, inner_wild = _occurrences(inner)
        # Of a choice only one branch is taken, of anything else all parts.
        counted = counted | inner_counted if isinstance(part, Choice) else counted + inner_counted
        found |= inner_found
        wild = wild or inner_wild
    if getattr(part, "accepts_multiple", False):
        counted = Counter(dict.fromkeys(counted, _MANY))
    return counted, found, wild


def _parts(part: Any) -> Iterator[Any]:
    if isinstance(part, Group):
        yield part.child
    elif isinstance(part, OrderIndicator):
        yield from part
