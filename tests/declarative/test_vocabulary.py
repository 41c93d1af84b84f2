"""The vocabulary says the same as the published schema, but for what's listed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.extract.declarative.vocabulary import COMPONENTS, CUSTOM, Kind

# Definitions of the schema that are no components: kinds written out where used.
INLINED = {"ValueType", "PrimaryKey", "SchemaNormalization", "Schemas"}

# Where this vocabulary deliberately says something else: (component, field) → why.
DIFFERENT = {
    ("ComponentMappingDefinition", "field_path"): (
        "published manifests write positions in lists as integers, which the schema forbids"
    ),
}

# Objects that the schema writes inside a field and that have a name here.
NESTED = {
    ("DatetimeBasedCursor", "clamping"): "Clamping",
    ("DeclarativeStream", "file_uploader"): "FileUploader",
    ("JwtAuthenticator", "jwt_headers"): "JwtHeaders",
    ("JwtAuthenticator", "jwt_payload"): "JwtPayload",
    ("OAuthAuthenticator", "refresh_token_updater"): "RefreshTokenUpdater",
    ("Spec", "config_normalization_rules"): "ConfigNormalizationRules",
    (
        "OAuthConfigSpecification",
        "oauth_connector_input_specification",
    ): "OauthConnectorInputSpecification",
    ("OauthConnectorInputSpecification", "scopes"): "Scope",
    ("OauthConnectorInputSpecification", "optional_scopes"): "Scope",
    ("OauthConnectorInputSpecification", "state"): "State",
}


@pytest.fixture(scope="session")
def objects(shared: Path) -> dict[str, dict[str, Any]]:
    """Every object that the schema describes, by the name it has here."""
    path = shared / "peers/airbyte-declarative-schema/declarative_component_schema.yaml"
    schema = yaml.safe_load(path.read_text())
    definitions = schema["definitions"]
    found = {name: definitions[name] for name in definitions if name not in INLINED}
    found["DeclarativeSource"] = schema
    for (owner, field), name in NESTED.items():
        definition = found[owner]["properties"][field]
        found[name] = definition.get("items", definition)
    found["__definitions__"] = definitions
    return found


def test_no_component_is_missing_or_made_up(objects: dict[str, dict[str, Any]]) -> None:
    assert set(COMPONENTS) == set(objects) - {"__definitions__"}
    assert set(CUSTOM) == {name for name in objects if name.startswith("Custom")}


def test_every_field_is_known_with_the_same_need_and_default(
    objects: dict[str, dict[str, Any]],
) -> None:
    for name, component in COMPONENTS.items():
        definition = objects[name]
        properties = definition.get("properties", {})
        fields = set(properties) - {"type", "$parameters"}
        assert set(component.fields) == fields, name
        required = set(definition.get("required", ())) - {"type"}
        assert {f.name for f in component.fields.values() if f.required} == required, name
        for field in component.fields.values():
            place = f"{name}.{field.name}"
            assert field.has_default == ("default" in properties[field.name]), place
            assert field.default == properties[field.name].get("default"), place
        assert component.closed == (definition.get("additionalProperties") is False), name
        tags = properties.get("type", {}).get("enum", [None])
        assert component.tag == (tags[0] if "type" in properties else None), name


def test_every_field_takes_the_same_kinds(objects: dict[str, dict[str, Any]]) -> None:
    reader = _Reader(objects)
    for name, component in COMPONENTS.items():
        for field in component.fields.values():
            schema = objects[name]["properties"][field.name]
            same = _written(field.kind) == reader.read(schema, name, field.name)
            assert same != ((name, field.name) in DIFFERENT), f"{name}.{field.name}"


class _Reader:
    """Writes the schema's kinds in one form, to compare them with ours."""

    def __init__(self, objects: dict[str, dict[str, Any]]) -> None:
        self._definitions = objects["__definitions__"]

    def read(self, schema: dict[str, Any], owner: str, field: str) -> frozenset[Any]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name in INLINED:
                return self.read(self._definitions[name], owner, field)
            return frozenset({name})
        if "anyOf" in schema:
            return frozenset().union(*(self.read(each, owner, field) for each in schema["anyOf"]))
        if "enum" in schema:
            return frozenset(("constant", value) for value in schema["enum"])
        return self._plain(schema, owner, field)

    def _plain(self, schema: dict[str, Any], owner: str, field: str) -> frozenset[Any]:
        kind = schema.get("type")
        if isinstance(kind, list):
            if len(kind) == 6:
                return frozenset({"any"})
            each = [{**schema, "type": name} for name in kind]
            return frozenset().union(*(self.read(one, owner, field) for one in each))
        if kind == "array":
            least = schema.get("minItems", 0)
            return frozenset({("list", self.read(schema["items"], owner, field), least)})
        if "properties" in schema:
            return frozenset({NESTED[owner, field]})
        if kind == "object":
            values = schema.get("additionalProperties")
            inner = self.read(values, owner, field) if isinstance(values, dict) else None
            return frozenset({("map", inner)})
        return frozenset(
            {("scalar", {"string": "text"}.get(str(kind), kind), schema.get("minimum"))}
        )


def _written(kind: Kind) -> frozenset[Any]:
    parts: set[Any] = set(kind.components)
    if kind.anything:
        parts.add("any")
    parts.update(("scalar", name, least) for name, least in kind.scalars.items())
    parts.update(("constant", value) for value in kind.constants)
    parts.update(("list", _written(inner), least) for inner, least in kind.lists)
    parts.update(("map", None if inner is None else _written(inner)) for inner in kind.maps)
    return frozenset(parts)
