"""The config as the streams see it: moved, added to and checked as the manifest says.

Belongs here: ConfigNormalizationRules. Does not belong here: where settings come
from, or what the specification's own schema says of them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pipelines.errors import ConfigurationError, DeclarationError
from pipelines.extract.declarative.interpolation import compile_mapping, compile_text
from pipelines.extract.declarative.manifest import Manifest
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.transforms import compile_transform

Component = Mapping[str, Any]
Config = dict[str, Any]
_LIKE_RECORDS = {"ConfigAddFields": "AddFields", "ConfigRemoveFields": "RemoveFields"}


def normalised(manifest: Manifest, config: Mapping[str, Any]) -> Config:
    """A copy of the config after all rules; ConfigurationError where one refuses it."""
    made: Config = copy.deepcopy(dict(config))
    rules = (manifest.spec or {}).get("config_normalization_rules") or {}
    for migration in rules.get("config_migrations") or ():
        for item in migration.get("transformations") or ():
            _transform(item, made)
    for item in rules.get("transformations") or ():
        _transform(item, made)
    for item in rules.get("validations") or ():
        _validate(item, made)
    return made


def _transform(component: Component, config: Config) -> None:
    kind = component["type"]
    if kind in _LIKE_RECORDS:
        change = compile_transform({**component, "type": _LIKE_RECORDS[kind]})
        change(config, {"config": config, "record": config})
    elif kind == "ConfigRemapField":
        _remap(component, config)
    else:
        raise DeclarationError(f"{kind} is no transformation of a config that runs here.")


def _remap(component: Component, config: Config) -> None:
    """One value of the config by a table; a value that is not in it stays."""
    path = _path(component, config)
    declared = component["map"]
    evaluate = (
        compile_text(declared, {}) if isinstance(declared, str) else compile_mapping(declared, {})
    )
    table = evaluate({"config": config})
    value = paths.get(config, path, None)
    if isinstance(table, Mapping) and isinstance(value, str | int | bool) and value in table:
        paths.put(config, path, table[value])


def _validate(component: Component, config: Config) -> None:
    strategy = component["validation_strategy"]
    if strategy["type"] != "ValidateAdheresToSchema":
        raise DeclarationError(f"{strategy['type']} is no validation that runs here.")
    schema = strategy["base_schema"]
    if isinstance(schema, str):
        schema = compile_text(schema, {})({"config": config})
    if component["type"] == "DpathValidator":
        path = _path(component, config)
        for _, _, value in paths.find(config, tuple(path)):
            _check(value, schema, ".".join(path))
    else:
        value = component["value"]
        if isinstance(value, str):
            value = compile_text(value, {})({"config": config})
        _check(value, schema, "a value made from the settings")


def _check(value: Any, schema: Any, where: str) -> None:
    """The value by a JSON schema; the message names the rule, never the value."""
    import jsonschema  # type: ignore[import-untyped]

    try:
        jsonschema.validate(value, schema)
    except jsonschema.ValidationError as error:
        raise ConfigurationError(
            f"The setting {where} is refused by its source's manifest: it breaks the rule "
            f"{error.validator} = {str(error.validator_value)[:200]}. Correct the setting."
        ) from None
    except jsonschema.SchemaError as error:
        raise DeclarationError(
            f"The manifest checks {where} by a schema that is none: {error.message[:200]}."
        ) from None


def _path(component: Component, config: Config) -> list[str]:
    steps = (compile_text(str(step), {}) for step in component["field_path"])
    return [str(step({"config": config})) for step in steps]
