"""Reads manifests with airbyte-cdk; run by the interpreter of its own environment.

Takes jobs on its input, `[{"url", "manifest", "config", "states"}]`, and prints for
each `{stream: [records, final state, error]}`. Every request goes to the job's
server instead of the host that the manifest names.
"""

# mypy: ignore-errors
from __future__ import annotations

import json
import logging
import sys
from urllib.parse import urlsplit, urlunsplit

import requests
import yaml
from airbyte_cdk.models import (
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)

LOGGER = logging.getLogger("peer")
logging.disable(logging.CRITICAL)
_SEND = requests.Session.send


def send_home(url):
    """Let every session ask the server of the test."""
    home = urlsplit(url)

    def send(self, request, **more):
        parts = urlsplit(request.url)
        request.url = urlunsplit((home.scheme, home.netloc, *parts[2:]))
        return _SEND(self, request, **more)

    requests.Session.send = send


def state_of(name, state):
    descriptor = StreamDescriptor(name=name)
    stream = AirbyteStreamState(stream_descriptor=descriptor, stream_state=AirbyteStateBlob(state))
    return [AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=stream)]


def read(manifest, config, stream, state):
    """(records, final state, error) of one stream."""
    incremental = SyncMode.incremental in stream.supported_sync_modes
    mode = SyncMode.incremental if incremental else SyncMode.full_refresh
    wanted = ConfiguredAirbyteStream(
        stream=stream, sync_mode=mode, destination_sync_mode=DestinationSyncMode.append
    )
    catalog = ConfiguredAirbyteCatalog(streams=[wanted])
    known = state_of(stream.name, state) if state else None
    records, final, error = [], None, None
    try:
        source = ConcurrentDeclarativeSource(
            catalog=catalog, config=config, state=known, source_config=manifest
        )
        for message in source.read(LOGGER, config, catalog, known):
            if message.type == Type.RECORD:
                records.append(message.record.data)
            elif message.type == Type.STATE:
                final = dict(message.state.stream.stream_state.__dict__)
    except Exception as failure:  # noqa: BLE001  (told, and compared)
        error = repr(failure)[:500]
    return [records, final, error]


def run(job):
    send_home(job["url"])
    manifest = yaml.safe_load(job["manifest"])
    config, states = job["config"], job["states"]
    source = ConcurrentDeclarativeSource(
        catalog=None, config=config, state=None, source_config=manifest
    )
    streams = source.discover(LOGGER, config).streams
    return {s.name: read(manifest, config, s, states.get(s.name)) for s in streams}


def main():
    found = []
    for job in json.load(sys.stdin):
        try:
            found.append(run(job))
        except Exception as failure:  # noqa: BLE001  (told, and compared)
            found.append({"": [[], None, repr(failure)[:500]]})
    # On a line of its own: the peer's messages stand before it.
    print("\n" + json.dumps(found, default=str))


if __name__ == "__main__":
    main()
