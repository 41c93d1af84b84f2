"""What becomes of a request when the server sends it elsewhere.

Belongs here: the next request of a redirect, and what it may still carry. Does
not belong here: sending it; its address is checked like any other.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from resources.http.failures import RedirectRefused
from resources.http.message import Answer, Headers, Request

_MOVED = (301, 302, 303, 307, 308)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRAVELS = ("accept", "accept-encoding", "accept-language", "user-agent", "range")
"""Headers that go along to another host; any other may hold a credential."""
_OF_BODY = ("content-type", "content-length", "content-encoding")


def redirected(request: Request, answer: Answer) -> Request | None:
    """The request to send next, or None if the answer is no redirect.

    Raises RedirectRefused for a way that leads from https to http, or that
    would carry the request's body to another host.
    """
    if answer.status not in _MOVED or "Location" not in answer.headers:
        return None
    url = urljoin(answer.url, answer.headers["Location"])
    try:
        same = _origin(url) == _origin(answer.url)
    except LocationParseError:
        raise RedirectRefused("The server redirects to something that is no URL.") from None
    if answer.url.startswith("https:") and url.startswith("http:"):
        raise RedirectRefused(
            "The server redirects from https to http, where anyone on the way could read along. "
            "Check the URL of this source."
        )
    headers, method, body = Headers(request.headers), request.method, request.body
    becomes_get = answer.status == 303 or (answer.status in (301, 302) and method == "POST")
    if becomes_get and method != "HEAD":
        headers, method, body = _without(headers, _OF_BODY), "GET", None
    if not same:
        if body is not None:
            raise RedirectRefused(
                "The server redirects a request with a body to another host, which may hold "
                "secrets. Name that host in the source's URL if it is right."
            )
        headers = Headers({n: v for n, v in headers.items() if n.lower() in _TRAVELS})
    return replace(request, method=method, url=url, params={}, headers=headers, body=body)


def _origin(url: str) -> tuple[str | None, str | None, int | None]:
    parts = parse_url(url)
    return parts.scheme, parts.host, parts.port or _DEFAULT_PORTS.get(parts.scheme or "")


def _without(headers: Headers, names: tuple[str, ...]) -> Headers:
    return Headers({n: v for n, v in headers.items() if n.lower() not in names})
