"""Which streams a manifest has with a config, and what is known of each.

Belongs here: streams that depend on a condition; names, keys, cursors and columns.
Does not belong here: streams made from templates (`dynamic`), or reading any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.manifest import Manifest
from pipelines.extract.readers import FoundStream

Component = Mapping[str, Any]

_FORMATS = {
    "date": "DATE",
    "date-time": "TIMESTAMPTZ",
}
_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN"}


def declared_streams(manifest: Manifest, config: Mapping[str, Any]) -> dict[str, Component]:
    """Name → component of every stream that stands in the manifest and is meant here."""
    known: dict[str, Component] = {}
    for stream in manifest.streams:
        if stream["type"] == "ConditionalStreams":
            holds = compile_condition(stream["condition"], stream.get("$parameters") or {})
            inner = stream["streams"] if holds({"config": config}) else ()
        else:
            inner = [stream]
        known.update({str(item["name"]): item for item in inner})
    return known


def chosen(streams: Mapping[str, Component], name: str, origin: str) -> Component:
    """The stream of this name; ConfigurationError with the known names."""
    if name not in streams:
        known = ", ".join(sorted(streams)) or "none"
        raise ConfigurationError(f"{origin} has no stream {name!r}. Known: {known}.")
    return streams[name]


def described(
    name: str, stream: Component, config: Mapping[str, Any], schema: Mapping[str, Any] | None
) -> FoundStream:
    """A stream's key, cursor and columns, as its component and its schema say."""
    if stream["type"] == "StateDelegatingStream":
        stream = stream["full_refresh_stream"]
    return FoundStream(
        name=name,
        key=key_of(stream),
        cursor=_cursor_of(stream, config),
        columns=_columns((schema or {}).get("properties") or {}),
        description=str((schema or {}).get("description") or ""),
    )


def key_of(stream: Component) -> tuple[str, ...]:
    """The fields of the primary key; a field inside others is written with dots."""
    declared = stream.get("primary_key") or ()
    parts: Iterable[Any] = [declared] if isinstance(declared, str) else declared
    return tuple(part if isinstance(part, str) else ".".join(part) for part in parts)


def _cursor_of(stream: Component, config: Mapping[str, Any]) -> str | None:
    cursor = stream.get("incremental_sync")
    if not cursor:
        return None
    field = compile_text(str(cursor["cursor_field"]), cursor.get("$parameters") or {})
    return str(field({"config": config}))


def _columns(properties: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): _sql_type(schema) for name, schema in properties.items()}


def _sql_type(schema: Any) -> str:
    """The SQL type of a property; empty where the schema leaves it open."""
    if not isinstance(schema, Mapping):
        return ""
    declared = schema.get("type") or ()
    kinds = {declared} if isinstance(declared, str) else set(declared)
    kinds.discard("null")
    if len(kinds) != 1:
        return ""
    kind = kinds.pop()
    if kind == "string":
        if schema.get("airbyte_type") == "timestamp_without_timezone":
            return "TIMESTAMP"
        return _FORMATS.get(str(schema.get("format")), _TYPES[kind])
    return _TYPES.get(kind, "")
