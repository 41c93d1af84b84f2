"""`headwater sources add manifest`: a source that somebody else has described.

Belongs here: validating it or asking it for its streams, and telling the person what
it is. Does not belong here: getting the file (`manifest_file`), what is written
(`manifest_source`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipelines.commands.into import checked_name, folder_for, reading_it
from pipelines.commands.manifest_file import licence, meant, name_of, specification
from pipelines.commands.manifest_source import (
    Apart,
    as_settings,
    config_fields,
    stream_fields,
    write_source,
)
from pipelines.commands.show import console, count
from pipelines.errors import ConfigurationError
from pipelines.extract.declarative.manifest import Manifest, load_manifest
from pipelines.extract.declarative.yaml_text import read_yaml
from pipelines.extract.readers import open_reader
from pipelines.spec import Connector, Source
from resources.secrets import Given
from resources.settings import Settings, load_settings


def add_manifest(
    place: str, *, name: str | None, sha256: str | None, check: bool, into: Path | None
) -> None:
    """Validate, and unless only that was asked for, write the source.

    ManifestRefused with every fault; ConfigurationError where the file can't be had,
    hashes to something else, or would write over another source.
    """
    settings = load_settings()
    content, digest = meant(place, sha256, settings)
    manifest = load_manifest(content, origin=place)
    output = console()
    streams = _streams(manifest)
    output.print(f"[green]✓[/] {escape(place)} is valid: {count(len(streams), 'stream')}")
    if manifest.dynamic_streams:
        output.print(
            f"  and {count(len(manifest.dynamic_streams), 'template')} of streams that the system "
            "itself names: `headwater sources discover` lists them, once its settings are given"
        )
    _tell(output, place, digest, settings)
    for warning in manifest.warnings:
        output.print(f"  [yellow]doubtful[/] {escape(warning)}")
    if check:
        return
    name = checked_name(name or name_of(place))
    folder = folder_for(into, settings)
    config = config_fields(name, manifest.spec or specification(place, settings))
    _written(output, write_source(folder, name, content, config, streams), folder, settings)


def add_isolated(
    place: str,
    components: Path | None,
    packages: Sequence[str],
    *,
    name: str | None,
    sha256: str | None,
    into: Path | None,
) -> None:
    """Write a source that airbyte-cdk runs apart; it is asked for its streams first.

    Raises what asking raises: NotConfigured names the settings that it needs.
    """
    settings = load_settings()
    content, digest = meant(place, sha256, settings)
    name = checked_name(name or name_of(place))
    folder = folder_for(into, settings)
    try:
        code = components.read_bytes() if components else None
    except OSError as error:
        raise ConfigurationError(f"{components} can't be read: {error.strerror}.") from None
    output = console()
    _tell(output, place, digest, settings)
    manifest, _ = read_yaml(content, origin=place)
    said = manifest.get("spec") if isinstance(manifest, dict) else None
    config = config_fields(name, said or specification(place, settings))
    connection = Connector(
        package=tuple(packages),
        manifest=content.decode("utf-8-sig"),
        components=str(components.absolute()) if components else None,
        config=as_settings(config),
    )
    source = Source(
        name=name, description="-", owner="team:data", streams=(), connection=connection
    )
    output.print("Installing what runs it and asking the connector for its streams …")
    with closing(open_reader(source, settings, Given(settings.secrets))) as reader:
        found = reader.discover()
    streams = {s.name: stream_fields(s.name, s.key, cursor=bool(s.cursor)) for s in found}
    apart = Apart(code, packages)
    written = write_source(folder, name, content, config, streams, apart)
    _written(output, written, folder, settings)


def _tell(output: Console, place: str, digest: str, settings: Settings) -> None:
    output.print(f"  sha256   {digest}")
    output.print(f"  licence  {escape(licence(place, settings))}")


def _written(output: Console, source: Path, folder: Path, settings: Settings) -> None:
    output.print(f"[green]✓[/] {source}, with the manifest's hash pinned.")
    if line := reading_it(folder, settings):
        output.print(f"\nNext:\n  {line}", soft_wrap=True)
    output.print(f"  headwater sources list      # says which settings {source.stem} needs")


def _streams(manifest: Manifest) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for stream in manifest.streams:
        for one in stream["streams"] if stream["type"] == "ConditionalStreams" else [stream]:
            plain = one.get("full_refresh_stream", one)
            key, cursor = _flat(plain.get("primary_key")), bool(plain.get("incremental_sync"))
            found[str(one["name"])] = stream_fields(str(one["name"]), key, cursor=cursor)
    return found


def _flat(key: Any) -> list[str]:
    """The fields of a primary key; one inside of another object is none."""
    parts = [key] if isinstance(key, str) else list(key or ())
    names = [part if isinstance(part, str) else "/".join(part) for part in parts]
    return [] if any("/" in name for name in names) else names
