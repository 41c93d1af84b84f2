"""Taps made up for a test, and what reads them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.catalog import Catalog
from pipelines.engine import Engine
from pipelines.extract.readers import Surroundings
from pipelines.extract.singer.reader import TapReader
from pipelines.flow import Pulled
from pipelines.spec import PulledStream, Source, Tap
from resources.secrets import Given
from resources.settings import Settings

THINGS = PulledStream(name="things", description="Things.", mode="append")


def python_tap(folder: Path, body: str, name: str = "tap-made-up") -> Path:
    """An executable tap. `body` finds its arguments in `args`, and may call `say`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, signal, sys, time\n"
        "args = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "discovers = '--discover' in sys.argv\n"
        "def say(**message):\n"
        "    sys.stdout.write(json.dumps(message) + '\\n')\n"
        "    sys.stdout.flush()\n"
        f"{body}\n"
    )
    path.chmod(0o755)
    return path


def replaying_tap(folder: Path, file: Path) -> Path:
    """A tap that writes a file as it is, whatever it is asked."""
    path = folder / "tap-replay"
    path.write_text(f"#!/bin/sh\nexec cat '{file}'\n")
    path.chmod(0o755)
    return path


def lines_tap(folder: Path, *lines: str) -> Path:
    """A tap that writes these lines."""
    file = folder / "lines"
    file.write_text("".join(line + "\n" for line in lines))
    return replaying_tap(folder, file)


def schema(stream: str = "things", key: Iterable[str] = (), **properties: Any) -> str:
    message = {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": list(key),
        "schema": {"type": "object", "properties": properties or {"id": {"type": "integer"}}},
    }
    return json.dumps(message)


def record(stream: str = "things", **values: Any) -> str:
    return json.dumps({"type": "RECORD", "stream": stream, "record": values})


def state(**value: Any) -> str:
    return json.dumps({"type": "STATE", "value": value})


def source_of(
    executable: Path | str,
    *streams: PulledStream,
    package: tuple[str, ...] = (),
    config: Mapping[str, Any] | None = None,
    properties: bool = False,
) -> Source:
    tap = Tap(
        executable=str(executable), package=package, config=config or {}, properties=properties
    )
    return Source(
        name="tapped", description="x", owner="x", streams=streams or (THINGS,), connection=tap
    )


def reader_of(source: Source, settings: Settings, *, silence_s: float = 60) -> TapReader:
    connection = source.connection
    assert isinstance(connection, Tap)
    given = Given()
    surroundings = Surroundings(
        source, settings, given, given.config(source.name, connection.config)
    )
    return TapReader(connection, surroundings, silence_s=silence_s)


def engine_of(source: Source, settings: Settings) -> Engine:
    return Engine(settings, Catalog(sources={source.name: source}))


def records_in(answers: Iterable[Pulled]) -> list[Any]:
    found = []
    for answer in answers:
        assert isinstance(answer.records, bytes)
        found += [json.loads(line) for line in answer.records.splitlines()]
    return found
