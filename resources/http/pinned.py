"""Connections that go only to addresses that were checked.

Belongs here: the connection and pool classes given to urllib3. Does not belong
here: which addresses are allowed, and deadlines.
"""

from __future__ import annotations

import socket
import time
from http.client import HTTPResponse, IncompleteRead
from io import BufferedIOBase
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from resources.http.deadline import Attempt
from resources.http.failures import RequestFailed


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
        Attempt.current().answered = True


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
        return _connect(Attempt.current(), self)

    def request(self, *arguments: Any, **named: Any) -> None:
        attempt = Attempt.current()
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


def _connect(attempt: Attempt, connection: HTTPConnection) -> socket.socket:
    """A socket to the first checked address that answers."""
    wanted = connection.timeout
    longest = float(wanted) if isinstance(wanted, int | float) else float("inf")
    last = "no address"
    guard = attempt.guard
    resolve, what = (
        (guard.resolve, "") if connection.proxy is None else (guard.resolve_proxy, "the proxy ")
    )
    for family, where in resolve(connection.host, connection.port or 0):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(0.001, min(longest, attempt.ends - time.monotonic())))
            sock.connect(where)
        except OSError as error:
            sock.close()
            last = error.strerror or str(error)
            if attempt.late:
                break
            continue
        attempt.hold(sock)
        return sock
    raise RequestFailed(
        f"no connection to {what}{connection.host}:{connection.port} ({last})",
        "connect",
        sent=False,
    )
