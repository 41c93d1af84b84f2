"""From a source's connection to the reader that asks its system.

Belongs here: what a reader is, what it is given, and which module reads which
connection. Does not belong here: asking any system; or naming, typing and keeping
what it answers (`pulled`, and the stages behind).

A reader is imported when its first stream is met, so that who reads files doesn't
pay for databases.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from pipelines.flow import Pulled
from pipelines.spec import (
    Api,
    Connection,
    Connector,
    Database,
    PulledStream,
    Python,
    Soap,
    Source,
    Tap,
)
from resources.secrets import Given
from resources.settings import Settings


@dataclass(frozen=True)
class FoundStream:
    """One stream that a system has: its name there, key, cursor and columns.

    `columns` maps the system's own name → SQL type, empty text where the system
    doesn't say. `cursor` is a field by which only what is new can be asked for.
    """

    name: str
    key: tuple[str, ...] = ()
    cursor: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


class Reader(Protocol):
    """Asks one system. Every method may raise SourceError and ConfigurationError."""

    def check(self) -> str:
        """Ask for as little as proves that reading can work; says what was proved."""

    def discover(self) -> list[FoundStream]:
        """The streams that the system has, as far as it says."""

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """All records, or with the state of a former run what is new since.

        Memory is bounded by single answers. The last item carries the final state
        (perhaps with no records); a run that starts from any state given on the way
        misses nothing that wasn't handed out before it.
        """

    def close(self) -> None:
        """Let go of connections and processes; may be called twice."""


@dataclass(frozen=True)
class Surroundings:
    """What a reader may use of its installation.

    `config` is the connection's `config` with all settings replaced by their
    values; `given` resolves others. `folder` is this source's own below the home
    folder, for what outlives a run (environments, ledgers, tokens).
    """

    source: Source
    settings: Settings
    given: Given
    config: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Where this source keeps what outlives a run; made at first use."""
        folder = self.settings.home / "sources" / self.source.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


_MODULES: dict[type[Connection], str] = {
    Api: "pipelines.extract.declarative.reader",
    Soap: "pipelines.extract.soap.reader",
    Database: "pipelines.extract.databases.reader",
    Tap: "pipelines.extract.singer.reader",
    Connector: "pipelines.extract.airbyte.reader",
    Python: "pipelines.extract.functions",
}


def open_reader(source: Source, settings: Settings, given: Given) -> Reader:
    """The reader of a source that has a connection.

    NotConfigured names every required setting that nobody gave.
    """
    connection = source.connection
    assert connection is not None
    declared = {name: value for name, value in vars(connection).items() if name != "manifest"}
    config = given.config(source.name, declared).get("config", {})
    module = importlib.import_module(_MODULES[type(connection)])
    surroundings = Surroundings(source, settings, given, config)
    return cast("Reader", module.open_reader(connection, surroundings))
