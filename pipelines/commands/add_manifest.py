"""`headwater sources add manifest`: a source that somebody else has described.

Belongs here: getting the file, showing its licence, pinning its hash, and declaring
its streams. Does not belong here: what makes a manifest valid (its reader), or
changing it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.markup import escape

from pipelines.commands.into import checked_name, folder_for, reading_it, write_new
from pipelines.commands.show import console, count
from pipelines.errors import ConfigurationError, HeadwaterError
from pipelines.extract.declarative.manifest import Manifest, load_manifest
from pipelines.naming import normalise
from resources.settings import Settings, load_settings

FOLDER = "manifests"
_MOST = 16 << 20
_NOT_SAID = (
    "nothing beside the manifest says it. Airbyte's own connectors are under the Elastic "
    "License 2.0 since July 2025; make sure that you may use it"
)


def add_manifest(
    place: str, *, name: str | None, sha256: str | None, check: bool, into: Path | None
) -> None:
    """Validate, and unless only that was asked for, write the source.

    ManifestRefused with every fault; ConfigurationError where the file can't be had,
    hashes to something else, or would write over another source.
    """
    settings = load_settings()
    content = _fetch(place, settings)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise ConfigurationError(
            f"{place} hashes to {digest}; expected {sha256.lower()}. It is not the file that was "
            "meant: nothing was added."
        )
    manifest = load_manifest(content, origin=place)
    output = console()
    streams = _streams(manifest)
    _tell(output, place, digest, manifest, streams, settings)
    if check:
        return
    name = checked_name(name or _name_of(place))
    folder = folder_for(into, settings)
    config = _config(name, _spec(place, manifest, settings))
    _write(folder, name, content, digest, config, streams)
    output.print(f"[green]✓[/] {folder / 'sources' / name}.yaml, with the manifest's hash pinned.")
    if line := reading_it(folder, settings):
        output.print(f"\nNext:\n  {line}", soft_wrap=True)
    output.print(f"  headwater sources list      # says which settings {name} needs")


def _fetch(place: str, settings: Settings) -> bytes:
    if "://" in place:
        return _download(place, settings)
    path = Path(place)
    try:
        if path.is_dir():
            path = path / "manifest.yaml"
        if path.stat().st_size > _MOST:
            raise ConfigurationError(f"{place} is larger than 16 MB, which no manifest is.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{place} can't be read: {error.strerror}.") from None


def _download(url: str, settings: Settings) -> bytes:
    from resources.http.client import HttpClient
    from resources.http.message import Request
    from resources.http.policy import Policy

    policy = Policy(allow_hosts=frozenset(settings.allow_hosts), max_body_bytes=_MOST)
    with HttpClient(policy) as client:
        return client.send(Request(url=url)).body


def _name_of(place: str) -> str:
    parts = [part for part in re.split(r"[/\\]", place) if part]
    stem = parts[-1].rsplit(".", 1)[0]
    if stem in ("manifest", "connector") and len(parts) > 1:
        stem = parts[-2]
    return re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_").removeprefix("source_")


def _streams(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for stream in manifest.streams:
        inner = stream["streams"] if stream["type"] == "ConditionalStreams" else [stream]
        for one in inner:
            full = one.get("full_refresh_stream", one)
            found[str(one["name"])] = one if "retriever" in one else full
    return found


def _tell(
    output: Console,
    place: str,
    digest: str,
    manifest: Manifest,
    streams: Mapping[str, Any],
    settings: Settings,
) -> None:
    output.print(f"[green]✓[/] {escape(place)} is valid: {count(len(streams), 'stream')}")
    if manifest.dynamic_streams:
        output.print(
            f"  and {count(len(manifest.dynamic_streams), 'template')} of streams that the system "
            "itself names: `headwater sources discover` lists them, once its settings are given"
        )
    output.print(f"  sha256   {digest}")
    output.print(f"  licence  {escape(_licence(place, settings))}")
    for warning in manifest.warnings:
        output.print(f"  [yellow]doubtful[/] {escape(warning)}")


def _licence(place: str, settings: Settings) -> str:
    """What metadata.yaml beside the manifest says, as connectors are published."""
    data = _beside(place, settings, "metadata.yaml").get("data")
    if isinstance(data, Mapping) and data.get("license"):
        return f"{data['license']} (says metadata.yaml beside it)"
    return _NOT_SAID


def _spec(place: str, manifest: Manifest, settings: Settings) -> Mapping[str, Any]:
    """The connector's specification: in the manifest, or in a file beside it."""
    if manifest.spec:
        return manifest.spec
    said = _beside(place, settings, "spec.json") or _beside(place, settings, "spec.yaml")
    return {"connection_specification": said.get("connectionSpecification")}


def _beside(place: str, settings: Settings, name: str) -> Mapping[str, Any]:
    """A YAML or JSON file beside the manifest; empty where there is none."""
    folder = re.sub(r"[/\\]?[^/\\]*$", "", place) if "." in Path(place).name else place.rstrip("/")
    try:
        value = yaml.safe_load(_fetch(f"{folder or '.'}/{name}", settings))
    except (HeadwaterError, yaml.YAMLError):
        return {}
    return value if isinstance(value, Mapping) else {}


def _write(
    folder: Path,
    name: str,
    content: bytes,
    digest: str,
    config: Mapping[str, Any],
    streams: Mapping[str, Mapping[str, Any]],
) -> None:
    source = {
        "headwater": {
            "description": f"{name}, by a manifest of somebody else.",
            "owner": "team:data",
            "manifest": {"file": f"../{FOLDER}/{name}.yaml", "sha256": digest},
            "config": dict(config),
            "streams": {
                re.sub(r"[^a-z0-9]+", "_", theirs.lower()).strip("_"): _stream(theirs, stream)
                for theirs, stream in streams.items()
            },
        }
    }
    text = yaml.safe_dump(source, sort_keys=False, allow_unicode=True, width=96)
    head = "# Written by `headwater sources add manifest`; change what you like but the hash.\n"
    write_new(folder / "sources" / f"{name}.yaml", head + text)
    write_new(folder / FOLDER / f"{name}.yaml", content)


def _stream(theirs: str, stream: Mapping[str, Any]) -> dict[str, Any]:
    key = [normalise(part) for part in _flat(stream.get("primary_key"))]
    cursor = bool(stream.get("incremental_sync"))
    mode = "replace" if not cursor else "merge" if key else "append"
    return {"of": theirs, "description": f"{theirs}, as the system gives it.", "mode": mode} | (
        {"key": key} if key else {}
    )


def _flat(key: Any) -> list[str]:
    """The columns of a primary key; one inside of another object is none."""
    parts = [key] if isinstance(key, str) else list(key or ())
    names = [part if isinstance(part, str) else "/".join(part) for part in parts]
    return [] if any("/" in name for name in names) else names


def _config(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A setting for each plain property of the manifest's specification."""
    schema = spec.get("connection_specification") or {}
    required = set(schema.get("required") or ())
    return _settings(name.upper(), schema.get("properties") or {}, required)


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
    secret = bool(said.get("airbyte_secret"))
    words = re.sub(r"<[^>]*>", " ", str(said.get("description") or said.get("title") or key))
    described = " ".join(words.split())
    setting: dict[str, Any] = {"env": variable, "description": described}
    if secret:
        setting["secret"] = True
    elif isinstance(said.get("default"), str | int | float | bool):
        setting["default"] = said["default"]
    if not needed:
        setting["required"] = False
    return setting
