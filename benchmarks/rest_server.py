"""The API of `benchmarks.rest`: pages of nested records behind a cursor.

`python -m benchmarks.rest_server FILE INDEX PORT_FILE` serves the pages of FILE, whose
bounds stand in INDEX. `/now/records` answers at once, `/late/records` after 20 ms; the
parameter `cursor` is the number of the page.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import orjson

PAGE = 1_000
LATENCY_S = 0.02
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_ASKED = re.compile(rb"GET /(now|late)/records(?:\?(?:[^ ]*&)?cursor=(\d+))?")


def record(number: int) -> dict[str, Any]:
    """One deal of a made-up fund: text, numbers, times, an object, lists."""
    return {
        "id": number,
        "name": f"Company {number % 5_000}",
        "created_at": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:20:30Z",
        "amount": number * 1.25,
        "active": number % 2 == 0,
        "owner": {
            "id": number % 50,
            "email": f"partner{number % 50}@example.com",
            "office": {"city": "Berlin", "code": f"{10_000 + number % 900}"},
        },
        "tags": ["seed", "b2b", f"t{number % 9}"],
        "rounds": [
            {"kind": f"series {step}", "on": "2024-03-01", "price": number / 8 + step}
            for step in range(3)
        ],
        "note": f"Met at the demo day, came back in week {number % 52}. " + "x" * 40,
    }


def write_pages(folder: Path, rows: int) -> tuple[Path, Path]:
    """The file of all pages and the file of their bounds; made once."""
    folder.mkdir(parents=True, exist_ok=True)
    pages, index = folder / f"rest-{rows}.json", folder / f"rest-{rows}-bounds.json"
    if index.exists():
        return pages, index
    bounds = [0]
    with pages.open("wb") as file:
        for first in range(0, rows, PAGE):
            more = first + PAGE < rows
            found = {
                "data": [record(number) for number in range(first, first + PAGE)],
                "total": rows,
                "next": str(first // PAGE + 1) if more else None,
            }
            bounds.append(bounds[-1] + file.write(orjson.dumps(found)))
    index.write_text(json.dumps(bounds))
    return pages, index


def _serve(connection: socket.socket, pages: bytes, bounds: list[int]) -> None:
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                got = connection.recv(1 << 16)
                if not got:
                    return
                waiting += got
            request, _, waiting = waiting.partition(b"\r\n\r\n")
            asked = _ASKED.match(request)
            if asked is None:
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            if asked[1] == b"late":
                time.sleep(LATENCY_S)
            number = int(asked[2] or 0)
            body = memoryview(pages)[bounds[number] : bounds[number + 1]]
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            )
            connection.sendall(head.encode() + b"\r\n\r\n")
            connection.sendall(body)


def main() -> None:
    """Serve until the process is ended; the port is written to a file."""
    pages, bounds = Path(sys.argv[1]).read_bytes(), json.loads(Path(sys.argv[2]).read_text())
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    Path(sys.argv[3]).write_text(str(listener.getsockname()[1]))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, pages, bounds), daemon=True).start()


if __name__ == "__main__":
    main()
