"""Values are converted to the types that a stream's JSON schema names.

Belongs here: the conversions, compiled once from the schema. Does not belong
here: types of the warehouse (extract.cast), or validation: a value that cannot
be converted stays as it is, for the stream's contract to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.extract.declarative.runtime import paths

Convert = Callable[[Any], Any]

_TRUE = frozenset(("y", "yes", "t", "true", "on", "1"))
_FALSE = frozenset(("n", "no", "f", "false", "off", "0"))
_SIMPLE = {"string", "number", "integer", "boolean", "null"}
_DEEPEST = 50


def compile_normaliser(schema: Mapping[str, Any]) -> Callable[[dict[str, Any]], None]:
    """A function that converts the fields of a record in place."""
    inside = _inside(schema, schema, 0)

    def normalise(record: dict[str, Any]) -> None:
        if inside is not None:
            inside(record)

    return normalise


def _inside(
    schema: Mapping[str, Any], root: Mapping[str, Any], depth: int
) -> Callable[[Any], None] | None:
    """What to do with the children of a value of this schema; None for nothing."""
    schema = _resolved(schema, root)
    if depth > _DEEPEST:
        return None
    fields = {
        str(name): _value(child, root, depth + 1)
        for name, child in (schema.get("properties") or {}).items()
        if isinstance(child, Mapping)
    }
    items_schema = schema.get("items")
    items = _value(items_schema, root, depth + 1) if isinstance(items_schema, Mapping) else None
    if not fields and items is None:
        return None

    def convert(value: Any) -> None:
        if isinstance(value, dict):
            for name, change in fields.items():
                if name in value:
                    value[name] = change(value[name])
        elif isinstance(value, list) and items is not None:
            value[:] = [items(item) for item in value]

    return convert


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        found = paths.get(root, reference[2:].split("/"))
        if isinstance(found, Mapping) and found is not schema:
            return found
    return schema


def _value(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Convert:
    nullable, change = _conversion(schema)
    inside = _inside(schema, root, depth)

    def convert(value: Any) -> Any:
        if value is None and nullable:
            return None
        if change is not None:
            try:
                value = change(value)
            except (ValueError, TypeError, OverflowError):
                return value
        if inside is not None:
            inside(value)
        return value

    return convert


def _conversion(schema: Mapping[str, Any]) -> tuple[bool, Convert | None]:
    """(is null allowed, the conversion): a schema of several types converts nothing."""
    declared = schema.get("type", [])
    types = [declared] if isinstance(declared, str) else list(declared)
    nullable = "null" in types
    named = [kind for kind in types if kind != "null"] if isinstance(declared, list) else types
    if len(named) != 1:
        return nullable, None
    if named[0] == "array":
        return nullable, _wrapping(schema)
    return nullable, _CONVERSIONS.get(named[0])


def _wrapping(schema: Mapping[str, Any]) -> Convert | None:
    """A lone value becomes a list of one, where the items' types are given as a list."""
    items = schema.get("items")
    inner = items.get("type", []) if isinstance(items, Mapping) else []
    if isinstance(inner, str) or not set(inner) <= _SIMPLE:
        return None
    return lambda value: value if isinstance(value, list | dict) else [value]


def _boolean(value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    text = value.lower().strip()
    if text not in _TRUE | _FALSE:
        raise ValueError(text)
    return text in _TRUE


_CONVERSIONS: dict[str, Convert] = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": _boolean,
}
