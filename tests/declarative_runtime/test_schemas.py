"""Schemas come from the manifest, from files beside it, or from the source itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import SourceError
from pipelines.extract.declarative.runtime.schemas import Schemas

IDENTIFIER = {
    "schema_pointer": ["fields"],
    "key_pointer": ["name"],
    "type_pointer": ["type"],
    "types_mapping": [
        {"current_type": "money", "target_type": "number"},
        {"current_type": "many", "target_type": {"field_type": "array", "items": "string"}},
        {
            "current_type": "odd",
            "target_type": "date",
            "condition": "{{ raw_schema.get('day') }}",
        },
    ],
}


def asked(*fields: dict[str, Any], **more: Any) -> Any:
    loader = {
        "type": "DynamicSchemaLoader",
        "retriever": {},
        "schema_type_identifier": IDENTIFIER,
        **more,
    }
    schemas = Schemas("", {}, lambda _: [{"fields": list(fields)}])
    return (schemas.of({"schema_loader": loader}) or {})["properties"]


def test_the_source_tells_names_and_types() -> None:
    found = asked(
        {"name": "Size", "type": "money"},
        {"name": "Tags", "type": "many"},
        {"name": "On", "type": "odd", "day": True},
        schema_transformations=[{"type": "KeysToLower"}],
        schema_filter={"type": "RecordFilter", "condition": "{{ 'Tags' not in record }}"},
    )
    assert found == {
        "size": {"type": ["null", "number"]},
        "on": {"type": ["null", "string"], "format": "date"},
    }
    with pytest.raises(SourceError, match="'odd'"):
        asked({"name": "On", "type": "odd"})


def test_a_file_is_found_beside_the_manifest_and_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "schemas").mkdir(parents=True)
    (folder / "manifest.yaml").touch()
    (folder / "schemas" / "items.json").write_text(json.dumps({"properties": {"id": {}}}))
    (tmp_path / "outside.json").write_text(json.dumps({"properties": {"secret": {}}}))
    schemas = Schemas(str(folder / "manifest.yaml"), {}, lambda _: [])

    def of(path: str) -> Any:
        return schemas.of({"schema_loader": {"type": "JsonFileSchemaLoader", "file_path": path}})

    assert of("./source_shop/schemas/items.json") == {"properties": {"id": {}}}
    assert of("../outside.json") is None


def test_of_several_schemas_the_first_wins() -> None:
    loaders = [
        {"type": "InlineSchemaLoader", "schema": {"properties": {"a": {"type": "string"}}}},
        {"type": "InlineSchemaLoader", "schema": {"properties": {"a": {}, "b": {}}}},
    ]
    found = Schemas("", {}, lambda _: []).of({"schema_loader": loaders})
    assert found == {"properties": {"a": {"type": "string"}, "b": {}}}
