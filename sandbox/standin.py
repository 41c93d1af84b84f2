"""What a stand-in for a vendor's API is: it is asked, and it replies.

Belongs here: questions, replies, the class that each stand-in extends, and a rate
limit. Does not belong here: sockets (`server`), faults (`faults`), or any vendor
(`apis`, a module for each).
"""

from __future__ import annotations

import base64
import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from datetime import time as clock_time
from typing import Any
from urllib.parse import parse_qs, unquote

from sandbox.universe import TODAY, Universe

NOW = datetime.combine(TODAY, clock_time(18), UTC)
"""The evening of the made-up world's last day."""


@dataclass(frozen=True)
class Asked:
    """One request. `path` begins with / and is below the stand-in's own name.

    `query` maps a parameter to all its values, `headers` have lower-case names, and
    `address` is where the stand-in lives, for links to further pages.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's pieces, decoded, for `match`."""
        return tuple(unquote(piece) for piece in self.path.strip("/").split("/"))

    def get(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next(iter(self.query.get(name, ())), default)

    def number(self, name: str, default: int) -> int:
        """A query parameter as a whole number; the default where it is none."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() else default

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object."""
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        """The body's form fields, the last of several."""
        fields = parse_qs(self.body.decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}

    def bearer(self) -> str:
        """The token of `Authorization: Bearer …`, else empty."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def basic(self) -> tuple[str, str]:
        """User and password of `Authorization: Basic …`, else two empty texts."""
        kind, _, coded = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return "", ""
        try:
            user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return user, password


@dataclass(frozen=True)
class Reply:
    """One answer; a body that is no bytes is sent as JSON."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = b""

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


class StandIn(ABC):
    """Answers as one vendor does, from the made-up world.

    What happens after `now` isn't there yet; moving `now` on lets the world go on,
    as between two nights. `answer` is called from many threads.
    """

    name: str
    """The connector's name; the server serves the stand-in below /<name>/."""

    def __init__(self, universe: Universe, now: datetime = NOW) -> None:
        self.universe = universe
        self.now = now

    @abstractmethod
    def environment(self, address: str) -> Mapping[str, str]:
        """What the connector's settings must be for it to ask the server at `address`."""

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """The vendor's answer, errors included."""

    def refuse(self, status: int, wait_s: float) -> Reply:
        """The vendor's own 429 or 5xx, where it has one; `wait_s` is when to try again."""
        headers = {"Retry-After": str(round(wait_s))} if status in (429, 503) else {}
        return Reply(status, headers, {"message": f"Refused on demand with {status}."})


@dataclass(frozen=True)
class Allowance:
    """What a limit says to one request: may it pass, how many more may, until when."""

    passed: bool
    limit: int
    remaining: int
    reset_s: float


class RateLimit:
    """So many requests in any window of so many seconds."""

    def __init__(
        self, count: int, window_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._window_s = window_s
        self._clock = clock
        self._taken: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self) -> Allowance:
        """Count one request, unless it is one too many."""
        with self._lock:
            now = self._clock()
            while self._taken and self._taken[0] <= now - self._window_s:
                self._taken.popleft()
            passed = len(self._taken) < self._count
            if passed:
                self._taken.append(now)
            reset_s = self._taken[0] + self._window_s - now if self._taken else 0.0
            return Allowance(passed, self._count, self._count - len(self._taken), reset_s)
