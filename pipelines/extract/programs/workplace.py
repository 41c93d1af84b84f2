"""The folder in which a program runs: its config and other files, for this run only.

Belongs here: writing files that nobody else may read, and clearing what a killed run
left. Does not belong here: what stands in the files.

    <folder>/runs/<name>/        one run's files, each of mode 0600
    <folder>/runs/<name>/pid     the program's process, which may outlive a run that is killed
    <folder>/runs/<name>.lock    held as long as the run lives; free: the run is dead
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from pipelines.errors import SourceUnavailable

_PID = "pid"
_PATIENCE = 500


class Workplace:
    """A folder for one run, removed by `close`.

    `salvage` is called with the folder of each run that was killed, before that
    folder is removed: a program may have left a renewed token there.
    """

    def __init__(self, folder: Path, salvage: Callable[[Path], None] | None = None) -> None:
        runs = folder / "runs"
        with _on_disk(runs):
            runs.mkdir(parents=True, exist_ok=True, mode=0o700)
            _clear(runs, salvage)
            self._lock, lock_path = _claimed(runs)
            self._lock_path = lock_path
            self.folder = lock_path.with_suffix("")
            self.folder.mkdir(mode=0o700)

    def write(self, name: str, content: Any) -> Path:
        """Write JSON-ready values to a file that only this user may read."""
        path = self.folder / name
        with _on_disk(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(content).encode())
        return path

    def occupied_by(self, pid: int) -> None:
        """Remember the leader of the processes that work here."""
        self.write(_PID, pid)

    def close(self) -> None:
        """Remove the folder; may be called twice."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock_path.unlink(missing_ok=True)
        self._lock.close()


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceUnavailable(
            f"The files of a run can't be written to {path}: {error.strerror}. Nothing was read. "
            "Make room or correct the rights, then run again."
        ) from error


def _claimed(runs: Path) -> tuple[IO[bytes], Path]:
    """A new lock file, held by us. One that another process swept away meanwhile is no lock."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=runs, prefix="run-", suffix=".lock")
        lock, path = os.fdopen(descriptor, "wb"), Path(name)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            return lock, path
        lock.close()


def _clear(runs: Path, salvage: Callable[[Path], None] | None) -> None:
    """Remove what runs that were killed have left."""
    for path in runs.glob("*.lock"):
        try:
            lock = path.open("rb")
        except FileNotFoundError:
            continue
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            dead = path.with_suffix("")
            _end_orphans(dead)
            if salvage is not None and dead.is_dir():
                salvage(dead)
            shutil.rmtree(dead, ignore_errors=True)
            path.unlink(missing_ok=True)


def _end_orphans(folder: Path) -> None:
    """End what a killed run had started; a number that now belongs to another is let be."""
    try:
        pid = int((folder / _PID).read_text())
    except (OSError, ValueError):
        return
    for _ in range(_PATIENCE):
        if not _works_in(pid, folder):
            return
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        time.sleep(0.01)


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:
        return False
