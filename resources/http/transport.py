"""One exchange: a request out, a whole answer back, or a named failure.

Belongs here: building the URL, sending through pooled connections, by a proxy where
there is one, reading the body within its cap, decompressing it, and saying what broke.
Does not belong here: budgets, redirects, retries, judging.
"""

from __future__ import annotations

import time
from http.client import HTTPException
from typing import Any
from urllib.parse import unquote

import certifi
import requests
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Timeout, make_headers, parse_url

from resources.http.cookies import Cookies
from resources.http.deadline import Attempt
from resources.http.failures import AddressRefused, Fault, RequestFailed
from resources.http.guard import Guard
from resources.http.inflate import inflate, too_large
from resources.http.message import Answer, Headers, Request
from resources.http.pinned import PlainPool, TlsPool
from resources.http.policy import Policy

_CHUNK = 2**20
_STALE = 3
"""Servers close idle connections as it suits them; a request that meets one so
closed is sent again at once, this often at most, and that is no retry."""


class Transport:
    """The pools of one client."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._guard = Guard(policy.allow_hosts)
        self._cookies = Cookies()
        proxies = policy.proxies
        self._pools = {proxy: _pools(policy, proxy) for proxy in ("", proxies.http, proxies.https)}

    def close(self) -> None:
        """Close every idle connection."""
        for pools in self._pools.values():
            pools.clear()

    def exchange(self, request: Request) -> Answer:
        """The answer to one request as it stands; redirects are not followed.

        Raises RequestFailed when the attempt broke off, AddressRefused,
        AnswerTooLarge.
        """
        url = full_url(request)
        self._guard.check(url)
        if self._policy.proxies.of(parse_url(url)):
            self._guard.check_proxied(url)
        for _ in range(_STALE):
            answer, failure, stale = self._attempt(request, url)
            if not (stale and request.repeatable):
                break
        if failure is not None:
            raise failure  # outside the handlers: the causes hold the unmasked URL
        assert answer is not None
        return answer

    def _attempt(
        self, request: Request, url: str
    ) -> tuple[Answer | None, RequestFailed | None, bool]:
        """The answer or what broke, and whether an idle connection had been closed before."""
        started = time.monotonic()
        stale = False
        with Attempt(self._guard, self._policy.total_s) as attempt:
            try:
                answer, failure = self._send(request, url, started), None
            except (HTTPError, HTTPException, OSError) as error:
                answer, failure = None, _name(error)
                stale = attempt.reused and not attempt.answered and _causes(error, ConnectionError)
            except RequestFailed as error:
                answer, failure = None, error
        if attempt.late:
            failure, stale = (
                RequestFailed(
                    f"the whole answer did not arrive within {self._policy.total_s:g} s", "timeout"
                ),
                False,
            )
        if failure is not None:
            failure.sent = attempt.sent
        return answer, failure, stale

    def _send(self, request: Request, url: str, started: float) -> Answer:
        parts = parse_url(url)
        proxy = self._policy.proxies.of(parts)
        pool = self._pools[proxy].connection_from_host(parts.host, parts.port, parts.scheme)
        response = pool.urlopen(
            request.method,
            # A proxy that only passes on is told the whole address, a tunnel's end its own.
            url if proxy and parts.scheme == "http" else parts.request_uri,
            body=request.body,
            headers=self._headers(request, url),
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=self._policy.connect_s, read=self._policy.read_s),
            preload_content=False,
            decode_content=False,
        )
        try:
            raw = self._read(response, request.method != "HEAD" and response.status != 304)
            headers = Headers(dict(response.headers.items()))
            self._cookies.take(url, response.headers.getlist("Set-Cookie"))
        finally:
            response.close()  # a connection whose answer was read whole is in its pool by now
        cap = self._policy.max_body_bytes
        body = inflate(raw, headers.get("Content-Encoding", ""), cap) if raw else raw
        return Answer(
            status=response.status,
            headers=headers,
            body=body,
            url=url,
            elapsed_s=time.monotonic() - started,
        )

    def _headers(self, request: Request, url: str) -> dict[str, str]:
        ours = {
            "User-Agent": self._policy.user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
        }
        if cookies := self._cookies.header(url):
            ours["Cookie"] = cookies
        return dict(Headers(ours).with_(request.headers))

    def _read(self, response: urllib3.BaseHTTPResponse, has_body: bool) -> bytes:
        cap = self._policy.max_body_bytes
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > cap and has_body:
            raise too_large(f"{int(announced):,} bytes are announced", cap)
        pieces: list[bytes] = []
        size = 0
        for piece in response.stream(_CHUNK, decode_content=False):
            size += len(piece)
            if size > cap:
                raise too_large(f"more than {cap:,} bytes came", cap)
            pieces.append(piece)
        return b"".join(pieces)


def _pools(policy: Policy, proxy: str) -> urllib3.PoolManager:
    """Pools of connections through a proxy; empty: to the hosts themselves."""
    options: dict[str, Any] = {
        "num_pools": 32,
        "maxsize": max([1, *policy.parallel.values()]),
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": str(policy.ca_file or certifi.where()),
    }
    if proxy:
        parts = parse_url(proxy)
        auth = make_headers(proxy_basic_auth=unquote(parts.auth)) if parts.auth else {}
        where = parts._replace(auth=None).url
        made: urllib3.PoolManager = urllib3.ProxyManager(where, proxy_headers=auth, **options)
    else:
        made = urllib3.PoolManager(**options)
    made.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
    return made


def full_url(request: Request) -> str:
    """The URL with its parameters, or AddressRefused if it is none."""
    try:
        prepared = requests.PreparedRequest()
        prepared.prepare_url(request.url, dict(request.params))
        made = prepared.url
    except (requests.exceptions.RequestException, ValueError):
        made = None
    if not made:
        raise AddressRefused("The address is not a URL. Expected https://host/path.")
    return made


def _name(error: Exception) -> RequestFailed:
    """What broke, in words that hold no part of the URL."""
    found: tuple[str, Fault]
    if isinstance(error, ProxyError):
        found = f"the proxy did not let it through ({error.original_error})", "connect"
    elif isinstance(error, ConnectTimeoutError):
        found = "no connection within the time-out", "connect"
    elif isinstance(error, ReadTimeoutError | TimeoutError):
        found = "the server fell silent for longer than the read time-out", "timeout"
    elif isinstance(error, SSLError):
        found = f"TLS failed ({_tls(error)})", "tls"
    elif isinstance(error, InvalidChunkLength | IncompleteRead) or _causes(error, IncompleteRead):
        found = "the answer ended before all of it had come", "incomplete"
    else:
        found = "the connection was cut", "reset"
    return RequestFailed(*found)


def _causes(error: BaseException, kind: type[Exception]) -> bool:
    return any(isinstance(part, kind) for part in (*error.args, error.__cause__))


def _tls(error: Exception) -> str:
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or "handshake")
