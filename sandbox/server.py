"""One local server for all stand-ins, each below /<its name>/.

Belongs here: HTTP/1.1 with kept connections, compression, broken connections on
demand, and the log of what was asked. Does not belong here: what is answered.

POST /_sandbox/faults with a JSON list of faults adds them, DELETE takes all away.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.faults import CONNECTION, HEADER, Fault, Faults, made, read_fault, replied
from sandbox.standin import Asked, Reply, StandIn

_CONTROL = "/_sandbox/faults"
_WORTH_COMPRESSING = 512


@dataclass(frozen=True)
class Logged:
    """One request that was answered: by which stand-in, how, and under which fault."""

    stand_in: str
    asked: Asked
    status: int
    fault: Fault | None


@dataclass
class Running:
    """The server while it runs. `requests` are in the order in which they were answered."""

    address: str
    faults: Faults
    requests: list[Logged]
    _stand_ins: Mapping[str, StandIn] = field(repr=False)
    _server: _Server = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Settings with which every connector asks its stand-in."""
        found: dict[str, str] = {}
        for stand_in in self._stand_ins.values():
            found |= stand_in.environment(self.address)
        return found

    def asked(self, name: str) -> list[Logged]:
        """The requests that one stand-in answered."""
        return [entry for entry in self.requests if entry.stand_in == name]

    def close(self) -> None:
        """Stop serving; connections end."""
        self._server.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(stand_ins: Iterable[StandIn], port: int = 0, faults: Iterable[Fault] = ()) -> Running:
    """Serve these on this machine only; port 0 takes a free one."""
    known = {stand_in.name: stand_in for stand_in in stand_ins}
    server = _Server(port, known, Faults(faults))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    return Running(server.address, server.faults, server.requests, known, server, thread)


@contextlib.contextmanager
def serving(
    stand_ins: Iterable[StandIn], port: int = 0, faults: Iterable[Fault] = ()
) -> Iterator[Running]:
    """The same, closed at the end of the block."""
    running = serve(stand_ins, port, faults)
    try:
        yield running
    finally:
        running.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, stand_ins: Mapping[str, StandIn], faults: Faults) -> None:
        self.stand_ins = stand_ins
        self.faults = faults
        self.requests: list[Logged] = []
        self.stopping = threading.Event()
        self._before: dict[str, Reply] = {}
        super().__init__(("127.0.0.1", port), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def reply_to(self, name: str, asked: Asked) -> tuple[Reply, Fault | None]:
        """The reply with its fault; a stand-in's own failure is an error 500 that says so."""
        if name not in self.stand_ins:
            known = ", ".join(sorted(self.stand_ins))
            return Reply(
                404, {}, {"message": f"There is no stand-in {name!r}; here: {known}."}
            ), None
        stand_in = self.stand_ins[name]
        wanted = asked.headers.get(HEADER)
        try:
            fault = read_fault(wanted) if wanted else self.faults.hit(f"/{name}{asked.path}")
            if fault is None:
                reply = stand_in.answer(asked)
            else:
                reply = replied(fault, stand_in, asked, self._before.get(name))
        except Exception as error:  # noqa: BLE001  (whoever asked must see it, not this thread)
            return Reply(500, {}, {"message": f"The stand-in failed: {error!r}"}), None
        self._before[name] = reply
        self.requests.append(Logged(name, asked, reply.status, fault))
        return reply, fault

    def control(self, method: str, body: bytes) -> Reply:
        """Faults added or taken away from outside the process."""
        if method == "DELETE":
            self.faults.clear()
            return Reply(204)
        try:
            self.faults.add(*(made(fields) for fields in json.loads(body)))
        except (ValueError, TypeError, AttributeError) as error:
            return Reply(400, {}, {"message": str(error)})
        return Reply(204)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no failure of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 << 10  # head and body leave together
    server: _Server

    def handle_one_request(self) -> None:
        with contextlib.suppress(OSError):
            super().handle_one_request()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if address.path == _CONTROL:
            self._send(self.server.control(self.command, body), None)
            return
        name, _, rest = address.path.lstrip("/").partition("/")
        asked = Asked(
            method=self.command,
            path=f"/{rest}",
            query=parse_qs(address.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            address=f"{self.server.address}/{name}",
        )
        self._send(*self.server.reply_to(name, asked))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        content = reply.content
        headers = {"Content-Type": "application/json", **reply.headers}
        wanted = self.headers.get("Accept-Encoding", "")
        packed = "content-encoding" in {name.lower() for name in headers}
        if "gzip" in wanted and len(content) >= _WORTH_COMPRESSING and not packed:
            content = gzip.compress(content, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        broken = fault is not None and fault.kind in CONNECTION
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(content[: len(content) // 2] if broken else content)
        if fault is not None and broken:
            self._break(fault)

    def _break(self, fault: Fault) -> None:
        """Leave the answer half done, in the way that the fault asks for."""
        self.wfile.flush()
        self.close_connection = True
        if fault.kind == "stall":
            self.server.stopping.wait(fault.seconds)
        elif fault.kind == "reset":
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing; `requests` holds what was asked."""
