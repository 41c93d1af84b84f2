"""A tap's catalog: what it offers, and the order to read just one stream.

Belongs here: Singer's catalog in both its forms, with metadata and with `selected`
beside the schema. Does not belong here: running the tap.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from pipelines.errors import ConfigurationError, SourceError
from pipelines.extract.programs.json_schema import columns
from pipelines.extract.readers import FoundStream

Catalog = dict[str, Any]


def parse(output: bytes, tap: str) -> Catalog:
    """The catalog in what a tap wrote when asked to discover; text before it is skipped.

    SourceError where there is none.
    """
    text = output
    while text:
        try:
            catalog = json.loads(text)
        except (ValueError, RecursionError):
            catalog = None
        if isinstance(catalog, dict) and isinstance(catalog.get("streams"), list):
            return catalog
        _, _, text = text.partition(b"\n")
        text = text[max(text.find(b"{"), 0) :] if b"{" in text else b""
    raise SourceError(
        f"{tap} was asked for its catalog and wrote {len(output)} bytes that hold none. Expected "
        'a JSON object with "streams". See whether it knows --discover and likes its config.'
    )


def found(catalog: Catalog) -> list[FoundStream]:
    """The streams of a catalog."""
    return [_found(entry) for entry in catalog["streams"]]


def _found(entry: Mapping[str, Any]) -> FoundStream:
    top = _top(entry)
    keys = entry.get("key_properties") or top.get("table-key-properties") or ()
    valid = top.get("valid-replication-keys") or ()
    cursor = entry.get("replication_key") or top.get("replication-key")
    return FoundStream(
        name=_name(entry),
        key=tuple(map(str, keys)),
        cursor=cursor or (valid[0] if valid else None),
        columns=columns(entry.get("schema") or {}),
        description=str((entry.get("schema") or {}).get("description") or ""),
    )


def only(catalog: Catalog, stream: str, cursor: str | None, tap: str) -> Catalog:
    """A copy of the catalog in which just this stream is selected, with all its fields.

    `cursor` is the field to ask by for what is new; None leaves it to the tap.
    ConfigurationError names the streams when this one isn't among them.
    """
    names = [_name(entry) for entry in catalog["streams"]]
    if stream not in names:
        raise ConfigurationError(
            f"{tap} has no stream {stream!r}. It has: {', '.join(sorted(names)) or 'none'}. "
            "Correct `of` in the source's declaration."
        )
    chosen = copy.deepcopy(catalog)
    for entry in chosen["streams"]:
        _mark(entry, selected=_name(entry) == stream)
        if _name(entry) == stream:
            _ask_by(entry, cursor)
    return chosen


def _name(entry: Mapping[str, Any]) -> str:
    """What the stream's messages call it."""
    return str(entry.get("stream") or entry.get("tap_stream_id") or "")


def _top(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of the stream itself."""
    for item in entry.get("metadata") or ():
        if not item.get("breadcrumb"):
            metadata = item.setdefault("metadata", {})
            assert isinstance(metadata, dict)
            return metadata
    return {}


def _mark(entry: dict[str, Any], *, selected: bool) -> None:
    entry["selected"] = selected
    schema = entry.setdefault("schema", {})
    if not entry.get("metadata"):
        entry["metadata"] = [{"breadcrumb": [], "metadata": {}}]
        # Taps of the first years look for it here, field by field.
        schema["selected"] = selected
        for inner in (schema.get("properties") or {}).values():
            if isinstance(inner, dict):
                inner["selected"] = selected
    if not any(not item.get("breadcrumb") for item in entry["metadata"]):
        entry["metadata"].append({"breadcrumb": [], "metadata": {}})
    _top(entry)["selected"] = selected
    for item in entry["metadata"]:
        metadata = item.setdefault("metadata", {})
        wanted = (
            metadata.get("inclusion") != "unsupported" and metadata.get("selected") is not False
        )
        if item.get("breadcrumb"):
            metadata["selected"] = selected and wanted


def _ask_by(entry: dict[str, Any], cursor: str | None) -> None:
    top = _top(entry)
    if cursor is not None:
        for place, dash in ((top, "-"), (entry, "_")):
            place[f"replication{dash}method"] = "INCREMENTAL"
            place[f"replication{dash}key"] = cursor
    elif not any(
        (
            top.get("replication-method"),
            top.get("forced-replication-method"),
            entry.get("replication_method"),
        )
    ):
        # Database taps refuse a stream for which nobody chose.
        top["replication-method"] = "FULL_TABLE"
