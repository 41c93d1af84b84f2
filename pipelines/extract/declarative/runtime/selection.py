"""From the values of a page to its records: extract, filter, transform, convert.

Belongs here: RecordSelector, DpathExtractor, RecordExpander, RecordFilter and
the order in which they run. Does not belong here: decoding, or paging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.normalise import compile_normaliser
from pipelines.extract.declarative.runtime.transforms import Scope, Transform, compile_transform

Record = dict[str, Any]
Extract = Callable[[Iterable[Any]], Iterator[Any]]


@dataclass(frozen=True)
class Selected:
    """The records of one page, and how many values it held before the filter."""

    records: list[Record]
    extracted: int


Select = Callable[[Iterable[Any], Scope], Selected]


def compile_selector(
    selector: Mapping[str, Any],
    config: Mapping[str, Any],
    transformations: Sequence[Mapping[str, Any]] = (),
    schema: Mapping[str, Any] | None = None,
) -> Select:
    """The function from a page's values and scope to its records.

    A value that is no object becomes a record with the one field `value`.
    """
    extract = compile_extractor(selector["extractor"], config)
    keep = _filter(selector.get("record_filter"))
    transforms = [compile_transform(item) for item in transformations]
    stages = [stage for stage in (keep, _transforming(transforms)) if stage is not None]
    if selector.get("transform_before_filtering"):
        stages.reverse()
    if schema and selector.get("schema_normalization") == "Default":
        stages.append(_converting(compile_normaliser(schema)))

    def select(values: Iterable[Any], scope: Scope) -> Selected:
        found = [value if type(value) is dict else {"value": value} for value in extract(values)]
        records = found
        for stage in stages:
            records = stage(records, scope)
        return Selected(records, len(found))

    return select


Stage = Callable[[list[Record], Scope], list[Record]]


def _filter(component: Mapping[str, Any] | None) -> Stage | None:
    if component is None or not component.get("condition"):
        return None
    if component["type"] != "RecordFilter":
        raise DeclarationError(
            f"{component['type']} is no filter that runs here; expected RecordFilter."
        )
    holds = compile_condition(component["condition"], component.get("$parameters") or {})

    def keep(records: list[Record], scope: Scope) -> list[Record]:
        kept = []
        for record in records:
            scope["record"] = record
            if holds(scope):
                kept.append(record)
        return kept

    return keep


def _transforming(transforms: Sequence[Transform]) -> Stage | None:
    if not transforms:
        return None

    def change(records: list[Record], scope: Scope) -> list[Record]:
        for record in records:
            for transform in transforms:
                transform(record, scope)
        return records

    return change


def _converting(normalise: Callable[[Record], None]) -> Stage:
    def convert(records: list[Record], scope: Scope) -> list[Record]:  # noqa: ARG001
        for record in records:
            normalise(record)
        return records

    return convert


def compile_extractor(component: Mapping[str, Any], config: Mapping[str, Any]) -> Extract:
    """The values at the declared path in each value of a page; lists are opened."""
    if component["type"] != "DpathExtractor":
        raise DeclarationError(
            f"{component['type']} is no extractor that runs here; expected DpathExtractor."
        )
    parameters = component.get("$parameters") or {}
    scope = {"config": config}
    path = [str(compile_text(str(part), parameters)(scope)) for part in component["field_path"]]
    expand = _expander(component.get("record_expander"), config)
    if "*" in path or "**" in path:
        found = _all_at(path)
    elif path:
        found = _one_at(path)
    else:
        found = _itself
    if expand is None:
        return found
    return lambda values: (child for value in found(values) for child in expand(value))


def _itself(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        elif value:
            yield value


def _one_at(path: Sequence[str]) -> Extract:
    at = paths.compile_get(path, None)

    def found(values: Iterable[Any]) -> Iterator[Any]:
        return _itself(map(at, values))

    return found


def _all_at(path: Sequence[str]) -> Extract:
    keys = tuple(path)

    def found(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            for _, _, match in paths.find(value, keys):
                yield match

    return found


def _expander(
    component: Mapping[str, Any] | None, config: Mapping[str, Any]
) -> Callable[[Any], Iterator[Any]] | None:
    if component is None:
        return None
    parameters = component.get("$parameters") or {}
    scope = {"config": config}
    path = tuple(
        str(compile_text(str(part), parameters)(scope))
        for part in component["expand_records_from_field"]
    )
    keep_parent = bool(component.get("remain_original_record"))
    emit_parent = component.get("on_no_records") == "emit_parent"

    def expand(parent: Any) -> Iterator[Any]:
        empty = True
        for _, _, found in paths.find(parent, path):
            for item in found if isinstance(found, list) else ():
                empty = False
                if keep_parent and isinstance(item, dict):
                    yield {**item, "original_record": parent}
                else:
                    yield item
        if empty and emit_parent:
            yield parent

    return expand
