"""What the tests of connectors share: one connector, its stand-in, and reading it.

Belongs here: what holds for every connector. Does not belong here: what any one
vendor answers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.extract.declarative.manifest import Manifest, load_manifest
from pipelines.extract.declarative.runtime.client_policy import policy_for
from pipelines.extract.declarative.runtime.reading import RecordPage, read_stream
from pipelines.naming import normalise
from resources.http.client import HttpClient
from resources.http.policy import Policy
from resources.http.tokens import TokenStore, new_key
from sandbox import apis
from sandbox.faults import Fault
from sandbox.server import Running, serving
from sandbox.standin import NOW, StandIn
from sandbox.universe import make_universe
from tests.conftest import ROOT

SOURCES = ROOT / "assets" / "sources"
CONNECTORS = tuple(sorted(path.stem for path in SOURCES.glob("*.yaml")))
UNIVERSE = make_universe(7)
POLICY = Policy(
    allow_hosts=frozenset({"127.0.0.1"}),
    first_wait_s=0.01,
    longest_wait_s=0.05,
    connect_s=2,
    read_s=2,
)
"""Of this machine, and so impatient that a fault doesn't last."""

Record = dict[str, Any]
column_of = cache(normalise)
"""A field's name in the warehouse."""


@dataclass(frozen=True)
class Connector:
    """One file of assets/sources: its block `headwater`, and its manifest."""

    name: str
    block: Mapping[str, Any]
    manifest: Manifest

    @property
    def streams(self) -> dict[str, str]:
        """Table → the stream of the manifest that feeds it."""
        named = self.block["streams"] or {}
        return {name: (entry or {}).get("of", name) for name, entry in named.items()}

    def config(self, environment: Mapping[str, str]) -> Record:
        """The manifest's config with these values; KeyError for one that is lacking."""
        return {
            name: _value(entry, environment) for name, entry in (self.block["config"] or {}).items()
        }

    def stream(self, name: str) -> Mapping[str, Any]:
        """The manifest's stream of this name."""
        return next(stream for stream in self.manifest.streams if stream["name"] == name)


def _value(entry: Any, environment: Mapping[str, str]) -> Any:
    if not isinstance(entry, dict) or "env" not in entry:
        return entry
    if entry["env"] in environment:
        return environment[entry["env"]]
    if "default" in entry or not entry.get("required", True):
        return entry.get("default")
    return environment[entry["env"]]


@cache
def connector(name: str) -> Connector:
    """A connector as its file declares it; read once, for reading takes a tenth of a second."""
    path = SOURCES / f"{name}.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    block = document.pop("headwater")
    return Connector(name, block, load_manifest(yaml.safe_dump(document), origin=path.name))


@dataclass
class Bench:
    """A connector with its stand-in, which is served. `environment` may be changed.

    `tokens` keeps refresh tokens that change with every use.
    """

    connector: Connector
    stand_in: StandIn
    running: Running
    environment: dict[str, str]
    tokens: TokenStore
    policy: Policy = POLICY

    def pages(self, stream: str, state: Mapping[str, Any] | None = None) -> list[RecordPage]:
        """All pages of a stream of the manifest."""
        config = self.connector.config(self.environment)
        with HttpClient(policy_for(self.connector.manifest, config, self.policy)) as client:
            send, manifest = client.send, self.connector.manifest
            return list(read_stream(manifest, stream, config, state, send, self.tokens))

    def read(self, stream: str, state: Mapping[str, Any] | None = None) -> list[Record]:
        """All records of a stream."""
        return records(self.pages(stream, state))

    def reread(self, stream: str) -> tuple[list[Record], list[Record]]:
        """What a first run reads, and what a second does that starts from its state."""
        first = self.pages(stream)
        return records(first), self.read(stream, first[-1].state)

    def hit(self, *faults: Fault) -> None:
        """Let faults hit the next requests."""
        self.running.faults.add(*faults)


@contextmanager
def bench(name: str, *, stand_in: StandIn | None = None) -> Iterator[Bench]:
    """A connector beside its stand-in in the made-up world."""
    served = stand_in or apis.stand_in(name, UNIVERSE)
    with serving([served]) as running, tempfile.TemporaryDirectory() as folder:
        tokens = TokenStore(Path(folder), new_key())
        yield Bench(connector(name), served, running, dict(running.environment), tokens)


def records(pages: Sequence[RecordPage]) -> list[Record]:
    """The records of all pages."""
    return [record for page in pages for record in page.records]


def keys_of(record: Record, key: Sequence[str]) -> tuple[Any, ...]:
    """The values of a record's key, by the columns' names; None for what isn't there."""
    named = {column_of(field): value for field, value in record.items()}
    return tuple(named.get(column_of(part)) for part in key)


__all__ = [
    "CONNECTORS",
    "NOW",
    "POLICY",
    "UNIVERSE",
    "Bench",
    "Connector",
    "Fault",
    "Record",
    "bench",
    "column_of",
    "connector",
    "keys_of",
    "records",
]
