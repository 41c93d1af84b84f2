"""Cookies that servers set, kept as long as the client lives.

Belongs here: taking them from answers, and which go along with a request. Does not
belong here: sending; a request that has a Cookie header of its own keeps it.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Sequence
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any


class Cookies:
    """The cookies of one client, by host and path, as browsers send them back."""

    def __init__(self) -> None:
        self._jar = CookieJar()
        self._some = False

    def header(self, url: str) -> str:
        """The Cookie header for a URL; empty where no cookie belongs there."""
        if not self._some:
            return ""
        request = _asked(url)
        self._jar.add_cookie_header(request)
        return str(request.get_header("Cookie") or "")

    def take(self, url: str, given: Sequence[str]) -> None:
        """Keep what the Set-Cookie headers of an answer say."""
        if given:
            answered: Any = _Answered(given)
            self._jar.extract_cookies(answered, _asked(url))
            self._some = True


def _asked(url: str) -> urllib.request.Request:
    return urllib.request.Request(url)  # noqa: S310  (a jar looks at it; nothing is opened)


class _Answered:
    """As much of an answer as a jar looks at."""

    def __init__(self, given: Sequence[str]) -> None:
        self._headers = Message()
        for value in given:
            self._headers["Set-Cookie"] = value

    def info(self) -> Any:
        """Its headers."""
        return self._headers
