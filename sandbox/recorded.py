"""A stand-in that answers from recorded pages, for trying a source without its system.

Belongs here: finding the answer that was recorded for a request. Does not belong
here: the server, reading the file, or what the source makes of the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.standin import Asked, Reply, StandIn
from sandbox.universe import Universe

NAME = "recorded"


@dataclass(frozen=True)
class Page:
    """One recorded answer: to `method` on `path` with all of `query`, among others."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Page:
        """A page as the file says it; ValueError in full sentences where it's wrong."""
        unknown = set(value) - {"request", "status", "headers", "body"}
        request = value.get("request")
        if unknown or not isinstance(request, str) or " " not in request.strip():
            raise ValueError(
                f"Got {dict(value)!r}; expected request: GET /items?page=1, and perhaps status, "
                "headers and body."
            )
        method, _, target = request.strip().partition(" ")
        parts = urlsplit(target.strip())
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {str(name): str(text) for name, text in (value.get("headers") or {}).items()}
        status = int(value.get("status", 200))
        return cls(method.upper(), parts.path, query, status, headers, value.get("body"))

    def fits(self, asked: Asked) -> bool:
        """Whether this answers the request."""
        return (self.method, self.path) == (asked.method, asked.path) and all(
            asked.get(name, "\0") == text for name, text in self.query.items()
        )


class Recorded(StandIn):
    """Answers each request with the first page that fits and has the most to match."""

    name = NAME

    def __init__(self, pages: Sequence[Page], settings: Mapping[str, str]) -> None:
        super().__init__(Universe(0, ()), datetime.now(UTC))
        self._pages = sorted(pages, key=lambda page: -len(page.query))
        self._settings = settings

    def environment(self, address: str) -> Mapping[str, str]:
        """The settings that the file gives, with {address} filled in."""
        base = f"{address}/{NAME}"
        return {name: text.replace("{address}", base) for name, text in self._settings.items()}

    def answer(self, asked: Asked) -> Reply:
        """The recorded page, or a 404 that says what was asked and what there is."""
        for page in self._pages:
            if page.fits(asked):
                body = page.body.encode() if isinstance(page.body, str) else page.body
                headers = {"Content-Type": "application/json", **page.headers}
                return Reply(page.status, headers, body)
        known = ", ".join(sorted({f"{page.method} {page.path}" for page in self._pages}))
        asked_for = f"{asked.method} {asked.path} with {dict(asked.query)}"
        said = f"No page is recorded for {asked_for}. Recorded: {known}."
        return Reply(404, {"Content-Type": "application/json"}, {"error": said})
