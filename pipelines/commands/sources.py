"""`headwater sources list|check|discover|read|key`: what is read, and a first look at it.

Belongs here: finding the source and showing what it says. Does not belong here:
adding sources (`add_manifest`, `add_singer`, `new`), loading (`run`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Any

from rich.markup import escape

from pipelines.catalog.problems import nearest
from pipelines.commands.data import with_data
from pipelines.commands.show import as_json as json_bytes
from pipelines.commands.show import console, count, new_table, print_json
from pipelines.engine.core import Engine
from pipelines.engine.preview import preview
from pipelines.errors import ConfigurationError
from pipelines.extract.readers import FoundStream
from pipelines.orchestration.build import read_catalog
from pipelines.spec import FileStream, PulledStream, Source, Stream, raw_table
from resources.settings import load_settings

_SHOWN = 60


def list_sources(*, as_json: bool) -> None:
    """Print every source with its kind, tables, and the settings it lacks."""
    with _engine() as engine:
        found = [_facts(engine, source) for source in engine.catalog.sources.values()]
    if as_json:
        print_json(found)
        return
    shown = new_table("source", "kind", "tables", "state", numbers=("tables",), wrapped=("state",))
    for item in found:
        lacks = (" or " if item["needs_any"] else ", ").join(item["needs"])
        state = f"[yellow]needs[/] {escape(lacks)}" if lacks else "ready"
        shown.add_row(item["source"], item["kind"], str(len(item["tables"])), state)
    console().print(shown)


def check(name: str) -> None:
    """Say what was proved; an error ends the command as it would end a run."""
    with _engine() as engine:
        source = _source(engine, name)
        if source.connection is None or _has_files(source):
            files = _files(engine, source)
            said = f"{count(files, 'file')} found for {count(len(source.streams), 'stream')}."
        else:
            said = engine.reader(source).check()
    console().print(f"[green]✓[/] {name}: {escape(said)}")


def discover(name: str, *, as_json: bool) -> None:
    """Print the streams that the system has, and the tables that they feed."""
    with _engine() as engine:
        source = _source(engine, name)
        found = _discovered(engine, source)
    tables = {_theirs(stream): raw_table(source.name, stream.name) for stream in source.streams}
    if as_json:
        print_json([asdict(item) | {"table": tables.get(item.name)} for item in found])
        return
    shown = new_table("stream", "key", "cursor", "columns", "table", numbers=("columns",))
    for item in found:
        shown.add_row(
            escape(item.name),
            escape(", ".join(item.key)),
            escape(item.cursor or ""),
            str(len(item.columns) or ""),
            tables.get(item.name, "[dim]not loaded[/]"),
        )
    console().print(shown)


def read(name: str, *, stream: str | None, limit: int, as_json: bool) -> None:
    """Print records as they would be loaded; those that would be set aside, too."""
    with _engine() as engine:
        source = _source(engine, name)
        for chosen in _chosen(source, stream):
            if as_json:
                _print_lines(engine, source, chosen, limit)
            else:
                _print_table(engine, source, chosen, limit)


def key() -> None:
    """Print a new key for stored tokens."""
    from resources.http.tokens import new_key

    print(new_key())


@contextmanager
def _engine() -> Iterator[Engine]:
    settings, word = with_data(load_settings())
    if word:
        console(sys.stderr).print(word, style="dim")
    engine = Engine(settings, read_catalog(settings))
    try:
        yield engine
    finally:
        engine.close_readers()


def _source(engine: Engine, name: str) -> Source:
    sources = engine.catalog.sources
    if name not in sources:
        raise ConfigurationError(f"There is no source {name!r}.{nearest(name, sources)}")
    return sources[name]


def _facts(engine: Engine, source: Source) -> dict[str, Any]:
    lacking = engine.given.lacking(source)
    kind = "files" if source.connection is None else type(source.connection).__name__.lower()
    return {
        "source": source.name,
        "kind": kind,
        "description": source.description,
        "tables": [raw_table(source.name, stream.name) for stream in source.streams],
        "needs": [name for name, _ in lacking.missing] if lacking else [],
        "needs_any": lacking is not None and lacking.any_of,
    }


def _has_files(source: Source) -> bool:
    return all(isinstance(stream, FileStream) for stream in source.streams)


def _files(engine: Engine, source: Source) -> int:
    store = engine.store_of(source)
    streams = [stream for stream in source.streams if isinstance(stream, FileStream)]
    return sum(len(store.list(stream.files)) for stream in streams)


def _discovered(engine: Engine, source: Source) -> list[FoundStream]:
    if _has_files(source):
        return [FoundStream(stream.name, stream.key) for stream in source.streams]
    return engine.reader(source).discover()


def _theirs(stream: Stream) -> str:
    return stream.theirs if isinstance(stream, PulledStream) else stream.name


def _chosen(source: Source, stream: str | None) -> list[Stream]:
    if stream is None:
        return list(source.streams)
    found = [each for each in source.streams if stream in (each.name, _theirs(each))]
    if not found:
        known = [each.name for each in source.streams]
        raise ConfigurationError(
            f"The source {source.name} declares no stream {stream!r}.{nearest(stream, known)} "
            "`headwater sources discover` shows what else the system has."
        )
    return found


def _print_lines(engine: Engine, source: Source, stream: Stream, limit: int) -> None:
    with closing(preview(engine, source, stream, limit)) as records:  # type: ignore[type-var]
        for kind, record in records:
            line = {"stream": stream.name, kind: record}
            sys.stdout.buffer.write(json_bytes(line, indent=False))
    sys.stdout.buffer.flush()


def _print_table(engine: Engine, source: Source, stream: Stream, limit: int) -> None:
    rows: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for kind, record in preview(engine, source, stream, limit):
        (rows if kind == "row" else rejected).append(record)
    output = console()
    output.print(f"\n[bold]{source.name}.{stream.name}[/]: {count(len(rows), 'row')}")
    columns = [name for name in (rows[0] if rows else {}) if not name.startswith("_")]
    if columns:
        shown = new_table(*columns)
        for row in rows:
            shown.add_row(*(_cell(row[name]) for name in columns))
        output.print(shown)
    for record in rejected:
        output.print(f"[yellow]would be set aside:[/] {escape(record['reason'])}")
        output.print(f"  {escape(record['record'][:300])}")


def _cell(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return escape(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
