"""A real HTTP server on this machine that misbehaves on demand."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Reply = Callable[["Handler"], None]


@dataclass
class Seen:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        with contextlib.suppress(OSError):
            super().handle_one_request()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, body, self.client_address)
        self.server.next_reply(self.path.split("?")[0], seen)(self)

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@dataclass
class Server(ThreadingHTTPServer):
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    daemon_threads = True

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    __hash__ = object.__hash__

    def on(self, path: str, *replies: Reply) -> str:
        """Answer this path with the replies in turn, the last one for ever; gives the URL."""
        self.replies[path] = list(replies)
        return self.url(path)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_address[1]}{path}"

    def speak_tls(self, folder: Path, name: str) -> Path:
        """From now on answer over TLS as the host of this name; gives its certificate."""
        key, cert = folder / "key.pem", folder / "cert.pem"
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
        curve = ["-pkeyopt", "ec_paramgen_curve:P-256"]
        files = ["-keyout", str(key), "-out", str(cert)]
        names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
        subprocess.run([*made, *curve, *files, *names], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        return cert

    def next_reply(self, path: str, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            replies = self.replies.get(path, [answer(404)])
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


def answer(
    status: int = 200,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    length: int | None = None,
    pause_s: float = 0.0,
) -> Reply:
    """A whole answer; `length` lies about its size and then closes."""

    def reply(handler: Handler) -> None:
        time.sleep(pause_s)
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.raw(body)
        handler.close_connection = length is not None

    return reply


def dripping(pieces: bytes, every_s: float, head: bytes = b"") -> Reply:
    """Send `head`, then one byte at a time, so that no single read is late."""

    def reply(handler: Handler) -> None:
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.raw(head)
            for byte in pieces:
                time.sleep(every_s)
                handler.raw(bytes([byte]))

    return reply


def raw(data: bytes) -> Reply:
    """These bytes, then the end of the connection."""

    def reply(handler: Handler) -> None:
        handler.close_connection = True
        handler.raw(data)

    return reply


def stalling(head: bytes, stop: threading.Event) -> Reply:
    """These bytes, then nothing while the connection stays open."""

    def reply(handler: Handler) -> None:
        handler.close_connection = True
        handler.raw(head)
        stop.wait(5)

    return reply


@contextlib.contextmanager
def running() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
