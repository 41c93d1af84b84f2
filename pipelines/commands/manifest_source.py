"""The source that is written for somebody else's manifest.

Belongs here: its settings and streams, and the files. Does not belong here: asking
anybody for them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.commands.into import write_new
from pipelines.naming import normalise
from pipelines.spec import Setting

FOLDER = "manifests"
_HEAD = "# Written by `headwater sources add manifest`; change what you like but the hashes.\n"


@dataclass(frozen=True)
class Apart:
    """How a manifest is run apart: the file of its Python classes, what is installed."""

    classes: bytes | None
    packages: Sequence[str]


def stream_fields(theirs: str, key: Sequence[str], *, cursor: bool) -> dict[str, Any]:
    """What is declared of one stream; `key` are its fields in the system."""
    columns = [normalise(part) for part in key]
    mode = "replace" if not cursor else "merge" if columns else "append"
    fields = {"of": theirs, "description": f"{theirs}, as the system gives it.", "mode": mode}
    return fields | ({"key": columns} if columns else {})


def config_fields(name: str, specification: Mapping[str, Any]) -> dict[str, Any]:
    """A setting for each plain property of a connector's specification."""
    schema = specification.get("connection_specification") or {}
    required = set(schema.get("required") or ())
    return _settings(name.upper(), schema.get("properties") or {}, required)


def as_settings(config: Any) -> Any:
    """The same as declarations, for asking the connector before anything is written."""
    if isinstance(config, Mapping):
        if "env" in config:
            return Setting(**config)
        return {name: as_settings(value) for name, value in config.items()}
    return config


def write_source(
    folder: Path,
    name: str,
    manifest: bytes,
    config: Mapping[str, Any],
    streams: Mapping[str, Mapping[str, Any]],
    apart: Apart | None = None,
) -> Path:
    """Write source, manifest and, if it's run `apart`, its Python classes; the source's file."""
    block: dict[str, Any] = {
        "description": f"{name}, by a manifest of somebody else.",
        "owner": "team:data",
        "manifest": _pinned(f"{name}.yaml", manifest),
    }
    if apart is not None:
        pinned = {} if apart.classes is None else _pinned(f"{name}.py", apart.classes)
        block["isolated"] = pinned | ({"package": list(apart.packages)} if apart.packages else {})
    block["config"] = dict(config)
    block["streams"] = {
        re.sub(r"[^a-z0-9]+", "_", theirs.lower()).strip("_"): dict(fields)
        for theirs, fields in streams.items()
    }
    source = folder / "sources" / f"{name}.yaml"
    text = yaml.safe_dump({"headwater": block}, sort_keys=False, allow_unicode=True, width=96)
    write_new(source, _HEAD + text)
    write_new(folder / FOLDER / f"{name}.yaml", manifest)
    if apart is not None and apart.classes is not None:
        write_new(folder / FOLDER / f"{name}.py", apart.classes)
    return source


def _pinned(name: str, content: bytes) -> dict[str, str]:
    return {"file": f"../{FOLDER}/{name}", "sha256": hashlib.sha256(content).hexdigest()}


def _settings(prefix: str, properties: Mapping[str, Any], required: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, said in properties.items():
        variable = re.sub(r"[^A-Z0-9]+", "_", f"{prefix}_{key}".upper()).strip("_")
        if "const" in said:
            found[key] = said["const"]
        elif said.get("type") == "object" or "oneOf" in said:
            inner = (said.get("oneOf") or [said])[0]
            found[key] = _settings(
                variable, inner.get("properties") or {}, set(inner.get("required") or ())
            )
        else:
            found[key] = _setting(variable, key, said, needed=key in required)
    return found


def _setting(variable: str, key: str, said: Mapping[str, Any], *, needed: bool) -> dict[str, Any]:
    words = re.sub(r"<[^>]*>", " ", str(said.get("description") or said.get("title") or key))
    setting: dict[str, Any] = {"env": variable, "description": " ".join(words.split())}
    if said.get("airbyte_secret"):
        setting["secret"] = True
    elif isinstance(said.get("default"), str | int | float | bool):
        setting["default"] = said["default"]
    if not needed:
        setting["required"] = False
    return setting
