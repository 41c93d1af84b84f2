"""Streams made from a template, one for each set of values that a resolver finds.

Belongs here: DynamicDeclarativeStream with its three resolvers, and setting values
in the template. Does not belong here: reading the streams, or those that stand in
the manifest themselves.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.manifest import complete_component
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.scope import Slice

Component = Mapping[str, Any]
Found = Callable[[Component], Iterator[tuple[Slice, Mapping[str, Any]]]]
"""The records of a retriever, each with its slice."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (float,),
    "integer": (int,),
    "boolean": (bool,),
}


def streams_from(
    dynamic: Component, config: Mapping[str, Any], found: Found, origin: str
) -> dict[str, Component]:
    """Name → component of every stream that one template gives; ManifestRefused for a bad one."""
    resolver = dynamic["components_resolver"]
    maps = [_Mapping(item, resolver["type"]) for item in resolver["components_mapping"]]
    made: dict[str, Component] = {}
    for at, values in _values(resolver, config, found):
        template = copy.deepcopy(dynamic["stream_template"])
        scope = {
            "config": config,
            "components_values": values,
            "stream_slice": at,
            "stream_template_config": dynamic["stream_template"],
        }
        for item in maps:
            item.put(template, scope)
        stream = complete_component(
            template,
            "DeclarativeStream",
            "StateDelegatingStream",
            origin=f"{origin}, a stream made from the template {dynamic.get('name') or ''}".strip(),
            inherited_first=bool(dynamic.get("use_parent_parameters", True)),
        )
        name = str(stream["name"])
        if name in made:
            raise DeclarationError(
                f"{origin}: two streams made from one template have the name {name!r}. Each needs "
                "its own; check the values and the mapping of the field `name`."
            )
        made[name] = stream
    return made


class _Mapping:
    """One ComponentMappingDefinition: a place in the template, and its value."""

    def __init__(self, component: Component, resolver: str) -> None:
        parameters = component.get("$parameters") or {}
        self._path = [compile_text(str(part), parameters) for part in component["field_path"]]
        kinds = _TYPES.get(str(component.get("value_type")))
        self._value = compile_text(str(component["value"]), parameters, valid_types=kinds)
        condition = component.get("condition")
        if condition and resolver != "ConfigComponentsResolver":
            raise DeclarationError(
                f"A mapping of {resolver} has a condition, which only ConfigComponentsResolver "
                "heeds. Leave it out, or filter the values before."
            )
        self._holds = compile_condition(condition, parameters) if condition else None
        self._create = bool(component.get("create_or_update"))
        as_text = kinds == (str,) and resolver == "ConfigComponentsResolver"
        self._is_yaml = resolver != "HttpComponentsResolver" and not as_text

    def put(self, template: dict[str, Any], scope: Mapping[str, Any]) -> None:
        """Set the value wherever the path leads; a path into nothing sets nothing."""
        if self._holds is not None and not self._holds(scope):
            return
        value = self._value(scope)
        if self._is_yaml and isinstance(value, str):
            value = _from_yaml(value)
        path = tuple(str(part(scope)) for part in self._path)
        places = list(paths.find(template, path))
        for container, key, _ in places:
            container[key] = value
        if not places and self._create and value:
            paths.put(template, path, value)


def _from_yaml(text: str) -> Any:
    """What the text says as YAML; what is no YAML is text."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _values(
    resolver: Component, config: Mapping[str, Any], found: Found
) -> Iterator[tuple[Slice, Mapping[str, Any]]]:
    kind = resolver["type"]
    if kind == "HttpComponentsResolver":
        yield from found(resolver["retriever"])
    elif kind == "ConfigComponentsResolver":
        declared = resolver["stream_config"]
        each = [_of_config(item, config) for item in _listed(declared)]
        for combination in itertools.product(*each):
            yield Slice(), _merged(combination)
    else:
        for values in resolver["stream_parameters"]["list_of_parameters_for_stream"]:
            yield Slice(), values


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_config(component: Component, config: Mapping[str, Any]) -> list[tuple[int, Any]]:
    parameters, scope = component.get("$parameters") or {}, {"config": config}
    pointer = [str(compile_text(str(part), parameters)(scope)) for part in _pointer(component)]
    values = list(_listed(paths.get(config, pointer, [])))
    return list(enumerate([*values, *(component.get("default_values") or ())]))


def _pointer(component: Component) -> list[Any]:
    return list(component["configs_pointer"])


def _merged(combination: tuple[tuple[int, Any], ...]) -> dict[str, Any]:
    """Objects as one; what is no object is `source_config_<n>`, with its number."""
    made: dict[str, Any] = {}
    for number, (index, value) in enumerate(combination):
        if isinstance(value, dict):
            made.update(value)
        else:
            made.setdefault(f"source_config_{number}", (index, value))
    return made
