"""A source's URL, redirect or name server must not lead into our own network."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import RequestRefused, SourceUnavailable
from resources.http import Event, HttpClient, Policy, Request, RequestFailed
from resources.http.guard import Guard
from tests.http.conftest import Make
from tests.http.server import Server, answer, running

SPECIAL = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://localhost/",
    "http://localhost./",
    "http://10.0.0.1/",
    "http://172.16.3.4/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://168.63.129.16/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com/",
    "http:///path",
    "https://user:pa55word@example.com/",
    "//example.com/",
    "",
]


@pytest.mark.parametrize("url", SPECIAL)
def test_an_address_that_is_not_public_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with HttpClient() as client, pytest.raises(RequestRefused) as caught:
        client.send(Request(url=url))
    assert "pa55word" not in str(caught.value)


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve_to(monkeypatch, ["93.184.215.14", "10.0.0.7"])
    with pytest.raises(RequestRefused, match=r"10\.0\.0\.7"):
        Guard(frozenset()).resolve("rebound.example", 443)


def test_a_name_is_resolved_once_and_that_address_used(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _resolve_to(monkeypatch, ["127.0.0.1"])
    server.on("/", answer())
    url = server.url("/", "pinned.example")
    client = make(allow_hosts=frozenset({"pinned.example"}))
    assert client.send(Request(url=url)).status == 200
    assert asked == ["pinned.example"]
    assert server.seen[0].headers["host"].startswith("pinned.example:")


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/", "http://2130706433/", "file:///etc/passwd", "http://[::1]/"],
)
def test_a_redirect_is_checked_like_any_address(server: Server, make: Make, target: str) -> None:
    url = server.on("/page", answer(302, headers={"Location": target}))
    with pytest.raises(RequestRefused):
        make().send(Request(url=url))
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_gets_no_credentials(server: Server, make: Make, status: int) -> None:
    server.on("/there", answer(200, b"[]"))
    there = server.url("/there?page=2", "localhost")
    url = server.on("/here", answer(status, headers={"Location": there}))
    secrets = {"Authorization": "Bearer abcdef", "X-Api-Key": "abcdef", "Cookie": "s=abcdef"}
    got = make().send(
        Request(url=url, headers={**secrets, "Accept": "text/csv"}, params={"api_key": "abcdef"})
    )
    assert (got.status, got.url) == (200, there)
    assert server.seen[1].path == "/there?page=2"
    assert server.seen[1].headers["accept"] == "text/csv"
    assert "abcdef" not in str(server.seen[1])


def test_another_port_is_another_host(server: Server, make: Make) -> None:
    with running() as other:
        url = server.on("/here", answer(307, headers={"Location": other.on("/", answer())}))
        make().send(Request(url=url, headers={"Authorization": "Bearer abcdef"}))
        assert "authorization" not in other.seen[0].headers


def test_the_same_host_keeps_credentials_and_body(server: Server, make: Make) -> None:
    server.on("/new", answer())
    url = server.on("/old", answer(308, headers={"Location": "/new"}))
    headers = {"Authorization": "Bearer abcdef", "Content-Type": "application/json"}
    make().send(Request(method="POST", url=url, headers=headers, body=b"[1]"))
    second = server.seen[1]
    assert (second.method, second.body) == ("POST", b"[1]")
    assert second.headers["authorization"] == "Bearer abcdef"


def test_see_other_turns_a_post_into_a_get(server: Server, make: Make) -> None:
    server.on("/new", answer())
    url = server.on("/old", answer(303, headers={"Location": "/new"}))
    make().send(Request(method="POST", url=url, headers={"Content-Type": "a/b"}, body=b"[1]"))
    second = server.seen[1]
    assert (second.method, second.body, "content-type" in second.headers) == ("GET", b"", False)


def test_a_body_does_not_go_to_another_host(server: Server, make: Make) -> None:
    there = server.url("/there", "localhost")
    url = server.on("/here", answer(307, headers={"Location": there}))
    with pytest.raises(RequestRefused, match="may hold secrets"):
        make().send(Request(method="POST", url=url, body=b"client_secret=abcdef"))
    assert len(server.seen) == 1


def test_redirects_in_a_circle_end(server: Server, make: Make, events: list[Event]) -> None:
    url = server.on("/page", answer(302, headers={"Location": "/page"}))
    with pytest.raises(RequestRefused, match="more than 5 times"):
        make().send(Request(url=url))
    assert len(events) == 6


def test_tls_fails_closed(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server:
        cert = server.speak_tls(tmp_path, "good.example")
        server.on("/", answer(200, b"safe"))
        _resolve_to(monkeypatch, ["127.0.0.1"])
        both = frozenset({"good.example", "evil.example"})
        good = server.url("/", "good.example").replace("http:", "https:")
        with pytest.raises(SourceUnavailable, match="TLS failed"):
            make(allow_hosts=both).send(Request(url=good))
        trusting = make(allow_hosts=both, ca_file=cert)
        assert trusting.send(Request(url=good)).body == b"safe"
        assert trusting.send(Request(url=good)).body == b"safe"
        with pytest.raises(SourceUnavailable, match="TLS failed"):
            trusting.send(Request(url=good.replace("good", "evil")))


def test_a_silent_tls_handshake_ends_at_the_deadline(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        failures: list[Exception] = []

        def judge(outcome: Any, attempt: int) -> Any:
            failures.append(outcome)
            raise outcome

        with pytest.raises(RequestFailed, match="within 1 s"):
            make(total_s=1, connect_s=5).send(Request(url=url), judge)
    assert isinstance(failures[0], RequestFailed)
    assert failures[0].sent is False


def test_the_standard_policy_allows_no_private_host() -> None:
    assert Policy().allow_hosts == frozenset()


def _resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> list[str]:
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked
