"""The bytes of an answer as a checked envelope: its body's elements, or its fault.

Belongs here: parsing safely, the parts of a multipart answer, faults of SOAP 1.1 and
1.2. Does not belong here: what the body holds (`decoding`), what a fault means
(`judging`).

No entity is resolved, nothing is fetched, a document type is refused, and libxml2's
limits on depth and on the size of a text stay on.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from pipelines.extract.formats.xml_safe import local
from pipelines.extract.soap.decoding import AnswerRefused

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True)
class Fault:
    """What a service says is wrong: code and subcodes, a text, and details as text."""

    code: str
    text: str
    detail: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be known by: its text, its codes without prefix, and what details name."""
        codes = [code.rpartition(":")[2] for code in self.code.split("/")]
        return (self.text.strip(), *codes, *self.detail.split())


def body_of(data: bytes, content_type: str = "") -> etree._Element | Fault:
    """The envelope's body element, or the fault in it.

    AnswerRefused for what is no envelope.
    """
    root = _parsed(*_parts(data, content_type))
    if root.tag not in (f"{{{SOAP_11}}}Envelope", f"{{{SOAP_12}}}Envelope"):
        raise AnswerRefused(
            f"The answer is a document of {local(root)!r}; a SOAP envelope was expected. Check the "
            "service's address."
        )
    space = str(etree.QName(root).namespace)
    body = root.find(f"{{{space}}}Body")
    if body is None:
        raise AnswerRefused("The answer is a SOAP envelope without a body.")
    fault = body.find(f"{{{space}}}Fault")
    return body if fault is None else _fault(fault, space)


def parse(data: bytes) -> etree._Element:
    """The root of a document of any kind; AnswerRefused where it isn't safe XML."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data.lstrip(b" \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise AnswerRefused(f"The answer is not well-formed XML: {error}.") from None
    if root is None:
        raise AnswerRefused("The answer is empty; a SOAP envelope was expected.")
    if cast("Any", root.getroottree().docinfo).doctype:
        raise AnswerRefused(
            "The answer declares a document type, which SOAP forbids: its entities could stand "
            "for files of this machine or for any amount of text."
        )
    return root


def _parsed(data: bytes, attached: dict[str, bytes]) -> etree._Element:
    """The document with attached binary values put where it refers to them."""
    root = parse(data)
    for include in list(root.iter(_INCLUDE)):
        name = (include.get("href") or "").removeprefix("cid:")
        holder = include.getparent()
        if name not in attached or holder is None:
            raise AnswerRefused(f"The answer refers to an attachment {name!r}, which it lacks.")
        holder.remove(include)
        holder.text = base64.b64encode(attached[name]).decode()
    return root


def _parts(data: bytes, content_type: str) -> tuple[bytes, dict[str, bytes]]:
    """The envelope's bytes, and attachments by id, of an answer in one or many parts."""
    boundary = _boundary(data, content_type)
    if boundary is None:
        return data, {}
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\r?\n|$)", data)
    parts = [part for piece in pieces if (part := _part(piece)) is not None]
    if not parts:
        raise AnswerRefused("The answer is said to be of several parts, and holds none.")
    start = _parameter(content_type, "start").strip("<>")
    root = next((content for name, content in parts if start and name == start), parts[0][1])
    return root, {name: content for name, content in parts if name}


def _boundary(data: bytes, content_type: str) -> bytes | None:
    found = _BOUNDARY.search(content_type)
    if "multipart" in content_type.lower() and found:
        return found[1].encode()
    first = data.lstrip()[:200].split(b"\n", 1)[0].strip()
    return first[2:] if first.startswith(b"--") and len(first) > 2 else None


def _part(piece: bytes) -> tuple[str, bytes] | None:
    """The id and content of one part; None for what stands around the parts."""
    split = _HEADER_END.split(piece, maxsplit=1)
    if len(split) < 2 or b":" not in split[0]:
        return None
    head = split[0].decode("latin-1")
    named = re.search(r"^content-id:\s*<?([^>\r\n]+)>?", head, re.IGNORECASE | re.MULTILINE)
    coded = re.search(r"^content-transfer-encoding:\s*base64", head, re.IGNORECASE | re.MULTILINE)
    content = base64.b64decode(split[1]) if coded else split[1]
    return (named[1].strip() if named else ""), content


def _parameter(content_type: str, name: str) -> str:
    found = re.search(rf'\b{name}="?([^";]+)"?', content_type, re.IGNORECASE)
    return found[1] if found else ""


def _fault(fault: etree._Element, space: str) -> Fault:
    if space == SOAP_11:
        parts = {local(child): child for child in fault.iterchildren("*")}
        return Fault(
            code=_said(parts.get("faultcode")),
            text=_said(parts.get("faultstring")),
            detail=_said(parts.get("detail")),
        )
    codes = [_said(value) for value in fault.iterfind(f".//{{{space}}}Value")]
    return Fault(
        code="/".join(codes),
        text=_said(fault.find(f"{{{space}}}Reason/{{{space}}}Text")),
        detail=_said(fault.find(f"{{{space}}}Detail")),
    )


def _said(element: etree._Element | None) -> str:
    """The text in and below an element, with spaces between."""
    return "" if element is None else " ".join(" ".join(map(str, element.itertext())).split())
