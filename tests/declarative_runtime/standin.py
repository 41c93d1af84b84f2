"""An API made up from a manifest: it answers each of its paths with fitting records.

The answer depends on nothing but the request, so that two readers see the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.errors import TemplateFailed
from pipelines.extract.declarative.datetimes import format_time
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.manifest import Manifest
from tests.declarative_runtime.server import Reply, Seen

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_VALUES: dict[str, Any] = {
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "object": {},
    "array": [],
    "null": None,
}


@dataclass
class _Place:
    """One path of the API: what it looks like, and what its records hold."""

    pattern: re.Pattern[str]
    field_path: list[str]
    properties: Mapping[str, Any]
    cursor: Mapping[str, Any]
    paginator: Mapping[str, Any]

    def answer(self, seen: Seen, extra: Mapping[str, Any]) -> Any:
        strategy = self.paginator.get("pagination_strategy") or {}
        size = strategy.get("page_size")
        counted = strategy.get("type") in ("PageIncrement", "OffsetIncrement")
        first = 0 if self._token(seen) is None else int(self._token(seen) or 0) * 1000 + 1
        count = 3 if not counted or not isinstance(size, int) or first else size
        if counted and not isinstance(size, int) and first:
            count = 0
        found: Any = [{**self._record(first + n, seen.path), **extra} for n in range(count)]
        for key in reversed(self.field_path):
            found = found if key == "*" else {key: found}
        return found

    def _token(self, seen: Seen) -> Any:
        name = str((self.paginator.get("page_token_option") or {}).get("field_name"))
        found = seen.params.get(name)
        if found is None and seen.body.startswith(b"{"):
            body = seen.json()
            found = body.get(name) or (body.get("options") or {}).get("offset")
        return found

    def _record(self, number: int, path: str) -> dict[str, Any]:
        record = {name: _value(schema, number) for name, schema in self.properties.items()}
        record["id"] = f"{path.strip('/').replace('/', '-')}-{number}"
        if self.cursor:
            form = self.cursor.get("cursor_datetime_formats") or [self.cursor["datetime_format"]]
            moment = _BEGIN + timedelta(hours=number % 500)
            record[str(self.cursor["cursor_field"])] = format_time(moment, form[0])
        return record


def _value(schema: Any, number: int) -> Any:
    kinds = schema.get("type", "string") if isinstance(schema, Mapping) else "string"
    kinds = [kinds] if isinstance(kinds, str) else kinds
    kind = next((kind for kind in kinds if kind != "null"), "null")
    if kind == "object":
        return {n: _value(s, number) for n, s in (schema.get("properties") or {}).items()}
    return _VALUES.get(kind, f"text {number}")


class StandIn:
    """Answers requests as the API of one manifest might; `extra` is in every record."""

    def __init__(
        self, manifest: Manifest, config: Mapping[str, Any], extra: Mapping[str, Any]
    ) -> None:
        self._extra = extra
        self.unknown: list[str] = []
        self._places = [
            place
            for _, component in manifest.components()
            if component.get("type") == "DeclarativeStream"
            for place in [_place(component, config)]
        ]
        self._places.sort(key=lambda place: -len(place.pattern.pattern))

    def __call__(self, seen: Seen) -> Any:
        if seen.path.endswith("/token"):
            return {"token": "session"}
        place = next((p for p in self._places if p.pattern.search(seen.path)), None)
        if place is None:
            self.unknown.append(seen.path)
            return Reply({"error": "no such path"}, 404)
        return place.answer(seen, self._extra)


def _plain(text: str, component: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The text with config and parameters filled in; what needs a slice is left alone."""
    try:
        return str(compile_text(text, component.get("$parameters") or {})({"config": config}))
    except TemplateFailed:
        return text


def _place(stream: Mapping[str, Any], config: Mapping[str, Any]) -> _Place:
    retriever = stream["retriever"]
    requester, cursor = retriever["requester"], stream.get("incremental_sync")
    extractor = retriever["record_selector"]["extractor"]
    address = str(requester.get("path") or requester.get("url") or requester.get("url_base") or "")
    address = _plain(address, requester, config).split("?")[0]
    parts = [re.escape(part) for part in _TEMPLATE.split(address.strip("/"))]
    loader = stream.get("schema_loader") or {}
    schema = loader.get("schema") or {} if isinstance(loader, Mapping) else {}
    return _Place(
        re.compile("[^/]*".join(parts) + "/?$"),
        [_plain(part, extractor, config) for part in extractor["field_path"]],
        schema.get("properties") or {},
        {**cursor, "cursor_field": _plain(cursor["cursor_field"], cursor, config)}
        if cursor
        else {},
        retriever.get("paginator") or {},
    )
