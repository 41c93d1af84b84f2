"""The deadline of a whole attempt, from connecting to the last byte.

Belongs here: one attempt's hold on its socket, and the watch that cuts attempts
off. Does not belong here: time-outs of single reads, which sockets know.

A slow server can keep every single read within its time-out for ever, while
connecting, in the TLS handshake, in the headers or in the body. So one thread
watches the deadlines of all attempts and shuts the socket of a late one, which
ends whatever call is waiting on it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType
from typing import Self

from resources.http.guard import Guard

_here = threading.local()


class Attempt:
    """One attempt of one thread: its guard, its deadline, its socket.

    `sent` says that the server may have seen the request, `reused` that it went
    through a connection used before, `answered` that an answer began, `late`
    that the deadline ended it.
    """

    def __init__(self, guard: Guard, total_s: float) -> None:
        self.guard = guard
        self.ends = time.monotonic() + total_s
        self.late = False
        self.sent = False
        self.reused = False
        self.answered = False
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None

    def __enter__(self) -> Self:
        _here.attempt = self
        _watch.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _here.attempt = None
        _watch.remove(self)
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    @staticmethod
    def current() -> Attempt:
        """The attempt that this thread is making."""
        attempt: Attempt = _here.attempt
        return attempt

    def hold(self, sock: socket.socket) -> None:
        """Keep a handle of our own on the socket, which TLS and urllib3 pass around."""
        with self._lock:
            if self._handle is None:
                self._handle = socket.socket(fileno=os.dup(sock.fileno()))
        if self.late:
            self.cut()

    def cut(self) -> None:
        """End the attempt; its thread sees a connection that was closed."""
        with self._lock:
            self.late = True
            if self._handle is not None:
                try:
                    self._handle.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # the other side was faster


class _Watch:
    """The thread that cuts late attempts; started with the first one."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as in a process that was forked from one with the thread."""
        self._changed = threading.Condition()
        self._attempts: set[Attempt] = set()
        self._wakes = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, attempt: Attempt) -> None:
        with self._changed:
            self._attempts.add(attempt)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif attempt.ends < self._wakes:
                self._changed.notify()

    def remove(self, attempt: Attempt) -> None:
        with self._changed:
            self._attempts.discard(attempt)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._wakes = min((one.ends for one in self._attempts), default=float("inf"))
                left = self._wakes - time.monotonic()
                if left > 0:
                    self._changed.wait(None if left == float("inf") else left)
                    continue
                late = [one for one in self._attempts if one.ends <= time.monotonic()]
                self._attempts.difference_update(late)
            for one in late:
                one.cut()


_watch = _Watch()
os.register_at_fork(after_in_child=_watch.reset)
