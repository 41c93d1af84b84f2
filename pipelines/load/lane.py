"""A background thread that takes work in order, so that stages overlap.

Belongs here: the thread, its bounded queue, and how its failure reaches the
caller. Does not belong here: what the work is.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lane(Generic[T]):
    """Calls `work(item)` for each item put, in order, in a thread of its own.

    At most `depth` items wait, so a slow lane slows its caller instead of
    filling the memory. What `work` raises is raised by the next call; items
    behind the failure are dropped.
    """

    def __init__(self, name: str, work: Callable[[T], None], *, depth: int = 4) -> None:
        self._work = work
        self._queue: queue.Queue[T | None] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over one item; waits while the queue is full."""
        self._raise()
        self._queue.put(item)

    def drain(self) -> None:
        """Wait until all that was put is done, or raise what went wrong."""
        self._queue.join()
        self._raise()

    def close(self) -> None:
        """Drain, and end the thread."""
        self.stop()
        self._raise()

    def stop(self) -> None:
        """End the thread after what was put; never raises."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._work(item)
                except BaseException as error:  # noqa: BLE001  (raised again in the caller)
                    self._error = error
            self._queue.task_done()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
