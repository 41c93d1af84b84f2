"""Making a page's records without the collector looking at each of them.

Belongs here: holding the collector back. Does not belong here: what is made.

A page is some ten thousand objects that are gone as soon as they are written as
lines. Python's collector would look at them several times meanwhile, which costs
more than parsing the page.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_was_on = False


@contextmanager
def held_back() -> Iterator[None]:
    """No collection inside; for blocks that end soon, in any number of threads."""
    global _inside, _was_on
    with _lock:
        if _inside == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _was_on:
                gc.enable()
