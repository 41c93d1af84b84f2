"""Transformations of one record, each compiled once for a stream.

Belongs here: one function for each transformation of the vocabulary. Does not
belong here: in which order they and the filter run (selection decides that).

A transformation changes the record in place. It sees the scope of the page, in
which `record` is the record at hand.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.runtime import paths

Scope = MutableMapping[str, Any]
Transform = Callable[[dict[str, Any], Scope], None]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (float,),
    "integer": (int,),
    "boolean": (bool,),
}
_TOKEN = re.compile(r"[A-Z]+[a-z]*|[a-z]+|\d+|(?P<other>[^a-zA-Z\d]+)")


def compile_transform(component: Mapping[str, Any]) -> Transform:
    """The function that one transformation component declares."""
    maker = _MAKERS.get(component["type"])
    if maker is None:
        raise DeclarationError(
            f"{component['type']} is no transformation that runs here. "
            f"Known: {', '.join(sorted(_MAKERS))}."
        )
    return maker(component)


def _parameters(component: Mapping[str, Any]) -> Mapping[str, Any]:
    found = component.get("$parameters")
    return found if isinstance(found, Mapping) else {}


def _add_fields(component: Mapping[str, Any]) -> Transform:
    adds = [_add_field(field, component) for field in component["fields"]]
    if len(adds) == 1:
        return adds[0]

    def add_all(record: dict[str, Any], scope: Scope) -> None:
        for add in adds:
            add(record, scope)

    return add_all


def _add_field(field: Mapping[str, Any], component: Mapping[str, Any]) -> Transform:
    path = tuple(str(part) for part in field["path"])
    evaluate = _typed(field, _parameters(component))
    condition = component.get("condition")
    if condition:
        holds = compile_condition(condition, _parameters(component))

        def add_if(record: dict[str, Any], scope: Scope) -> None:
            scope["record"] = record
            value = evaluate(scope)
            if holds({**scope, "value": value, "path": list(path)}):
                paths.put(record, path, value)

        return add_if

    if len(path) == 1:
        key = path[0]

        def add_top(record: dict[str, Any], scope: Scope) -> None:
            scope["record"] = record
            record[key] = evaluate(scope)

        return add_top

    def add(record: dict[str, Any], scope: Scope) -> None:
        scope["record"] = record
        paths.put(record, path, evaluate(scope))

    return add


def _typed(
    field: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Any]:
    """The field's value; with a `value_type`, only text that spells that type is converted."""
    value, wanted = field["value"], field.get("value_type")
    if not isinstance(value, str):
        return lambda _: value
    return compile_text(value, parameters, valid_types=_TYPES[wanted] if wanted else None)


def _remove_fields(component: Mapping[str, Any]) -> Transform:
    pointers = [tuple(str(part) for part in path) for path in component["field_pointers"]]
    condition = component.get("condition")
    if not condition:
        tops = [path[0] for path in pointers if len(path) == 1 and not paths.has_wildcard(path)]
        deep = [path for path in pointers if len(path) > 1 or paths.has_wildcard(path)]

        def remove(record: dict[str, Any], scope: Scope) -> None:  # noqa: ARG001
            for key in tops:
                record.pop(key, None)
            for path in deep:
                paths.delete(record, path)

        return remove

    holds = compile_condition(condition, _parameters(component))

    def remove_if(record: dict[str, Any], scope: Scope) -> None:
        for path in pointers:
            paths.delete(record, path, lambda value: bool(holds({**scope, "property": value})))

    return remove_if


def _keys_to_lower(component: Mapping[str, Any]) -> Transform:  # noqa: ARG001
    def lower(record: dict[str, Any], scope: Scope) -> None:  # noqa: ARG001
        for key in list(record):
            record[key.lower()] = record.pop(key)

    return lower


def _keys_to_snake_case(component: Mapping[str, Any]) -> Transform:  # noqa: ARG001
    return _renaming(lambda _: snake_case)


@functools.lru_cache(maxsize=100_000)
def snake_case(key: str) -> str:
    """`Funding Total` → `funding_total`, `cikStr` → `cik_str`, `2024x` → `_2024_x`."""
    ascii_key = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    tokens = [
        "" if match["other"] is not None else match[0] for match in _TOKEN.finditer(ascii_key)
    ]
    if len(tokens) >= 3:
        tokens = [tokens[0], *filter(None, tokens[1:-1]), tokens[-1]]
    if tokens and tokens[0].isdigit():
        tokens.insert(0, "")
    return "_".join(token.lower() for token in tokens)


def _keys_replace(component: Mapping[str, Any]) -> Transform:
    old = compile_text(str(component["old"]), _parameters(component))
    new = compile_text(str(component["new"]), _parameters(component))

    def rename(scope: Scope) -> Callable[[str], str]:
        before, after = str(old(scope)), str(new(scope))
        return lambda key: key.replace(before, after)

    return _renaming(rename)


def _renaming(rename_in: Callable[[Scope], Callable[[str], str]]) -> Transform:
    """Rename every key of the record and of the objects directly inside objects."""

    def renamed(value: Mapping[str, Any], rename: Callable[[str], str]) -> dict[str, Any]:
        return {
            rename(key): renamed(inner, rename) if isinstance(inner, dict) else inner
            for key, inner in value.items()
        }

    def transform(record: dict[str, Any], scope: Scope) -> None:
        scope["record"] = record
        replaced = renamed(record, rename_in(scope))
        record.clear()
        record.update(replaced)

    return transform


def _flatten_fields(component: Mapping[str, Any]) -> Transform:
    lists = component.get("flatten_lists", True)

    def flatten(record: dict[str, Any], scope: Scope) -> None:  # noqa: ARG001
        flat = _flat(record, lists=bool(lists))
        record.clear()
        record.update(flat)

    return flatten


def _flat(record: dict[str, Any], *, lists: bool) -> dict[str, Any]:
    """Leaves by their own key; a key that is taken, or met behind a list, by its path.

    The last branch is walked first, so of two equal keys the earlier one in the
    record gets the long name.
    """
    stack: list[tuple[Any, str]] = [(record, "_")]
    flat: dict[str, Any] = {}
    behind_list = False
    while stack:
        value, name = stack.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                taken = key in flat or behind_list
                stack.append((inner, f"{name}.{key}" if taken else key))
        elif isinstance(value, list) and lists:
            behind_list = behind_list or bool(value)
            stack.extend((inner, f"{name}.{index}") for index, inner in enumerate(value))
        else:
            flat[name] = value
    return flat


def _dpath_flatten(component: Mapping[str, Any]) -> Transform:
    parameters = _parameters(component)
    segments = [compile_text(str(part), parameters) for part in component["field_path"]]
    delete_origin = bool(component.get("delete_origin_value"))
    replace = bool(component.get("replace_record"))
    keys = component.get("key_transformation") or {}
    prefix = compile_text(str(keys.get("prefix") or ""), parameters)
    suffix = compile_text(str(keys.get("suffix") or ""), parameters)

    def flatten(record: dict[str, Any], scope: Scope) -> None:
        path = [str(segment(scope)) for segment in segments]
        found = paths.compile_get(path)(record)
        if not isinstance(found, dict):
            return
        before, after = str(prefix(scope) or ""), str(suffix(scope) or "")
        flat = {f"{before}{key}{after}": value for key, value in found.items()}
        if replace and flat:
            record.clear()
            record.update(flat)
        elif not flat.keys() & record.keys():
            if delete_origin:
                paths.delete(record, path)
            record.update(flat)

    return flatten


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Transform]] = {
    "AddFields": _add_fields,
    "RemoveFields": _remove_fields,
    "KeysToLower": _keys_to_lower,
    "KeysToSnakeCase": _keys_to_snake_case,
    "KeysReplace": _keys_replace,
    "FlattenFields": _flatten_fields,
    "DpathFlattenFields": _dpath_flatten,
}
