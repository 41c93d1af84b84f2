"""Which properties a request asks for, where they are too many for one.

Belongs here: QueryProperties: the list, its chunks, and records of several chunks as
one. Does not belong here: sending the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.transforms import compile_transform

Component = Mapping[str, Any]
Record = dict[str, Any]
Retrieve = Callable[[Component], Iterable[Record]]
"""The records that a retriever gives."""
Schema = Callable[[], Mapping[str, Any] | None]

NAME = "query_properties"
_BETWEEN = 3
"""What a comma takes in an address: %2C."""


class Properties:
    """The properties that one requester asks for, chunk by chunk.

    `parameter` is the request parameter that carries them; without one, expressions
    find them as `stream_slice.extra_fields['query_properties']`.
    """

    def __init__(
        self,
        component: Component,
        config: Mapping[str, Any],
        retrieve: Retrieve,
        schema: Schema,
        parameter: str | None,
    ) -> None:
        self.parameter = parameter
        self._listed = component.get("property_list") or []
        self._always = [str(name) for name in component.get("always_include_properties") or ()]
        self._config = config
        self._retrieve = retrieve
        self._chosen = _chosen(component.get("property_selector"), schema, config)
        chunking = component.get("property_chunking")
        self._limit = int((chunking or {}).get("property_limit") or 0)
        self._by_count = (chunking or {}).get("property_limit_type") != "characters"
        self._is_chunked = chunking is not None
        strategy = (chunking or {}).get("record_merge_strategy") or {}
        keys = strategy.get("key") or "id"
        self._keys = [keys] if isinstance(keys, str) else list(keys)
        self._chunks: list[list[str]] | None = None

    def chunks(self) -> list[list[str]]:
        """The properties of each request; an endpoint that lists them is asked once."""
        if self._chunks is None:
            self._chunks = list(self._cut(self._names()))
        return self._chunks

    def _names(self) -> list[str]:
        if not isinstance(self._listed, Mapping):
            return [str(name) for name in self._listed]
        parameters = self._listed.get("$parameters") or {}
        steps = [compile_text(str(s), parameters) for s in self._listed["property_field_path"]]
        path = [str(step({"config": self._config})) for step in steps]
        records = self._retrieve(self._listed["retriever"])
        return [str(paths.get(record, path, [])) for record in records]

    def _cut(self, names: list[str]) -> Iterator[list[str]]:
        if self._is_chunked and not self._limit:
            yield [*names, *self._always]
            return
        wanted = [name for name in names if self._chosen is None or name in self._chosen]
        if not self._is_chunked:
            yield [*self._always, *wanted]
            return
        chunk, size = list(self._always), 0
        for name in wanted:
            more = 1 if self._by_count else len(name) + _BETWEEN
            if size + more > self._limit:
                yield chunk
                chunk, size = list(self._always), 0
            chunk.append(name)
            size += more
        yield chunk

    def merged(self, chunks: Iterable[list[Record]]) -> list[Record]:
        """The records of all chunks of a page; those with the same key are one.

        A record without the key stays alone, before those that have it.
        """
        alone: list[Record] = []
        together: dict[tuple[Any, ...], Record] = {}
        for records in chunks:
            for record in records:
                key = tuple(record.get(name) for name in self._keys)
                if not self._is_chunked or not all(key):
                    alone.append(record)
                elif key in together:
                    _merge(together[key], record)
                else:
                    together[key] = record
        return [*alone, *together.values()]


def properties_of(
    requester: Component,
    config: Mapping[str, Any],
    retrieve: Retrieve,
    schema: Schema,
) -> Properties | None:
    """What a requester declares, at any of the three places where it may."""
    declared = requester.get("request_parameters")
    named = [
        (str(name), value)
        for name, value in (declared.items() if isinstance(declared, Mapping) else ())
        if isinstance(value, Mapping) and value.get("type") == "QueryProperties"
    ]
    endpoint = requester.get("fetch_properties_from_endpoint")
    found = [*named]
    if endpoint:
        found.append(("", {"property_list": endpoint}))
    if requester.get("query_properties"):
        found.append(("", requester["query_properties"]))
    if len(found) > 1:
        raise DeclarationError(
            "A requester declares query properties at several places; only one can be read. Keep "
            "one of them."
        )
    if not found:
        return None
    parameter, component = found[0]
    return Properties(component, config, retrieve, schema, parameter or None)


def _chosen(
    selector: Component | None, schema: Schema, config: Mapping[str, Any]
) -> set[str] | None:
    """The properties that the stream's schema names; None for all."""
    known = None if selector is None else schema()
    if selector is None or known is None:
        return None
    fields = dict(known.get("properties") or {})
    for item in selector.get("transformations") or ():
        compile_transform(item)(fields, {"config": config, "record": fields})
    return set(fields)


def _merge(target: Record, more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        known = target.get(key)
        if isinstance(known, dict) and isinstance(value, Mapping):
            _merge(known, value)
        else:
            target[key] = value
