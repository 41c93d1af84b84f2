"""Where a program of others is found, and what it is run with.

Belongs here: the environment or the path of its executable, its secrets, and the
folder and config of each run. Does not belong here: the protocol it speaks.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from pipelines.errors import ConfigurationError, SourceError, SourceUnavailable
from pipelines.extract.environments import environment
from pipelines.extract.programs.child import SILENCE_S, Child
from pipelines.extract.programs.kept import KeptConfig
from pipelines.extract.programs.workplace import Workplace
from pipelines.extract.readers import Surroundings
from resources.http.masking import Masker, is_secret_name

CONFIG, PASSED = "config.json", "passed.json"
"""The config that a program may rewrite, and as it was passed to it."""

_LONGEST_WAIT_S = 3_600.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Running:
    """One run; `keep` takes the config as the program says it is now."""

    child: Child
    keep: Callable[[Mapping[str, Any]], None]


class Program:
    """A program of one source; several runs of it may go on at once.

    `arguments` gives the beginning of its command line, found when first needed:
    that may take as long as installing it. `config_of` is the declared config, for
    the names of its secrets. `silence_s`: see `Child`.
    """

    def __init__(
        self,
        name: str,
        arguments: Callable[[], Sequence[str]],
        surroundings: Surroundings,
        config_of: Mapping[str, Any],
        *,
        variables: Mapping[str, str] | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._folder = surroundings.folder
        self._variables = dict(variables or {})
        self._silence_s = silence_s
        given = surroundings.config
        self.masker = Masker([*surroundings.given.secrets(config_of), *_secrets(given)])
        self.kept = KeptConfig(
            surroundings.source.name, given, surroundings.settings, self._folder / "tokens"
        )
        self._lock = threading.Lock()
        self._running: set[Child] = set()

    @contextmanager
    def run(self, order: Callable[[Workplace, Path], Sequence[str | Path]]) -> Iterator[Running]:
        """The program, running within the block and ended behind it.

        `order` gives the rest of its command line, from the folder and the config file
        of this run. What the program changed in its config file is kept. A program
        that may renew its refresh token runs alone: two would spend the same one.
        """
        with ExitStack() as stack:
            if self.kept.renews:
                stack.enter_context(self._alone())
            place = Workplace(self._folder, self._salvage)
            stack.callback(place.close)
            config = self.kept.config()
            for secret in _secrets(config):
                self.masker.register(secret)
            written = place.write(CONFIG, config)
            place.write(PASSED, config)
            arguments = [*self._arguments(), *map(str, order(place, written))]
            child = Child(
                self.name,
                arguments,
                place.folder,
                self.masker,
                variables=self._variables,
                silence_s=self._silence_s,
            )
            stack.callback(self._salvage, place.folder)
            stack.callback(child.close)
            place.occupied_by(child.pid)
            with self._lock:
                self._running.add(child)
            stack.callback(self._running.discard, child)
            yield Running(child, lambda changed: self.keep(changed, config))

    def close(self) -> None:
        """End what is still running; may be called twice."""
        with self._lock:
            running = list(self._running)
        for child in running:
            child.end()

    def keep(self, config: Mapping[str, Any], passed: Mapping[str, Any]) -> None:
        """Keep what the program changed in the config that was passed to it."""
        for secret in _secrets(config):
            self.masker.register(secret)
        self.kept.keep(config, passed)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other run of this source, in any process."""
        ends = time.monotonic() + _LONGEST_WAIT_S
        with (self._folder / "alone.lock").open("w") as lock:
            while not _locked(lock):
                if time.monotonic() > ends:
                    raise SourceUnavailable(
                        f"{self.name} has been running for {_LONGEST_WAIT_S / 60:g} minutes, and "
                        "may not run twice at once, for its refresh token's sake. Try again later."
                    )
                time.sleep(_POLL_S)
            yield

    def _salvage(self, folder: Path) -> None:
        """Keep what a run has written into its config file."""
        try:
            config, passed = (
                orjson.loads((folder / name).read_bytes()) for name in (CONFIG, PASSED)
            )
        except (OSError, orjson.JSONDecodeError):
            # It was killed before it could be passed any, or while it wrote.
            return
        if isinstance(config, dict):
            self.keep(config, passed)


def installed(
    executable: str, package: Sequence[str], surroundings: Surroundings
) -> Callable[[], Sequence[str]]:
    """How to call an executable of an environment, or one that is there already."""

    def arguments() -> Sequence[str]:
        if not package:
            return [_there(executable)]
        found = surroundings.folder / "environments"
        path = environment(found, package).parent / executable
        if not path.is_file():
            raise SourceError(
                f"The environment of {' '.join(package)} has no command {executable!r}. Correct "
                "`executable` in the declaration of the source "
                f"{surroundings.source.name}. It has: {_commands(path.parent)}."
            )
        return [str(path)]

    return arguments


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _there(executable: str) -> str:
    found = shutil.which(executable)
    if found is None:
        raise ConfigurationError(
            f"There is no executable file {executable!r}. Expected the path of one, the name of "
            "one on the PATH, or a `package` to install it from."
        )
    return str(Path(found).absolute())


def _commands(folder: Path) -> str:
    own = ("python", "activate", "deactivate", "pydoc")
    names = sorted(p.name for p in folder.iterdir() if not p.name.startswith(own))
    return ", ".join(names) or "none"


def _secrets(config: Any, *, secret: bool = False) -> Iterator[str]:
    """Text at any depth that stands under the name of a secret."""
    if isinstance(config, Mapping):
        for name, inner in config.items():
            yield from _secrets(inner, secret=secret or is_secret_name(str(name)))
    elif isinstance(config, list | tuple):
        for inner in config:
            yield from _secrets(inner, secret=secret)
    elif secret and isinstance(config, str):
        yield config
