"""Samples of requests and answers that another client of SOAP recorded, and its habits.

Belongs here: finding the samples, and writing its values as ours. Does not belong
here: which samples can be decoded (the tests say that, one by one).
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from pipelines.extract.soap.documents import Documents
from pipelines.extract.soap.service import Service
from resources.http import HttpClient
from tests.conftest import ROOT

PEERS = ROOT.parent / "shared" / "peers"
SAMPLES = PEERS / "node-soap-request-response" / "test" / "request-response-samples"


def names(folder: Path, pattern: str) -> list[str]:
    """What matches below a folder, relative to it; nothing where the folder is absent."""
    return sorted(str(path.relative_to(folder)) for path in folder.glob(pattern))


def service(wsdl: Path, address: str = "") -> Service:
    """The service that a WSDL in a file describes."""
    with HttpClient() as client:
        return Service(str(wsdl), Documents(str(wsdl), client), address=address)


def arguments(recorded: Any) -> Any:
    """Its `attributes` and `$value` as our `@name` and `#text`."""
    if isinstance(recorded, list):
        return [arguments(item) for item in recorded]
    if not isinstance(recorded, dict):
        return recorded
    made: dict[str, Any] = {}
    for name, value in recorded.items():
        if name == "attributes":
            made |= {f"@{inner}": text for inner, text in value.items()}
        elif name in ("$value", "theValue"):
            made["#text"] = value
        else:
            made[name] = arguments(value)
    return made


def comparable(value: Any) -> Any:
    """A value without the habits in which the two differ, none of which alters data.

    It leaves out attributes of the protocol and what is nil or empty, gives a list of
    one as its item, trims texts, makes every time one in UTC, and gives numbers and
    truths as text where the type is in another file.
    """
    if isinstance(value, list):
        items = [comparable(item) for item in value]
        items = [item for item in items if item not in (None, {}, "")]
        return items[0] if len(items) == 1 else (items or None)
    if isinstance(value, dict):
        kept = {name: comparable(item) for name, item in value.items() if ":" not in name}
        kept = {name: item for name, item in kept.items() if item not in (None, {}, "")}
        return kept["#text"] if kept.keys() == {"#text"} else (kept or None)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return str(Decimal(str(value)))
    if isinstance(value, str):
        return value.strip().removesuffix("Z").removesuffix(".000")
    return value


def recorded_json(folder: Path, name: str) -> Any:
    """One of a sample's JSON files; None where it has none."""
    path = folder / name
    return json.loads(path.read_text()) if path.exists() else None


def body_tree(document: bytes) -> Any:
    """The body of an envelope as (name, attributes, text, children), without prefixes."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False))
    body = root.find("{*}Body")
    assert body is not None
    return [_tree(child) for child in body]


def _tree(element: etree._Element) -> Any:
    text = (element.text or "").strip()
    return element.tag, sorted(element.attrib.items()), text, [_tree(child) for child in element]
