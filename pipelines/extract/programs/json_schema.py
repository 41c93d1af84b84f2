"""From a JSON schema, as taps and connectors describe a stream, to SQL types.

Belongs here: what the words of such a schema mean for a column. Does not belong
here: checking records against it; a stream's contract decides what may come.

Where the schema leaves open which type holds every value (numbers with a fraction,
objects, lists), the type is empty and what comes decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_DEEPEST = 20
_FORMATS = {"date-time": "TIMESTAMPTZ", "date": "DATE", "time": "TIME"}
_AIRBYTE = {
    "timestamp_with_timezone": "TIMESTAMPTZ",
    "timestamp_without_timezone": "TIMESTAMP",
    "time_without_timezone": "TIME",
    "big_integer": "DECIMAL(38,0)",
    "big_number": "",
    "integer": "BIGINT",
}


def columns(schema: Mapping[str, Any]) -> dict[str, str]:
    """Property → SQL type, empty where the schema doesn't settle it."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {str(name): _type(inner, schema) for name, inner in properties.items()}


def _type(schema: Any, root: Mapping[str, Any]) -> str:
    found = {sql for sql in _types(schema, root, 0) if sql != "NULL"}
    if len(found) == 1:
        return found.pop()
    if found == {"BIGINT", "DECIMAL(38,0)"}:
        return "DECIMAL(38,0)"
    if not found or found <= {"", "BIGINT", "DECIMAL(38,0)"}:
        return ""
    # Values of several kinds in one column are text.
    return "VARCHAR"


def _types(schema: Any, root: Mapping[str, Any], depth: int) -> Iterator[str]:
    """The type of each kind of value that the schema allows."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        yield ""
        return
    if isinstance(schema.get("$ref"), str):
        yield from _types(_referred(schema["$ref"], root), root, depth + 1)
        return
    several = [
        inner
        for word in ("anyOf", "oneOf", "allOf")
        if isinstance(schema.get(word), list)
        for inner in schema[word]
    ]
    for inner in several:
        yield from _types(inner, root, depth + 1)
    kinds = schema.get("type")
    if kinds is None and not several:
        yield ""
    for kind in [kinds] if isinstance(kinds, str) else kinds or ():
        # A bare list of types beside `anyOf` only says again what that allows.
        if not several:
            yield _simple(kind, schema)


def _simple(kind: Any, schema: Mapping[str, Any]) -> str:
    if kind == "null":
        return "NULL"
    if kind == "boolean":
        return "BOOLEAN"
    if kind == "integer":
        bounds = [schema.get(word) for word in ("minimum", "maximum")]
        wide = any(isinstance(b, int | float) and not -(2**63) <= b < 2**63 for b in bounds)
        return "DECIMAL(38,0)" if wide else _AIRBYTE.get(str(schema.get("airbyte_type")), "BIGINT")
    if kind == "string":
        known = _AIRBYTE.get(str(schema.get("airbyte_type")))
        return known if known is not None else _FORMATS.get(str(schema.get("format")), "VARCHAR")
    if kind == "number":
        return "BIGINT" if schema.get("airbyte_type") == "integer" else ""
    return ""


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    """What a reference within the schema points at; None where it points elsewhere."""
    if not reference.startswith("#/"):
        return None
    at: Any = root
    for part in reference[2:].split("/"):
        if not isinstance(at, Mapping):
            return None
        at = at.get(part.replace("~1", "/").replace("~0", "~"))
    return at
