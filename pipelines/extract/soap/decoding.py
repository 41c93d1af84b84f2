"""Elements of an answer as JSON values, by the types that the WSDL declares.

Belongs here: what an element becomes, and what is refused because it would get lost
or be altered. Does not belong here: the text of simple values (`values`), envelopes
(`envelopes`), finding records.

An element of a simple type is its value. One of a complex type is an object of its
children under their names without namespaces, attributes as `@name`, its own text as
`#text`; what the type lets occur more than once is a list, however often it does. An
encoded array is a list. `xsi:nil` is None, an absent child has no key, an empty text
is an empty text. What stands where the type allows anything is decoded by its global
declaration or its `xsi:type`; without either, text stays text.

Strict is what could alter data: an element or attribute that isn't declared, a value
that is not of its type, a single child that occurs twice. Missing children and
another order change no value and are taken as they come.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from zeep.exceptions import Error as ZeepError

from pipelines.errors import RequestRefused
from pipelines.extract.formats.xml_safe import local
from pipelines.extract.soap.shapes import Child, Shape, Shapes, is_simple
from pipelines.extract.soap.values import NotOfType, value_of

TEXT = "#text"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_ENCODING = "{http://schemas.xmlsoap.org/soap/encoding/}"
_OF_PROTOCOL = (
    _XSI,
    _ENCODING,
    "{http://schemas.xmlsoap.org/soap/envelope/}",
    "{http://www.w3.org/2003/05/soap-envelope}",
    "{http://www.w3.org/2003/05/soap-encoding}",
    "{http://www.w3.org/XML/1998/namespace}",
)
_MOST_VALUES = 5_000_000
"""References let a small answer stand for any number of values."""

_DEEPEST = 100


class AnswerRefused(RequestRefused):
    """An answer isn't what the WSDL says; decoding it would lose or alter values."""


class Decoder:
    """Decodes answers of one schema."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._shapes = Shapes()

    def decode(self, element: etree._Element, xsd_type: Any) -> Any:
        """The element's value; AnswerRefused names what can't be decoded and where."""
        return _Document(self._schema, self._shapes, element).value(element, xsd_type, ())

    def shape(self, xsd_type: Any) -> Shape:
        """What may stand in an element of this type."""
        return self._shapes.of(xsd_type)


class _Document:
    """One answer: its elements by id, and how many values it gave."""

    def __init__(self, schema: Any, shapes: Shapes, element: etree._Element) -> None:
        self._schema = schema
        self._shapes = shapes
        self._count = 0
        self._depth = 0
        root = element.getroottree().getroot()
        self._ids = {
            str(found.attrib["id"]): found for found in root.iter("*") if "id" in found.attrib
        }

    def value(self, element: etree._Element, xsd_type: Any, way: tuple[etree._Element, ...]) -> Any:
        """The value of an element that is declared with this type; `way` leads to it."""
        self._count += 1
        if self._count > _MOST_VALUES:
            raise AnswerRefused(
                f"The answer stands for more than {_MOST_VALUES:,} values. Ask for less at a time."
            )
        if (target := self._target(element)) is not None:
            if target in way:
                raise AnswerRefused(f"{_place(element)} refers to an element around it.")
            return self.value(target, xsd_type, (*way, target))
        if element.get(f"{_XSI}nil") in ("true", "1"):
            return None
        xsd_type = self._own_type(element, xsd_type)
        if is_simple(xsd_type):
            self._only_protocol(element)
            return self._text(element, xsd_type)
        shape = self._shapes.of(xsd_type)
        if shape.array or self._is_array(element):
            return self._array(element, shape, way)
        if not hasattr(xsd_type, "elements"):
            return self._untyped(element, way)
        return self._object(element, shape, way)

    def _object(
        self, element: etree._Element, shape: Shape, way: tuple[etree._Element, ...]
    ) -> dict[str, Any]:
        found: dict[str, Any] = self._attributes(element, shape)
        if shape.text is not None:
            found[TEXT] = self._text(element, shape.text)
            return found
        self._depth += 1
        if self._depth > _DEEPEST:
            raise AnswerRefused(
                f"The answer is nested more than {_DEEPEST} levels deep: {_place(element)}."
            )
        for child in element.iterchildren("*"):
            declared = shape.children.get(str(child.tag))
            if declared is None:
                self._other(child, shape, found, way)
            else:
                self._put(found, declared, child, self.value(child, declared.type, way))
        self._depth -= 1
        text = _text_between(element)
        if text:
            found[TEXT] = text
        return found

    def _put(
        self, found: dict[str, Any], declared: Child, child: etree._Element, value: Any
    ) -> None:
        if declared.many:
            found.setdefault(declared.key, []).append(value)
        elif declared.key in found:
            raise AnswerRefused(
                f"{_place(child)} occurs more than once, and the WSDL allows it once."
            )
        else:
            found[declared.key] = value

    def _other(
        self,
        child: etree._Element,
        shape: Shape,
        found: dict[str, Any],
        way: tuple[etree._Element, ...],
    ) -> None:
        """A child that isn't declared by name: taken where anything may stand."""
        if not shape.open:
            known = ", ".join(declared.key for declared in shape.children.values()) or "nothing"
            space = etree.QName(child).namespace
            raise AnswerRefused(
                f"{_place(child)} ({f'namespace {space}' if space else 'in no namespace'}) is not "
                f"declared in the WSDL, which expects there: {known}. If the service has changed, "
                "take its new WSDL."
            )
        value = self._global(child, way)
        key = local(child)
        if key not in found:
            found[key] = value
        elif isinstance(found[key], _Several):
            found[key].append(value)
        else:
            found[key] = _Several([found[key], value])

    def _global(self, element: etree._Element, way: tuple[etree._Element, ...]) -> Any:
        """An element that stands where anything may."""
        try:
            # A schema inside an answer is an element that zeep knows, and has no type.
            declared = getattr(self._schema.get_element(element.tag), "type", None)
        except (ZeepError, ValueError):
            declared = None
        return (
            self._untyped(element, way) if declared is None else self.value(element, declared, way)
        )

    def _untyped(self, element: etree._Element, way: tuple[etree._Element, ...]) -> Any:
        """By `xsi:type` where there is one, else text and what is inside."""
        if element.get(f"{_XSI}nil") in ("true", "1"):
            return None
        own = self._own_type(element, None)
        if own is not None and (is_simple(own) or hasattr(own, "elements")):
            return self.value(element, own, way)
        anything = Shape(None, {}, {}, open=True, open_attributes=True)
        found = self._object(element, anything, way)
        if len(element) or found.keys() - {TEXT}:
            return found
        return element.text or ""

    def _array(
        self, element: etree._Element, shape: Shape, way: tuple[etree._Element, ...]
    ) -> list[Any]:
        """The items of an encoded array, by the type that it or the schema names."""
        item = shape.items
        named = element.get(f"{_ENCODING}arrayType")
        if named:
            item = self._named_type(element, named.split("[")[0]) or item
        children = list(element.iterchildren("*"))
        if item is None:
            return [self._untyped(self._target(child) or child, way) for child in children]
        return [self.value(child, item, way) for child in children]

    def _is_array(self, element: etree._Element) -> bool:
        return element.get(f"{_ENCODING}arrayType") is not None

    def _text(self, element: etree._Element, xsd_type: Any) -> Any:
        inner = next(element.iterchildren("*"), None)
        if inner is not None:
            raise AnswerRefused(
                f"{_place(inner)} stands where the WSDL expects a text alone. If the service has "
                "changed, take its new WSDL."
            )
        text = _whole_text(element)
        try:
            return value_of(xsd_type, text)
        except NotOfType as error:
            raise AnswerRefused(
                f"{_place(element)} holds {text[:60]!r} where the WSDL expects {error}."
            ) from None

    def _attributes(self, element: etree._Element, shape: Shape) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in element.attrib.items():
            declared = shape.attributes.get(str(name))
            if declared is not None:
                try:
                    found[declared[0]] = value_of(declared[1], str(text))
                except NotOfType as error:
                    raise AnswerRefused(
                        f"{_place(element)}/@{etree.QName(name).localname} holds {text[:60]!r} "
                        f"where the WSDL expects {error}."
                    ) from None
            elif shape.open_attributes and not str(name).startswith(_OF_PROTOCOL):
                found[f"@{etree.QName(name).localname}"] = str(text)
            else:
                self._protocol_only(element, str(name))
        return found

    def _only_protocol(self, element: etree._Element) -> None:
        for name in element.attrib:
            self._protocol_only(element, str(name))

    def _protocol_only(self, element: etree._Element, name: str) -> None:
        if not name.startswith(_OF_PROTOCOL) and name not in ("id", "href"):
            raise AnswerRefused(
                f"{_place(element)}/@{etree.QName(name).localname} is not declared in the WSDL. If "
                "the service has changed, take its new WSDL."
            )

    def _own_type(self, element: etree._Element, declared: Any) -> Any:
        """The type that the element itself names, else the declared one."""
        named = element.get(f"{_XSI}type")
        if named is None:
            return declared
        if named.split(":")[-1] == "Array" and self._is_array(element):
            return declared
        found = self._named_type(element, named)
        if found is None and declared is not None:
            raise AnswerRefused(
                f"{_place(element)} is of the type {named}, which the WSDL does not declare."
            )
        return found

    def _named_type(self, element: etree._Element, name: str) -> Any:
        prefix, _, short = name.rpartition(":")
        space = element.nsmap.get(prefix or None)
        try:
            return self._schema.get_type(etree.QName(space, short))
        except (ZeepError, ValueError):
            return None

    def _target(self, element: etree._Element) -> etree._Element | None:
        """What a reference such as `href="#id1"` stands for."""
        reference = element.get("href")
        if not reference or not reference.startswith("#") or len(element):
            return None
        target = self._ids.get(reference[1:])
        if target is None:
            raise AnswerRefused(f"{_place(element)} refers to {reference}, which is not there.")
        return target


class _Several(list[Any]):
    """What occurs more than once where anything may stand."""


def _whole_text(element: etree._Element) -> str:
    return "".join([element.text or "", *(child.tail or "" for child in element)])


def _text_between(element: etree._Element) -> str:
    text = _whole_text(element)
    return text if text.strip() else ""


def _place(element: etree._Element) -> str:
    """`/Envelope/Body/answer/item`, without what the elements hold."""
    line = [element, *element.iterancestors()][::-1]
    return "".join(f"/{local(one)}" for one in line)
