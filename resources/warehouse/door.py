"""The door: one writer at a time, across threads and processes.

A SQLite catalog admits one writer. Waiting here, in arrival order of the file
lock, is fair and cheap; meeting "database is locked" inside a commit is not.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import WarehouseBusy

_POLL_S = 0.02


class Door:
    """A lock held by one writer in one process; readers never touch it."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._threads = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the door for the block, or raise WarehouseBusy at the time-out."""
        deadline = time.monotonic() + self._timeout_s
        if not self._threads.acquire(timeout=self._timeout_s):
            raise self._busy()
        try:
            with self._path.open("a") as file:
                while not _try_lock(file.fileno()):
                    if time.monotonic() > deadline:
                        raise self._busy()
                    time.sleep(_POLL_S)
                yield
        finally:
            self._threads.release()

    def _busy(self) -> WarehouseBusy:
        return WarehouseBusy(
            f"Another process has held the warehouse's door ({self._path}) for more than "
            f"{self._timeout_s:g} s. Nothing was written; run again when it is done, or see "
            "which process holds the file open."
        )


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
