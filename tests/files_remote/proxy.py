"""A way to a server of this machine that breaks on demand, as networks do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Passes bytes on. `cut` answers end after `after` bytes; a stall precedes each answer."""

    target: int
    port: int = 0
    cut: int = 0
    after: int = 300
    stall_s: float = 0.0
    passed: int = 0
    _sockets: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def serve(self, listening: socket.socket) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            self._sockets += [near, far]
            for pair in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if answers and self.stall_s:
                    time.sleep(self.stall_s)
                if answers and self.cut and len(data) > self.after:
                    self.cut -= 1
                    sink.sendall(data[: self.after])
                    break
                sink.sendall(data)
                self.passed += len(data) if answers else 0
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End every connection."""
        for one in self._sockets:
            one.close()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy before a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Proxy(target, listening.getsockname()[1])
        thread = threading.Thread(target=made.serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            made.close()
