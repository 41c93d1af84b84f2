"""`headwater sources add singer`: a tap becomes a source of one's own.

Belongs here: asking the tap for its streams and writing the declaration. Does not
belong here: running taps (their reader).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
from rich.markup import escape

from pipelines.commands.into import checked_name, folder_for, reading_it, write_new
from pipelines.commands.show import console, count
from pipelines.errors import ConfigurationError
from pipelines.extract.readers import FoundStream, open_reader
from pipelines.naming import NameMap
from pipelines.spec import Setting, Source, Tap
from resources.secrets import Given
from resources.settings import load_settings


def add_singer(
    name: str,
    *,
    packages: Sequence[str],
    executable: str | None,
    settings: Sequence[str],
    into: Path | None,
) -> None:
    """Install the tap, ask it for its streams, and write `sources/NAME.py`.

    NotConfigured names what the tap needs to be asked; SourceError is what it said.
    """
    ours = load_settings()
    name = checked_name(name)
    folder = folder_for(into, ours)
    if not (packages or executable):
        raise ConfigurationError(
            "Which tap? Name the packages to install with --package, or with --executable one that "
            "is on this machine already."
        )
    tap = Tap(
        executable=executable or _command(packages[0]),
        package=tuple(packages),
        config=dict(map(_entry, settings)),
    )
    source = Source(
        name=name,
        description=f"{name}, by the Singer tap {tap.executable}.",
        owner="team:data",
        streams=(),
        connection=tap,
    )
    output = console()
    doing = f"Installing {', '.join(packages)} and asking" if packages else f"Asking {executable}"
    output.print(f"{escape(doing)} for its streams …")
    with closing(open_reader(source, ours, Given(ours.secrets))) as reader:
        found = reader.discover()
    write_new(folder / "sources" / f"{name}.py", _text(source, tap, found))
    output.print(
        f"[green]✓[/] {folder / 'sources' / name}.py with {count(len(found), 'stream')}; leave out "
        "those that nobody needs."
    )
    if line := reading_it(folder, ours):
        output.print(f"\nNext:\n  {line}", soft_wrap=True)
    output.print(f"  headwater sources read {name} --limit 3")


def _command(package: str) -> str:
    """The tap's command is usually called as its package, without extras and version."""
    for mark in "[=<>~!; @":
        package = package.split(mark)[0]
    return package.rsplit("/", 1)[-1].removesuffix(".git")


def _entry(text: str) -> tuple[str, Any]:
    key, mark, value = text.partition("=")
    if not mark or not key:
        raise ConfigurationError(
            f"Got --setting {key}; expected KEY=VALUE, KEY=env:NAME or KEY=secret:NAME."
        )
    for kind in ("env", "secret"):
        if value.startswith(f"{kind}:"):
            variable = value.removeprefix(f"{kind}:")
            return key, Setting(
                env=variable, description=f"{key} of the tap", secret=kind == "secret"
            )
    try:
        return key, orjson.loads(value)
    except orjson.JSONDecodeError:
        return key, value


def _text(source: Source, tap: Tap, found: Sequence[FoundStream]) -> str:
    streams = "".join(_stream(stream) for stream in found)
    config = "".join(f"            {key!r}: {_said(value)},\n" for key, value in tap.config.items())
    used = {"Column"} if "Column(" in streams else set()
    names = sorted({"PulledStream", "Source", "Tap", *_used(tap), *used})
    return (
        f'"""{source.description}\n\n'
        "Written by `headwater sources add singer`; it's yours to change.\n"
        '"""\n\n'
        f"from pipelines.spec import {', '.join(names)}\n\n"
        "SOURCE = Source(\n"
        f"    name={source.name!r},\n"
        f"    description={source.description!r},\n"
        f"    owner={source.owner!r},\n"
        "    connection=Tap(\n"
        f"        executable={tap.executable!r},\n"
        f"        package={tap.package!r},\n"
        f"        config={{\n{config}        }},\n"
        "    ),\n"
        f"    streams=(\n{streams}    ),\n"
        ")\n"
    )


def _used(tap: Tap) -> set[str]:
    return (
        {"Setting"} if any(isinstance(value, Setting) for value in tap.config.values()) else set()
    )


def _said(value: Any) -> str:
    if not isinstance(value, Setting):
        return repr(value)
    plain = Setting(env="")
    given = {f.name: getattr(value, f.name) for f in fields(Setting)}
    parts = [f"{n}={v!r}" for n, v in given.items() if v != getattr(plain, n)]
    return f"Setting({', '.join(parts)})"


def _columns(types: Mapping[str, str]) -> str:
    """JSON has no moments: what the tap calls one is declared, so that it isn't text."""
    return ", ".join(f"{name!r}: Column(type={kind!r})" for name, kind in types.items())


def _stream(stream: FoundStream) -> str:
    key = tuple(NameMap().columns(stream.key))
    # A tap gives what stands at its bookmark again, so without a key it is read whole.
    cursor = stream.cursor if key else None
    moments = {
        NameMap().column(name): kind
        for name, kind in stream.columns.items()
        if kind in ("DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ")
    }
    lines = [
        f"name={NameMap().column(stream.name)!r}",
        f"of={stream.name!r}",
        f"description={stream.description or stream.name + ', as the tap gives it.'!r}",
        f"mode={'merge' if cursor else 'replace'!r}",
        *([f"key={key!r}"] if key else []),
        *([f"cursor={cursor!r}"] if cursor else []),
        *([f"columns={{{_columns(moments)}}}"] if moments else []),
    ]
    return (
        "        PulledStream(\n"
        + "".join(f"            {line},\n" for line in lines)
        + "        ),\n"
    )
