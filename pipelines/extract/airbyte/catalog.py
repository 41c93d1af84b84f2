"""A connector's catalog, the order to read one stream of it, and its states.

Belongs here: Airbyte's forms of these three. Does not belong here: running it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.extract.programs.json_schema import columns
from pipelines.extract.readers import FoundStream
from pipelines.spec import PulledStream

STATES = "airbyte"
"""Where a stream's cursor holds the state messages that the connector gave."""


def full_name(name: str, namespace: Any) -> str:
    """What a stream is called: its name, behind its namespace where it has one."""
    return f"{namespace}.{name}" if namespace else name


def found(streams: Sequence[Mapping[str, Any]]) -> list[FoundStream]:
    """The streams of a catalog."""
    return [_found(entry) for entry in streams]


def _found(entry: Mapping[str, Any]) -> FoundStream:
    schema = entry.get("json_schema") or {}
    key = entry.get("source_defined_primary_key") or ()
    cursor = entry.get("default_cursor_field") or ()
    return FoundStream(
        name=full_name(str(entry.get("name")), entry.get("namespace")),
        key=tuple(".".join(path) for path in key),
        cursor=".".join(cursor) or None,
        columns=columns(schema),
        description=str(schema.get("description") or ""),
    )


def only(
    streams: Sequence[Mapping[str, Any]], stream: PulledStream, connector: str
) -> dict[str, Any]:
    """The configured catalog with just this stream, and how it is read.

    By its cursor where it has one and the table isn't exchanged whole each time.
    ConfigurationError names the streams when this one isn't among them.
    """
    by_name = {full_name(str(s.get("name")), s.get("namespace")): s for s in streams}
    entry = by_name.get(stream.theirs)
    if entry is None:
        raise ConfigurationError(
            f"{connector} has no stream {stream.theirs!r}. It has: "
            f"{', '.join(sorted(by_name)) or 'none'}. Correct `of` in the source's declaration."
        )
    modes = entry.get("supported_sync_modes") or ["full_refresh"]
    whole = "incremental" not in modes or (stream.mode == "replace" and "full_refresh" in modes)
    configured: dict[str, Any] = {
        "stream": dict(entry),
        "sync_mode": "full_refresh" if whole else "incremental",
        "destination_sync_mode": "append",
    }
    cursor = [stream.cursor] if stream.cursor else entry.get("default_cursor_field")
    if cursor:
        configured["cursor_field"] = list(cursor)
    if entry.get("source_defined_primary_key"):
        configured["primary_key"] = entry["source_defined_primary_key"]
    return configured


class States:
    """The states of one run, by what each is of; a later one replaces an earlier one.

    `cursor` is a stream's cursor as it was kept; ConfigurationError where another kind
    of connection has kept it.
    """

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}
        if cursor and STATES not in cursor:
            raise ConfigurationError(
                "The stream's cursor was kept while its source was read in another way, and means "
                "nothing to a connector of Airbyte's. Load it once with `--full-refresh`."
            )
        for message in cursor.get(STATES) or ():
            self.take(message)

    def take(self, message: Mapping[str, Any]) -> None:
        """Keep a state message without its statistics; ValueError for an unknown form."""
        kind = message.get("type") or ("LEGACY" if "data" in message else None)
        part = {"STREAM": "stream", "GLOBAL": "global", "LEGACY": "data"}.get(str(kind))
        value = message.get(part or "")
        if part is None or not isinstance(value, Mapping):
            raise ValueError(f"is a state of the type {kind!r} without what belongs to it")
        name: tuple[Any, ...] = ()
        if part == "stream":
            described = value.get("stream_descriptor") or {}
            name = (described.get("namespace"), described.get("name"))
        self._known[(kind, *name)] = {"type": kind, part: value}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the connector is given to go on from."""
        return list(self._known.values())

    @property
    def cursor(self) -> dict[str, Any]:
        """What is kept of them for the next run."""
        return {STATES: self.messages} if self._known else {}
