"""From the values of a page to its records: extract, filter, transform, convert.

Belongs here: RecordSelector, DpathExtractor, RecordExpander, RecordFilter and
the order in which they run. Does not belong here: decoding, or paging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.normalise import compile_normaliser
from pipelines.extract.declarative.runtime.transforms import Scope, Transform, compile_transform
from pipelines.extract.formats.json_paths import shown

Record = dict[str, Any]
Extract = Callable[[Iterable[Any]], Iterator[Any]]


class Selector:
    """Makes the records of a stream's pages; compiled once.

    A value that is no object becomes a record with the one field `value`.
    """

    def __init__(
        self,
        selector: Mapping[str, Any],
        config: Mapping[str, Any],
        transformations: Sequence[Mapping[str, Any]] = (),
        schema: Callable[[], Mapping[str, Any] | None] = lambda: None,
    ) -> None:
        self._extract = compile_extractor(selector["extractor"], config)
        self._path = _plain_path(selector["extractor"], config)
        keep = _filter(selector.get("record_filter"))
        transforms = [compile_transform(item) for item in transformations]
        stages = [stage for stage in (keep, _transforming(transforms)) if stage is not None]
        if selector.get("transform_before_filtering"):
            stages.reverse()
        known = schema() if selector.get("schema_normalization") == "Default" else None
        if known:
            stages.append(_converting(compile_normaliser(known)))
        self._stages = stages

    def extract(self, values: Iterable[Any]) -> list[Record]:
        """What the page's values hold, before the filter."""
        found = self._extract(values)
        return [value if type(value) is dict else {"value": value} for value in found]

    def finish(self, found: list[Record], scope: Scope) -> list[Record]:
        """The records: what was found, filtered and changed in place."""
        for stage in self._stages:
            found = stage(found, scope)
        return found

    def places(
        self, values: Sequence[Any], found: Sequence[Record], records: Sequence[Record], many: bool
    ) -> list[str] | None:
        """Where each record stands in the page; None where that can't be said.

        `many`: the page is a list, whose items the values are.
        """
        if self._path is None:
            return None
        if many:
            if self._path or len(values) != len(found):
                return None
            begin = "$"
        else:
            value = paths.get(values[0], self._path, None)
            begin = shown(self._path)
            if not isinstance(value, list):
                return [begin] * len(records)
        if len(found) == len(records):
            return [f"{begin}[{number}]" for number in range(len(found))]
        numbers = {id(record): number for number, record in enumerate(found)}
        return [f"{begin}[{numbers[id(record)]}]" for record in records]


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


def _plain_path(component: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The path to the records, if it leads to one place and they stand there themselves."""
    if component.get("record_expander"):
        return None
    parameters = component.get("$parameters") or {}
    steps = (compile_text(str(part), parameters) for part in component["field_path"])
    path = tuple(str(step({"config": config})) for step in steps)
    return None if paths.has_wildcard(path) or any(map(str.isdecimal, path)) else path


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
