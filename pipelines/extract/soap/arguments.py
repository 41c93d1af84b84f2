"""Arguments as a declaration writes them, in the form that zeep makes requests of.

Belongs here: attributes (`@name`), an element's own text (`#text`), None, and names
that the WSDL doesn't have. Does not belong here: types and what is required; zeep
checks these when it makes the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zeep.xsd import Nil
from zeep.xsd.types import ComplexType

from pipelines.extract.soap.decoding import TEXT
from pipelines.extract.soap.shapes import is_simple


def arguments_for(xsd_type: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments for an element of this type; ValueError for an unknown name."""
    if is_simple(xsd_type):
        return {"value": _text(arguments)} if arguments else {}
    if not isinstance(xsd_type, ComplexType):
        return dict(arguments)
    attributes = {attribute.name: name for name, attribute in xsd_type.attributes}
    elements: dict[str, tuple[str, Any]] = {}
    for key, element in xsd_type.elements:
        elements.setdefault(element.name, (key, element))
    made: dict[str, Any] = {}
    for name, value in arguments.items():
        if name == TEXT:
            made["_value_1"] = value
        elif name.startswith("@"):
            made[_known(attributes, name[1:], name)] = value
        else:
            key, element = _known(elements, name, name)
            made[key] = _value(element, value)
    return made


def _known(names: Mapping[str, Any], name: str, written: str) -> Any:
    if name not in names:
        raise ValueError(f"there is no {written}")
    return names[name]


def _text(arguments: Mapping[str, Any]) -> Any:
    """The text of an element that has nothing beside it."""
    for name in arguments:
        _known({TEXT: None}, name, name)
    return arguments.get(TEXT)


def _value(element: Any, value: Any) -> Any:
    if value is None:
        return Nil if getattr(element, "nillable", False) else None
    if isinstance(value, list | tuple):
        return [_value(element, item) for item in value]
    xsd_type = getattr(element, "type", None)
    if isinstance(value, Mapping):
        return _text(value) if is_simple(xsd_type) else arguments_for(xsd_type, value)
    if isinstance(xsd_type, ComplexType) and not xsd_type.elements and not xsd_type.attributes:
        return value
    if isinstance(xsd_type, ComplexType) and is_simple(getattr(xsd_type._element, "type", None)):  # noqa: SLF001
        return {"_value_1": value}
    return value
