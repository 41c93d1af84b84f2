"""One run of a program of others: its lines, its end, and what it leaves behind.

Belongs here: starting it with nothing of our environment, reading its output line by
line within bounds, ending it with all its children. Does not belong here: what the
lines mean, or where its files stand (`workplace`).

It is a process of its own, not a jail: it can reach the network and read what this
user may read. What it can't do is see our settings, secrets or variables.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipelines.errors import ConfigurationError, SourceError, SourceUnavailable
from pipelines.extract.environments import PROXIES
from pipelines.extract.programs.telling import told
from resources.http.masking import Masker

LONGEST_LINE = 64 << 20
SILENCE_S = 900.0
"""Seconds without a byte on either output after which a program counts as hung."""

_CHUNK = 1 << 20
_KEPT_OF_STDERR = 64 << 10
_SHOWN_LINES = 15
_SHOWN_CHARACTERS = 3_000
_GRACE_S = 5.0
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Child:
    """A running program. `name` is what errors call it; `home` is its folder.

    `masker` hides secrets in what it says. `silence_s` is how long it may be quiet.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        home: Path,
        masker: Masker,
        *,
        variables: Mapping[str, str] | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._name = name
        self._masker = masker
        self._silence_s = silence_s
        self._said: deque[bytes] = deque()
        self._noise: deque[bytes] = deque(maxlen=_SHOWN_LINES)
        self._forgot = False
        self._heard = time.monotonic()
        self._ended = False
        self._ending = threading.Lock()
        self._process = self._start(arguments, home, variables or {})
        self._poll = select.poll()
        assert self._process.stdout is not None
        self._poll.register(self._process.stdout, select.POLLIN | select.POLLHUP)
        self._listener = threading.Thread(target=self._listen, name=f"{name} stderr", daemon=True)
        self._listener.start()

    def _start(
        self, arguments: Sequence[str], home: Path, variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                arguments,
                cwd=home,
                env=_environment(Path(arguments[0]).parent, home, variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigurationError(
                f"{self._name} can't be started: {arguments[0]}: {error.strerror}. Expected an "
                "executable file; correct the source's declaration."
            ) from None

    @property
    def pid(self) -> int:
        """The number of its process, and of the group of all that it starts."""
        return self._process.pid

    def lines(self) -> Iterator[bytes]:
        """Its output line by line, each with its line end, as it comes.

        SourceUnavailable when it is silent for too long, SourceError for a line of more
        than 64 MB. The last line may lack its end.
        """
        pieces: list[bytes] = []
        held = 0
        while data := self._read():
            start = 0
            while (end := data.find(b"\n", start) + 1) > 0:
                pieces.append(data[start:end])
                line = b"".join(pieces)
                pieces, held, start = [], 0, end
                yield line
                del line
            if start < len(data):
                pieces.append(data[start:])
                held += len(data) - start
            if held > LONGEST_LINE:
                self.close()
                raise SourceError(
                    f"{self._name} wrote a line of more than {LONGEST_LINE >> 20} MB. Nothing "
                    "behind its last state is kept. Leave the large field out of its catalog."
                )
        if pieces:
            yield b"".join(pieces)

    def finish(self) -> int:
        """Its exit code, once its output has ended; negative where a signal ended it."""
        try:
            code = self._process.wait(timeout=self._silence_s)
        except subprocess.TimeoutExpired:
            self.close()
            raise self._hung() from None
        self.close()
        return code

    def note(self, line: bytes) -> None:
        """Remember a line of its output that is no message, to show it if all fails."""
        self._noise.append(line if len(line) <= _SHOWN_CHARACTERS else b"(a long line)\n")

    def last_words(self) -> str:
        """The end of what it said besides messages, without secrets; for errors."""
        heard = b"".join(self._said)
        if self._forgot:
            # What is left of its first line may begin in the middle of a secret.
            heard = heard.partition(b"\n")[2]
        said = (b"".join(self._noise) + heard).decode(errors="replace")
        shown = told(said, self._masker, characters=_SHOWN_CHARACTERS, lines=_SHOWN_LINES)
        return f" It said last:\n  {shown}" if shown else " It said nothing about it."

    def end(self) -> None:
        """End it and every process that it started; from any thread, and more than once."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_GRACE_S)
            self._signal(signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """End it and let go of its outputs; for whoever reads it, and more than once."""
        self.end()
        self._listener.join(timeout=_GRACE_S)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdout.close()
        if not self._listener.is_alive():
            self._process.stderr.close()

    def _signal(self, which: signal.Signals) -> None:
        # Its group lives on while any process that it started does.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, which)

    def _read(self) -> bytes:
        """The next bytes of its output; empty at the end."""
        pipe = self._process.stdout
        assert pipe is not None
        if pipe.closed:
            return b""
        waiting_since = time.monotonic()
        while True:
            quiet_since = max(self._heard, waiting_since)
            left = quiet_since + self._silence_s - time.monotonic()
            if left <= 0:
                self.close()
                raise self._hung()
            if self._poll.poll(left * 1_000):
                return os.read(pipe.fileno(), _CHUNK)

    def _listen(self) -> None:
        """Take what it writes to its error output, so that it never blocks; keep the end."""
        pipe = self._process.stderr
        assert pipe is not None
        kept = 0
        with suppress(OSError, ValueError):
            while data := os.read(pipe.fileno(), _KEPT_OF_STDERR):
                self._heard = time.monotonic()
                self._said.append(data)
                kept += len(data)
                while len(self._said) > 1 and kept - len(self._said[0]) >= _KEPT_OF_STDERR:
                    kept -= len(self._said.popleft())
                    self._forgot = True

    def _hung(self) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self._name} said nothing for {self._silence_s:g} s and was ended. Nothing behind "
            f"its last state is kept; the next run goes on from there.{self.last_words()}"
        )


def _environment(tools: Path, home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """What the program sees of the world: how to reach the network, and a home of its own."""
    known = {name.lower() for name in PROXIES}
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.lower() in known
    }
    return {
        **passed,
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONIOENCODING": "utf-8",
        **variables,
    }
