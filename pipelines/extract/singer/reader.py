"""A Singer tap, as the engine reads it.

Belongs here: check, discover and read of one tap, and the files it is called with.
Does not belong here: what its messages do (`run`), or its catalog's forms (`catalog`).

    tap --config FILE --discover
    tap --config FILE --catalog|--properties FILE [--state FILE]

Config, catalog and state stand in files that only this user may read, in a folder
removed after the run; nothing of them is in the arguments. The state of a stream is the
whole object that the tap gave; each stream is a run of its own and keeps its own.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pipelines.errors import SourceError
from pipelines.extract.programs.child import SILENCE_S, Child
from pipelines.extract.programs.cutting import BadLine
from pipelines.extract.programs.program import Program, installed
from pipelines.extract.programs.workplace import Workplace
from pipelines.extract.readers import FoundStream, Surroundings
from pipelines.extract.singer import catalog as catalogs
from pipelines.extract.singer.messages import parse
from pipelines.extract.singer.run import USAGE, Run
from pipelines.flow import Pulled
from pipelines.spec import PulledStream, Tap

_LARGEST_CATALOG = 256 << 20


def open_reader(connection: Tap, surroundings: Surroundings) -> TapReader:
    """The reader of a tap; nothing is installed or run before it is needed."""
    return TapReader(connection, surroundings)


class TapReader:
    """Runs a tap once for each stream; `silence_s` is how long it may be quiet."""

    def __init__(
        self, connection: Tap, surroundings: Surroundings, *, silence_s: float = SILENCE_S
    ) -> None:
        self._tap = Path(connection.executable).name
        self._streams = surroundings.source.streams
        self._option = "--properties" if connection.properties else "--catalog"
        self._program = Program(
            self._tap,
            installed(connection.executable, connection.package, surroundings),
            surroundings,
            connection.config,
            silence_s=silence_s,
        )
        self._lock = threading.Lock()
        self._catalog: catalogs.Catalog | None = None

    def check(self) -> str:
        """Discover, and read the first declared stream until something of it comes."""
        count = len(self.discover())
        said = f"{self._tap} has {'one stream' if count == 1 else f'{count} streams'}"
        first = next((s for s in self._streams if isinstance(s, PulledStream)), None)
        if first is None:
            return f"{said}."
        with closing(self._read(first, {}, just_one=True)) as answers:
            some = any(answer.records for answer in answers)
        return f"{said}; {first.theirs} gave {'a record' if some else 'no record'}."

    def discover(self) -> list[FoundStream]:
        """The streams of the tap's catalog; SourceError where it has none."""
        catalog = self._discovered()
        if catalog is None:
            raise SourceError(
                f"{self._tap} gave no catalog when it was asked to --discover. Declare its streams "
                "by the names it gives them; they are read without a catalog."
            )
        return catalogs.found(catalog)

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """What the tap sends for one stream, from the state on that it gave before."""
        return self._read(stream, state, just_one=False)

    def _read(
        self, stream: PulledStream, state: Mapping[str, Any], *, just_one: bool
    ) -> Generator[Pulled]:
        catalog = self._discovered()
        if catalog is not None:
            catalog = catalogs.only(catalog, stream.theirs, stream.cursor, self._tap)

        def order(place: Workplace, config: Path) -> Sequence[str | Path]:
            arguments: list[str | Path] = ["--config", config]
            if catalog is not None:
                arguments += [self._option, place.write("catalog.json", catalog)]
            if state:
                arguments += ["--state", place.write("state.json", state)]
            return arguments

        with self._program.run(order) as running:
            run = Run(self._tap, stream.theirs, running.child, state, self._option)
            yield from run.answers(just_one=just_one)

    def close(self) -> None:
        """End every run of the tap that is still going on; may be called twice."""
        self._program.close()

    def _discovered(self) -> catalogs.Catalog | None:
        """The catalog, asked for once; None for a tap that knows none."""
        with self._lock:
            if self._catalog is None:
                with self._program.run(_discover) as running:
                    self._catalog = self._answer(running.child)
            return self._catalog or None

    def _answer(self, child: Child) -> catalogs.Catalog:
        """What a tap said when asked to discover; empty where it doesn't know how."""
        lines, size = [], 0
        for line in child.lines():
            if _is_message(line):
                # It takes no notice of its arguments, and has begun to send records.
                return {}
            lines.append(line)
            size += len(line)
            if size > _LARGEST_CATALOG:
                raise SourceError(
                    f"{self._tap} wrote more than {_LARGEST_CATALOG >> 20} MB when it was asked "
                    "for its catalog. Expected a description of its streams."
                )
        code = child.finish()
        if code == 0:
            return catalogs.parse(b"".join(lines), self._tap)
        if code == USAGE and "--discover" in child.last_words():
            return {}
        raise SourceError(
            f"{self._tap} ended with exit code {code} when it was asked for its catalog. See "
            f"whether its config is right.{child.last_words()}"
        )


def _is_message(line: bytes) -> bool:
    try:
        return parse(line) is not None
    except BadLine:
        return False


def _discover(_: Workplace, config: Path) -> Sequence[str | Path]:
    return ["--config", config, "--discover"]
