"""Connections that go only to checked addresses, and end at the deadline.

Belongs here: one attempt's hold on its socket, the watch that cuts attempts
off, and the connection classes given to urllib3. Does not belong here: reading
answers.

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
from http.client import HTTPResponse, IncompleteRead
from io import BufferedIOBase
from types import TracebackType
from typing import Any, Self

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from resources.http.failures import RequestFailed
from resources.http.guard import Guard

_here = threading.local()


class Attempt:
    """One attempt of one thread: its guard, its deadline, its socket."""

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

    def connect(self, connection: HTTPConnection) -> socket.socket:
        """A socket to the first checked address that answers."""
        wanted = connection.timeout
        longest = float(wanted) if isinstance(wanted, int | float) else float("inf")
        last = "no address"
        for family, where in self.guard.resolve(connection.host, connection.port or 0):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                for option in connection.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(max(0.001, min(longest, self.ends - time.monotonic())))
                sock.connect(where)
            except OSError as error:
                sock.close()
                last = error.strerror or str(error)
                if self.late:
                    break
                continue
            self.hold(sock)
            return sock
        raise RequestFailed(
            f"no connection to {connection.host}:{connection.port} ({last})", "connect", sent=False
        )


class _WholeHead(HTTPResponse):
    """Takes a connection that ends inside the headers for what it is.

    The standard library takes it for the end of the headers, and a page cut off
    there for a good and empty one.
    """

    def begin(self) -> None:
        inner = self.fp
        lines: Any = _Lines(inner)
        self.fp = lines
        super().begin()
        if self.fp is lines:  # it is None if the answer has no body
            self.fp = inner
        if lines.last == b"":
            raise IncompleteRead(b"")
        _here.attempt.answered = True


class _Lines:
    """A file that remembers the last line read from it."""

    def __init__(self, inner: BufferedIOBase) -> None:
        self._inner = inner
        self.last = b"?"

    def readline(self, limit: int = -1) -> bytes:
        self.last = self._inner.readline(limit)
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Pinned(HTTPConnection):
    """Connects to addresses that the current attempt's guard has checked."""

    response_class = _WholeHead
    _served = False

    def _new_conn(self) -> socket.socket:
        attempt: Attempt = _here.attempt
        return attempt.connect(self)

    def request(self, *arguments: Any, **named: Any) -> None:
        attempt: Attempt = _here.attempt
        attempt.reused = self._served and self.sock is not None
        self._served = True
        if self.sock is None:
            self.connect()
        if self.sock is not None:
            attempt.hold(self.sock)
        attempt.sent = True
        super().request(*arguments, **named)


class _PinnedTls(_Pinned, HTTPSConnection):
    """The same over TLS; the certificate is checked against the host's name."""


class PlainPool(HTTPConnectionPool):
    """Pooled connections over plain HTTP."""

    ConnectionCls = _Pinned


class TlsPool(HTTPSConnectionPool):
    """Pooled connections over TLS."""

    ConnectionCls = _PinnedTls


class _Watch:
    """The thread that cuts late attempts; started with the first one."""

    def __init__(self) -> None:
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
