"""Whether the server still holds the other end of a connection that has been idle.

Belongs here: finding a connection's socket, and asking the system about it. Does not
belong here: connecting, or what to do when the other end is gone.

The driver that is pinned (its later builds take 2.5 times as long to decode) ends the
whole process when it sends a statement to a server that has hung up, instead of raising.
A server hangs up while we wait for others, or when it is restarted, so each statement
asks first. What is left is a server that goes away while a statement has not yet begun
to answer; as after any kill, the next run goes on from what was committed.
"""

from __future__ import annotations

import os
import select
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Connection = TypeVar("Connection")
_SOCKETS = Path("/proc/self/fd")
_connecting = threading.Lock()


def connected(connect: Callable[[], Connection]) -> tuple[Connection, int | None]:
    """What `connect` makes, and its socket; None where it can't be told for certain."""
    with _connecting:
        before = _sockets()
        connection = connect()
        opened = _sockets() - before
    return connection, opened.pop() if len(opened) == 1 else None


def hung_up(descriptor: int | None) -> bool:
    """Whether the server has closed its end of this socket."""
    if descriptor is None:
        return False
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    return any(event & (select.POLLRDHUP | select.POLLHUP) for _, event in poll.poll(0))


def _sockets() -> set[int]:
    """The numbers of this process's open sockets; empty where the system doesn't list them."""
    try:
        numbers = [int(path.name) for path in _SOCKETS.iterdir()]
    except OSError:
        return set()
    return {number for number in numbers if _is_socket(number)}


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:  # closed meanwhile, or the listing's own
        return False
