"""Files on a web server: named one by one, or found through the links of index pages.

Belongs here: index pages, marks of change from headers, reading by ranges. Does not
belong here: sending (`resources.http`), trying again, which the HTTP client does.

A stream that names its files needs no index page. A server that knows no ranges
sends a file whole; it is then held in memory, up to 256 MB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from pipelines.errors import ConfigurationError, SourceError, SourceNotFound
from pipelines.flow import SourceFile
from resources.http import Answer, HttpClient, Judge, Policy, Request, Verdict, standard_judge

_MOST_PAGES = 2_000
_OPTIONS = ("headers",)
_PLAIN = {"Accept-Encoding": "identity"}
"""A range of packed bytes would be no range of the file."""


class WebPlace:
    """The folder of an address such as https://host/folder, below which files are read."""

    def __init__(self, root: str, options: Mapping[str, Any], client: HttpClient) -> None:
        unknown = sorted(set(options) - set(_OPTIONS))
        if unknown or urlsplit(root).query:
            raise ConfigurationError(
                f"The folder {client.mask(root)} or its options ({', '.join(options) or 'none'}) "
                "can't be used. Expected an address without a query, and of the options: headers."
            )
        self._root = root.rstrip("/") + "/"
        self._headers = {
            **_PLAIN,
            **{str(n): str(v) for n, v in options.get("headers", {}).items()},
        }
        self._client = client
        self._whole: tuple[str, bytes] = ("", b"")

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """The files that index pages link to, and the pages below those."""
        waiting = [(f"{below}/" if below else "", depth)]
        seen: set[str] = set()
        while waiting:
            folder, left = waiting.pop()
            if folder in seen:
                continue
            seen.add(folder)
            if len(seen) > _MOST_PAGES:
                raise SourceError(
                    f"{self._client.mask(self._root)} has more than {_MOST_PAGES:,} index pages "
                    "below it. Narrow the stream's files."
                )
            for path in self._links(folder):
                if path.endswith("/"):
                    if left is None or left > 1:
                        waiting.append((path, None if left is None else left - 1))
                elif wanted(path):
                    yield self.look(path)

    def look(self, path: str) -> SourceFile:
        """One file as it is now, by the headers of its answer."""
        answer = self._send(path, "HEAD")
        size = answer.headers.get("Content-Length", "")
        if answer.status in (405, 501) or not size.isdigit():
            answer = self._send(path, "GET", {"Range": "bytes=0-0"})
            total = answer.headers.get("Content-Range", "").rpartition("/")[2]
            size = total if answer.status == 206 else str(len(answer.body))
        version = answer.headers.get("ETag")
        return SourceFile(
            path, int(size or 0), _time_ns(answer.headers.get("Last-Modified")), version=version
        )

    def fetch(self, path: str, start: int, end: int) -> bytes:
        """A block of the file, or of the whole file where the server knows no ranges."""
        name, data = self._whole
        if name == path:
            return data[start:end]
        answer = self._send(path, "GET", {"Range": f"bytes={start}-{end - 1}"})
        if answer.status == 206:
            begins = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
            if begins is None or int(begins[1]) != start:
                raise SourceError(
                    f"The server gave another part of {path} than was asked for. Run again; if it "
                    "stays so, the server can't be read from."
                )
            return answer.body
        if answer.status == 416:
            return b""
        self._whole = (path, answer.body)
        return answer.body[start:end]

    def close(self) -> None:
        """Close the connections."""
        self._whole = ("", b"")
        self._client.close()

    def _links(self, folder: str) -> list[str]:
        """What an index page links to below itself, folders with a / at the end."""
        try:
            answer = self._send(folder, "GET")
        except SourceNotFound:
            if not folder:
                raise  # a root that is gone is no empty folder
            return []
        page = _Links()
        page.feed(answer.body.decode("utf-8", "replace"))
        base = self._root + quote(folder)
        found = set()
        for link in page.found:
            address = urljoin(answer.url or base, link).split("#")[0].split("?")[0]
            if not address.startswith(base) or address == base:
                continue
            rest = unquote(address[len(base) :])
            name, slash, _ = rest.partition("/")
            if name and name not in (".", ".."):
                found.add(f"{folder}{name}{slash}" if slash else f"{folder}{rest}")
        return sorted(found)

    def _send(self, path: str, method: str, more: Mapping[str, str] | None = None) -> Answer:
        request = Request(
            method=method,
            url=self._root + quote(path),
            headers={**self._headers, **(more or {})},
        )
        return self._client.send(request, _judge(request))


def web_client(policy: Policy, secrets: list[str]) -> HttpClient:
    """A client for files: whole ones may come where a server knows no ranges."""
    return HttpClient(replace(policy, max_body_bytes=256 << 20), secrets=secrets)


def _judge(request: Request) -> Judge:
    """As usual, but a server may know no HEAD, and a file may be shorter than it was."""
    standard = standard_judge(request)

    def judge(outcome: Answer | Exception, attempt: int) -> Verdict:
        status = outcome.status if isinstance(outcome, Answer) else 0
        if (request.method == "HEAD" and status in (405, 501)) or status == 416:
            return Verdict.success()
        return standard(outcome, attempt)

    return judge


class _Links(HTMLParser):
    """The addresses that a page's links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one link."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _time_ns(text: str | None) -> int:
    try:
        return int(parsedate_to_datetime(text).timestamp()) * 10**9 if text else 0
    except ValueError:
        return 0
