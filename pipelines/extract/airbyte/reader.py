"""A connector made with airbyte-cdk, as the engine reads it.

Belongs here: check, discover and read of one connector, and how it is called. Does not
belong here: what its messages do (`run`), or its catalog's forms (`catalog`).

    EXECUTABLE check|discover --config FILE
    EXECUTABLE read --config FILE --catalog FILE [--state FILE]

A manifest is run by airbyte-cdk through `runner.py`, so that Python classes beside it
work as they do at Airbyte. Config, catalog and state stand in files that only this user
may read, in a folder removed after the run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError, CredentialsRefused, SourceError
from pipelines.extract.airbyte import catalog as catalogs
from pipelines.extract.airbyte.run import Run
from pipelines.extract.declarative.yaml_text import read_yaml
from pipelines.extract.environments import environment
from pipelines.extract.programs.child import SILENCE_S
from pipelines.extract.programs.program import Program, Running, installed
from pipelines.extract.programs.telling import told
from pipelines.extract.programs.workplace import Workplace
from pipelines.extract.readers import FoundStream, Surroundings
from pipelines.flow import Pulled
from pipelines.spec import Connector, PulledStream

CDK = "airbyte-cdk==7.39.1"
"""What runs a manifest, unless its declaration names another `package`."""

_SHOWN = 2_000
_RUNNER = Path(__file__).with_name("runner.py")
_CUSTOM_CODE = {"AIRBYTE_ENABLE_UNSAFE_CODE": "true"}
"""airbyte-cdk's switch for classes beside a manifest; they run apart in any case."""


def open_reader(connection: Connector, surroundings: Surroundings) -> ConnectorReader:
    """The reader of a connector; nothing is installed or run before it is needed."""
    return ConnectorReader(connection, surroundings)


class ConnectorReader:
    """Runs a connector once for each stream; `silence_s` is how long it may be quiet."""

    def __init__(
        self, connection: Connector, surroundings: Surroundings, *, silence_s: float = SILENCE_S
    ) -> None:
        self._connection = connection
        self._streams = surroundings.source.streams
        self._name = Path(connection.executable).name or surroundings.source.name
        if connection.manifest is not None:
            arguments = _running(connection, surroundings)
        elif connection.executable:
            arguments = installed(connection.executable, connection.package, surroundings)
        else:
            raise ConfigurationError(
                f"The source {surroundings.source.name} is a connector without an executable and "
                "without a manifest. Declare one of them."
            )
        self._program = Program(
            self._name,
            arguments,
            surroundings,
            connection.config,
            variables=_CUSTOM_CODE if connection.components else {},
            silence_s=silence_s,
        )
        self._lock = threading.Lock()
        self._catalog: list[dict[str, Any]] | None = None

    def check(self) -> str:
        """Ask the connector to check itself; then read until a first record comes."""
        with self._program.run(self._order("check")) as running:
            status = self._run("was asked to check its connection", running).one(
                "CONNECTION_STATUS"
            )
        if status.get("status") != "SUCCEEDED":
            said = told(str(status.get("message")), self._program.masker, characters=_SHOWN)
            raise CredentialsRefused(
                f"{self._name} checked its connection and failed: {said} Correct the config of the "
                "source, or renew its credentials."
            )
        first = next((s for s in self._streams if isinstance(s, PulledStream)), None)
        if first is None:
            return f"{self._name} found its connection right."
        with closing(self._read(first, {}, just_one=True)) as answers:
            some = any(answer.records for answer in answers)
        return (
            f"{self._name} found its connection right; {first.theirs} gave "
            f"{'a record' if some else 'no record'}."
        )

    def discover(self) -> list[FoundStream]:
        """The streams of the connector's catalog."""
        return catalogs.found(self._discovered())

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """What the connector sends for one stream, from the states on that it gave before."""
        return self._read(stream, state, just_one=False)

    def _read(
        self, stream: PulledStream, state: Mapping[str, Any], *, just_one: bool
    ) -> Generator[Pulled]:
        configured = catalogs.only(self._discovered(), stream, self._name)
        whole = configured["sync_mode"] == "full_refresh"
        states = None if whole else catalogs.States(state)
        with self._program.run(self._order("read", configured, states)) as running:
            run = self._run(f"read {stream.theirs}", running)
            yield from run.answers(stream.theirs, states, just_one=just_one)

    def close(self) -> None:
        """End every run that is still going on; may be called twice."""
        self._program.close()

    def _discovered(self) -> list[dict[str, Any]]:
        with self._lock:
            if self._catalog is None:
                with self._program.run(self._order("discover")) as running:
                    catalog = self._run("was asked for its streams", running).one("CATALOG")
                streams = catalog.get("streams")
                if not isinstance(streams, list):
                    raise SourceError(f"{self._name} gave a catalog without streams.")
                self._catalog = streams
            return self._catalog

    def _run(self, what: str, running: Running) -> Run:
        advice = _advice(self._connection)
        return Run(self._name, what, running.child, self._program.masker, running.keep, advice)

    def _order(
        self,
        command: str,
        configured: Mapping[str, Any] | None = None,
        states: catalogs.States | None = None,
    ) -> Callable[[Workplace, Path], Sequence[str | Path]]:
        def order(place: Workplace, config: Path) -> Sequence[str | Path]:
            arguments: list[str | Path] = []
            said = self._connection.manifest
            if said is not None:
                if isinstance(said, str):
                    said, _ = read_yaml(said, origin=self._name)
                manifest = place.write("manifest.json", said)
                arguments += [manifest, _components(self._connection)]
            arguments += [command, "--config", config]
            if configured is not None:
                arguments += ["--catalog", place.write("catalog.json", {"streams": [configured]})]
            if states is not None and states.messages:
                arguments += ["--state", place.write("state.json", states.messages)]
            return arguments

        return order


def _running(connection: Connector, surroundings: Surroundings) -> Callable[[], Sequence[str]]:
    """How to run a manifest: the environment's python, alone with the runner."""

    def arguments() -> Sequence[str]:
        python = environment(surroundings.folder / "environments", connection.package or (CDK,))
        return [str(python), "-I", str(_RUNNER)]

    return arguments


def _advice(connection: Connector) -> str:
    """What to do where Python classes beside a manifest fail; empty for other connectors."""
    if connection.manifest is None:
        return ""
    packages = connection.package or (CDK,)
    return (
        f"\nIt ran with {', '.join(packages)}. Python classes that are not found come with their "
        "publisher's package or the file `components`; those written for another airbyte-cdk want "
        f"its version, such as {CDK}, as one more `package`."
    )


def _components(connection: Connector) -> str:
    """The file of the manifest's Python classes, as a whole path; empty for none."""
    if not connection.components:
        return ""
    path = Path(connection.components).absolute()
    if not path.is_file():
        raise ConfigurationError(
            f"The file of Python classes {path} is not there. Correct `components` in the source's "
            "declaration."
        )
    return str(path)
