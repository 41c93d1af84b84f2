"""A manifest that somebody else wrote: its bytes, and what is said beside it.

Belongs here: getting the file, its licence, its specification, its name. Does not
belong here: whether it is valid, or what is made of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ConfigurationError, HeadwaterError
from resources.settings import Settings

_MOST = 16 << 20
_NOT_SAID = (
    "nothing beside the manifest says it. Airbyte's own connectors are under the Elastic "
    "License 2.0 since July 2025; make sure that you may use it"
)


def meant(place: str, sha256: str | None, settings: Settings) -> tuple[bytes, str]:
    """The bytes at a path or address, and their hash, which must be the one meant."""
    content = _fetch(place, settings)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise ConfigurationError(
            f"{place} hashes to {digest}; expected {sha256.lower()}. It is not the file that was "
            "meant: nothing was added."
        )
    return content, digest


def name_of(place: str) -> str:
    """What a source from this place is called."""
    parts = [part for part in re.split(r"[/\\]", place) if part]
    stem = parts[-1].rsplit(".", 1)[0]
    if stem in ("manifest", "connector") and len(parts) > 1:
        stem = parts[-2]
    return re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_").removeprefix("source_")


def licence(place: str, settings: Settings) -> str:
    """What metadata.yaml beside the manifest says, as connectors are published."""
    data = _beside(place, settings, "metadata.yaml").get("data")
    if isinstance(data, Mapping) and data.get("license"):
        return f"{data['license']} (says metadata.yaml beside it)"
    return _NOT_SAID


def specification(place: str, settings: Settings) -> Mapping[str, Any]:
    """The connector's specification in a file beside the manifest; empty for none."""
    said = _beside(place, settings, "spec.json") or _beside(place, settings, "spec.yaml")
    return {"connection_specification": said.get("connectionSpecification")}


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

    policy = replace(Policy.of(settings), max_body_bytes=_MOST)
    with HttpClient(policy) as client:
        return client.send(Request(url=url)).body


def _beside(place: str, settings: Settings, name: str) -> Mapping[str, Any]:
    """A YAML or JSON file beside the manifest; empty where there is none."""
    folder = re.sub(r"[/\\]?[^/\\]*$", "", place) if "." in Path(place).name else place.rstrip("/")
    try:
        value = yaml.safe_load(_fetch(f"{folder or '.'}/{name}", settings))
    except (HeadwaterError, yaml.YAMLError):
        return {}
    return value if isinstance(value, Mapping) else {}
