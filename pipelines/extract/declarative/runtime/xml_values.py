"""One XML document as nested dicts, in the shape the vocabulary promises.

Belongs here: the mapping of elements, attributes and text. Does not belong
here: parsing (formats.xml_safe makes every parser).

Attributes are keyed `@name`, text beside attributes or children `#text`, a
repeated element becomes a list, an empty one None. Prefixes stay in the names.
"""

from __future__ import annotations

import io
from typing import Any

from lxml import etree

from pipelines.extract.formats.xml_safe import Records, local


def document(body: bytes) -> dict[str, Any]:
    """`{root name: value}` of one document; FileRefused on what is no XML."""
    for root, _, _ in Records(io.BytesIO(body), "The answer", ("*",), keep=True):
        return {_name(root): _value(root)}
    return {}


def _name(element: etree._Element) -> str:
    return f"{element.prefix}:{local(element)}" if element.prefix else local(element)


def _value(element: etree._Element) -> Any:
    entries: dict[str, Any] = dict(_attributes(element))
    text = [element.text or ""]
    for child in element:
        name, value = _name(child), _value(child)
        if name not in entries:
            entries[name] = value
        elif isinstance(entries[name], list):
            entries[name].append(value)
        else:
            entries[name] = [entries[name], value]
        text.append(child.tail or "")
    content = "".join(text).strip()
    if not entries:
        return content or None
    if content:
        entries["#text"] = content
    return entries


def _attributes(element: etree._Element) -> list[tuple[str, str]]:
    found = []
    above = element.getparent()
    known = {} if above is None else above.nsmap
    for prefix, uri in element.nsmap.items():
        if known.get(prefix) != uri:
            found.append((f"@xmlns:{prefix}" if prefix else "@xmlns", str(uri)))
    prefixes = {uri: prefix for prefix, uri in element.nsmap.items() if prefix}
    for key, value in element.attrib.items():
        name = etree.QName(str(key))
        prefix = prefixes.get(name.namespace) if name.namespace else None
        found.append(
            (f"@{prefix}:{name.localname}" if prefix else f"@{name.localname}", str(value))
        )
    return found
