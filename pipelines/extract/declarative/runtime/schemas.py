"""The JSON schemas of streams: written in the manifest, beside it, or asked for.

Belongs here: every schema loader of the vocabulary. Does not belong here: what a
schema is used for (`normalise`, `streams`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.transforms import compile_transform

Component = Mapping[str, Any]
Schema = dict[str, Any]
Retrieve = Callable[[Component], Iterable[Mapping[str, Any]]]

_TEXT = {"type": ["null", "string"]}
_KINDS: dict[str, Schema] = {
    "string": _TEXT,
    "boolean": {"type": ["null", "boolean"]},
    "integer": {"type": ["null", "integer"]},
    "number": {"type": ["null", "number"]},
    "array": {"type": ["null", "array"]},
    "object": {"type": ["null", "object"]},
    "date": {**_TEXT, "format": "date"},
    "timestamp_with_timezone": {**_TEXT, "format": "date-time"},
    "time_with_timezone": {**_TEXT, "format": "time", "airbyte_type": "time_with_timezone"},
    "timestamp_without_timezone": {
        **_TEXT,
        "format": "date-time",
        "airbyte_type": "timestamp_without_timezone",
    },
    "time_without_timezone": {**_TEXT, "format": "time", "airbyte_type": "time_without_timezone"},
}


class Schemas:
    """Finds schemas for one manifest, whose text came from `origin`."""

    def __init__(self, origin: str, config: Mapping[str, Any], retrieve: Retrieve) -> None:
        self._folder = Path(origin).parent if Path(origin).is_file() else None
        self._config = config
        self._retrieve = retrieve
        self._known: dict[int, tuple[Component, Schema | None]] = {}

    def of(self, stream: Component) -> Schema | None:
        """The stream's schema; of several loaders the first wins. None: there is none."""
        known = self._known.get(id(stream))
        if known is None:
            known = self._known[id(stream)] = (stream, self._load(stream))
        return known[1]

    def _load(self, stream: Component) -> Schema | None:
        declared = stream.get("schema_loader")
        merged: Schema = {}
        for loader in declared if isinstance(declared, list) else [declared]:
            schema = None if loader is None else self._one(loader, stream)
            if schema:
                fields = {**(schema.get("properties") or {}), **merged.get("properties", {})}
                merged = {**schema, **merged, "properties": fields}
        return merged or None

    def _one(self, loader: Component, stream: Component) -> Schema | None:
        kind = loader["type"]
        if kind == "InlineSchemaLoader":
            return dict(loader.get("schema") or {})
        if kind == "JsonFileSchemaLoader":
            return self._beside(loader, stream)
        if kind == "DynamicSchemaLoader":
            return self._asked(loader)
        raise DeclarationError(
            f"{kind} is no schema loader that runs here; expected InlineSchemaLoader, "
            "JsonFileSchemaLoader or DynamicSchemaLoader."
        )

    def _beside(self, loader: Component, stream: Component) -> Schema | None:
        """The schema in a file beside the manifest, where both are there."""
        if self._folder is None:
            return None
        parameters = loader.get("$parameters") or {}
        declared = compile_text(str(loader.get("file_path") or ""), parameters)
        path = str(declared({"config": self._config}) or f"schemas/{stream.get('name')}.json")
        for candidate in (self._folder / path, self._folder / "schemas" / Path(path).name):
            place = candidate.resolve()
            if place.is_file() and place.is_relative_to(self._folder.resolve()):
                try:
                    return dict(json.loads(place.read_bytes()))
                except ValueError as error:
                    raise DeclarationError(f"The schema {place} is not JSON: {error}.") from None
        return None

    def _asked(self, loader: Component) -> Schema:
        """The schema that the source itself tells, from the first record it gives."""
        identifier = loader["schema_type_identifier"]
        record = next(iter(self._retrieve(loader["retriever"])), None)
        found = [] if record is None else self._at(record, identifier, "schema_pointer", [])
        fields: Schema = {}
        for raw in found:
            name = self._at(raw, identifier, "key_pointer")
            if not isinstance(name, str):
                raise SourceError(
                    f"The source tells a schema, and one of its fields has no name but {name!r}. "
                    "Check key_pointer against what it answers."
                )
            kind = (
                self._at(raw, identifier, "type_pointer", "string")
                if identifier.get("type_pointer")
                else "string"
            )
            fields[name] = _schema_of(self._mapped(kind, raw, identifier))
        fields = self._filtered(fields, loader.get("schema_filter"))
        for item in loader.get("schema_transformations") or ():
            compile_transform(item)(fields, {"config": self._config, "record": fields})
        return {"type": "object", "additionalProperties": True, "properties": fields}

    def _at(self, value: Any, identifier: Component, name: str, default: Any = None) -> Any:
        pointer = identifier.get(name)
        if not pointer:
            return value
        parameters = identifier.get("$parameters") or {}
        steps = (compile_text(str(step), parameters) for step in pointer)
        return paths.get(value, [str(step({"config": self._config})) for step in steps], default)

    def _mapped(self, kind: Any, raw: Any, identifier: Component) -> Any:
        scope = {"config": self._config, "raw_schema": raw}
        for item in identifier.get("types_mapping") or ():
            condition = item.get("condition")
            if item["current_type"] == kind and (
                condition is None or compile_condition(condition, {})(scope)
            ):
                return item["target_type"]
        return kind

    def _filtered(self, fields: Schema, component: Component | None) -> Schema:
        if component is None or not component.get("condition"):
            return fields
        if component["type"] != "RecordFilter":
            raise DeclarationError(
                f"{component['type']} is no filter that runs here; expected RecordFilter."
            )
        holds = compile_condition(component["condition"], component.get("$parameters") or {})
        return {
            name: schema
            for name, schema in fields.items()
            if holds({"config": self._config, "record": {name: schema}})
        }


def _schema_of(kind: Any) -> Schema:
    """The schema of a type's name, of two names, or of a list's component."""
    if isinstance(kind, list) and len(kind) == 2:
        return {"oneOf": [_schema_of(item) for item in kind]}
    if isinstance(kind, Mapping):
        made = _schema_of(kind["field_type"])
        if kind.get("items"):
            made["items"] = _schema_of(kind["items"])
        return made
    if not isinstance(kind, str) or kind not in _KINDS:
        raise SourceError(
            f"The source tells the type {kind!r}, which types_mapping doesn't know. Add it there; "
            f"what it may be mapped to: {', '.join(sorted(_KINDS))}."
        )
    return copy.deepcopy(_KINDS[kind])
