"""Connectors made up for a test, and what reads them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.catalog import Catalog
from pipelines.engine import Engine
from pipelines.extract.airbyte.reader import ConnectorReader
from pipelines.extract.readers import Surroundings
from pipelines.flow import Pulled
from pipelines.spec import Connector, PulledStream, Source
from resources.secrets import Given
from resources.settings import Settings

THINGS = PulledStream(name="things", description="Things.", mode="append")
STREAMS: list[dict[str, Any]] = [
    {
        "name": "things",
        "json_schema": {
            "type": "object",
            "properties": {
                "id": {"type": ["null", "integer"]},
                "at": {
                    "type": "string",
                    "format": "date-time",
                    "airbyte_type": "timestamp_without_timezone",
                },
                "price": {"type": "number"},
            },
        },
        "supported_sync_modes": ["full_refresh", "incremental"],
        "source_defined_primary_key": [["id"], ["owner", "id"]],
        "default_cursor_field": ["at"],
    },
    {"name": "whole", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
    {
        "name": "things",
        "namespace": "sales",
        "json_schema": {},
        "supported_sync_modes": ["full_refresh"],
    },
]
HEAD = f"""#!{sys.executable}
import json, os, sys, time
command = sys.argv[1]
args = dict(zip(sys.argv[2::2], sys.argv[3::2]))
config = json.load(open(args['--config']))
def say(type, **parts):
    sys.stdout.write(json.dumps({{'type': type, **parts}}) + '\\n')
    sys.stdout.flush()
def record(stream='things', **data):
    say('RECORD', record={{'stream': stream, 'data': data, 'emitted_at': 1700000000000}})
def state(value, name='things'):
    say('STATE', state={{'type': 'STREAM', 'stream': {{
        'stream_descriptor': {{'name': name}}, 'stream_state': value}},
        'sourceStats': {{'recordCount': 1.0}}}})
def fail(message, kind):
    say('TRACE', trace={{'type': 'ERROR', 'emitted_at': 1, 'error': {{
        'message': message, 'failure_type': kind, 'stack_trace': 'long'}}}})
if command == 'discover':
    say('LOG', log={{'level': 'INFO', 'message': 'looking'}})
    say('CATALOG', catalog={{'streams': {STREAMS!r}}})
    sys.exit()
"""


def made_up(folder: Path, body: str) -> Path:
    """An executable connector; `body` runs for `check` and `read`."""
    path = folder / "source-made-up"
    path.write_text(HEAD + body + "\n")
    path.chmod(0o755)
    return path


def source_of(connection: Connector, *streams: PulledStream) -> Source:
    return Source(
        name="made_up",
        description="x",
        owner="x",
        streams=streams or (THINGS,),
        connection=connection,
    )


def reader_of(
    connection: Connector, settings: Settings, *streams: PulledStream, silence_s: float = 60
) -> ConnectorReader:
    given = Given()
    source = source_of(connection, *streams)
    surroundings = Surroundings(
        source, settings, given, given.config(source.name, connection.config)
    )
    return ConnectorReader(connection, surroundings, silence_s=silence_s)


def read(
    body: str,
    folder: Path,
    settings: Settings,
    stream: PulledStream = THINGS,
    state: Mapping[str, Any] | None = None,
    **config: Any,
) -> list[Pulled]:
    connection = Connector(executable=str(made_up(folder, body)), config=config)
    reader = reader_of(connection, settings, stream)
    try:
        return list(reader.read(stream, state or {}))
    finally:
        reader.close()


def engine_of(source: Source, settings: Settings) -> Engine:
    return Engine(settings, Catalog(sources={source.name: source}))


def records_in(answers: Iterable[Pulled]) -> list[Any]:
    found = []
    for answer in answers:
        assert isinstance(answer.records, bytes)
        found += [json.loads(line) for line in answer.records.splitlines()]
    return found
