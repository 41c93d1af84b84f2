"""What the SEC's two hosts have in common: who asks, how fast, and what isn't there.

Belongs here: the declared User-Agent, the limit a second, errors. Does not belong
here: files of either host.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime

from sandbox.standin import NOW, Asked, RateLimit, Reply, StandIn
from sandbox.universe import Universe

PATIENCE = 1000
"""Requests a second in the sandbox, so that a first run is short."""

_HTML = {"Content-Type": "text/html"}
_XML = {"Content-Type": "application/xml"}


class Sec(StandIn):
    """One host of the SEC. The real one lets 10 requests a second pass."""

    def __init__(self, universe: Universe, now: datetime = NOW, per_second: int = 10) -> None:
        super().__init__(universe, now)
        self.per_second = per_second
        self.limit = RateLimit(per_second, 1)

    def environment(self, address: str) -> Mapping[str, str]:  # noqa: ARG002
        """Who asks, and how fast: some requests less than there may be."""
        return {
            "SEC_EDGAR_USER_AGENT": "Quillfen Ventures data@quillfen.example",
            "SEC_EDGAR_REQUESTS_PER_SECOND": str(self.per_second * 8 // 10),
        }

    def answer(self, asked: Asked) -> Reply:
        """A file, for who says who asks and doesn't ask too fast."""
        if "@" not in asked.headers.get("user-agent", ""):
            page = "<html><title>Your Request Originates from an Undeclared Automated Tool</title>"
            return Reply(403, _HTML, page.encode())
        if not self.limit.take().passed:
            return self.refuse(429, 1)
        return self.file(asked)

    @abstractmethod
    def file(self, asked: Asked) -> Reply:
        """What lies at a path."""

    def refuse(self, status: int, wait_s: float) -> Reply:
        """A page of HTML; who asks too fast is shut out for ten minutes."""
        title = "Request Rate Threshold Exceeded" if status == 429 else "Service Unavailable"
        headers = {**_HTML, **super().refuse(status, wait_s).headers}
        return Reply(status, headers, f"<html><title>{title}</title>".encode())


def nothing(status: int) -> Reply:
    """The archive's store answers 403 for what isn't there, the data host 404."""
    error = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return Reply(status, _XML, f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode())
