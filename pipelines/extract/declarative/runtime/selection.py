"""From the values of a page to its records: extract, filter, transform, convert.

Belongs here: RecordSelector, DpathExtractor, RecordExpander, RecordFilter and
the order in which they run. Does not belong here: decoding, or paging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.normalise import compile_normaliser
from pipelines.extract.declarative.runtime.transforms import Scope, Transform, compile_transform
from pipelines.extract.formats.json_paths import shown

Record = dict[str, Any]
Extract = Callable[[Sequence[Any]], list[Any]]
_OBJECTS = {dict}


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

    @property
    def untouched(self) -> tuple[str, ...]:
        """The path to the records, if they are one list and stay as they are; else ()."""
        return (self._path or ()) if not self._stages else ()

    def extract(self, values: Sequence[Any]) -> list[Record]:
        """What the page's values hold, before the filter."""
        return self.as_records(self._extract(values))

    def as_records(self, found: list[Any]) -> list[Record]:
        """The values as records; one that is no object gets the name `value`."""
        if set(map(type, found)) == _OBJECTS:
            return found
        return [value if type(value) is dict else {"value": value} for value in found]

    def finish(self, found: list[Record], scope: Scope) -> list[Record]:
        """The records: what was found, filtered and changed in place."""
        for stage in self._stages:
            found = stage(found, scope)
        return found

    def places(
        self, values: Sequence[Any], found: Sequence[Record], records: Sequence[Record], many: bool
    ) -> pa.Array | None:
        """Where each record stands in the page, as text; None where that can't be said.

        `many`: the page is a list, whose items the values are.
        """
        if self._path is None:
            return None
        begin = "$"
        if many:
            if self._path or len(values) != len(found):
                return None
        else:
            begin = shown(self._path)
            if not isinstance(paths.get(values[0], self._path, None), list):
                return pa.array([begin] * len(records), pa.string())
        if len(found) == len(records):
            numbers = pa.array(range(len(found)), pa.int64())
        else:
            at = {id(record): number for number, record in enumerate(found)}
            numbers = pa.array([at[id(record)] for record in records], pa.int64())
        return pc.binary_join_element_wise(f"{begin}[", numbers.cast(pa.string()), "]", "")


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
    return lambda values: [child for value in found(values) for child in expand(value)]


def _itself(values: Sequence[Any]) -> list[Any]:
    if len(values) == 1 and isinstance(values[0], list):
        return values[0]
    found: list[Any] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        elif value:
            found.append(value)
    return found


def _one_at(path: Sequence[str]) -> Extract:
    at = paths.compile_get(path, None)
    return lambda values: _itself([at(value) for value in values])


def _all_at(path: Sequence[str]) -> Extract:
    keys = tuple(path)
    return lambda values: [match for value in values for _, _, match in paths.find(value, keys)]


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
