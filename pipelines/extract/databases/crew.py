"""Several readers side by side, and their results in one stream.

Belongs here: threads, a bound on what waits, and stopping everyone when one fails or
nobody listens any more. Does not belong here: what is read.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
_WAIT_S = 0.2


@dataclass
class Worker(Generic[Item]):
    """`items` runs in a thread of its own; `cancel` wakes it from a long wait."""

    items: Callable[[], Iterator[Item]]
    cancel: Callable[[], None]


def gathered(workers: Sequence[Worker[Item]], depth: int = 2) -> Iterator[Item]:
    """What all of them give, as it comes; at most `depth` items of each wait.

    The first error ends it and is raised here. However it ends, every worker is
    cancelled and has ended before this does.
    """
    waiting: queue.Queue[Item | BaseException | None] = queue.Queue(depth * len(workers))
    stop = threading.Event()

    def put(item: Item | BaseException | None) -> None:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=_WAIT_S)
            except queue.Full:
                continue
            return

    def work(worker: Worker[Item]) -> None:
        try:
            for item in worker.items():
                put(item)
                if stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001  (handed on to who listens)
            put(error)
        else:
            put(None)

    threads = [threading.Thread(target=work, args=(each,), daemon=True) for each in workers]
    for thread in threads:
        thread.start()
    try:
        running = len(workers)
        while running:
            item = waiting.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
            else:
                yield item
    finally:
        stop.set()
        for thread, worker in zip(threads, workers, strict=True):
            while thread.is_alive():
                worker.cancel()
                thread.join(_WAIT_S)
