"""A network whose only way out is a proxy must do, and the proxy must not lead back inside."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from urllib3.util import parse_url

from pipelines.errors import ConfigurationError, RequestRefused, SourceUnavailable
from resources.http import Policy, Request
from resources.http.proxies import Proxies
from resources.settings import load_settings
from tests.http.conftest import Make
from tests.http.server import Server, answer, running

ASKED = "http://api.example/things?page=2"


def proxies(server: Server, user: str = "") -> Proxies:
    where = f"http://{user}127.0.0.1:{server.server_address[1]}"
    return Proxies(http=where, https=where)


def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name of the world is known here, as in many a firm's network."""
    real = socket.getaddrinfo

    def look_up(host: str, *more: object, **named: object) -> object:
        if host.endswith((".example", ".internal", "intranet")):
            raise socket.gaierror("no such name")
        return real(host, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_the_proxy_is_asked_and_told_who_asks(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(monkeypatch)
    server.replies["http://api.example/things"] = [answer(200, b"[1]")]
    got = make(proxies=proxies(server, "ann:s%40lt@")).send(Request(url=ASKED))
    assert (got.status, got.body, got.url) == (200, b"[1]", ASKED)
    assert server.seen[0].path == ASKED
    assert server.seen[0].headers["host"] == "api.example"
    assert server.seen[0].headers["proxy-authorization"] == "Basic YW5uOnNAbHQ="


def test_a_proxy_is_not_asked_for_what_lies_inside(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(monkeypatch)
    client = make(proxies=proxies(server), allow_hosts=frozenset({"books.internal"}))
    inside = ("10.0.0.7", "[fd00::1]", "169.254.169.254", "intranet", "vault.internal")
    for host in inside:
        with pytest.raises(RequestRefused, match="HEADWATER_ALLOW_HOSTS"):
            client.send(Request(url=f"http://{host}/"))
    assert server.seen == []
    server.replies["http://books.internal/"] = [answer()]
    assert client.send(Request(url="http://books.internal/")).status == 200


def test_a_name_that_is_known_here_is_checked_by_its_address(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, *more: object, **named: object) -> object:
        return real("10.0.0.9" if host == "api.example" else host, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(RequestRefused, match=r"10\.0\.0\.9"):
        make(proxies=proxies(server)).send(Request(url=ASKED))
    assert server.seen == []


def test_a_redirect_by_way_of_a_proxy_is_checked_too(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(monkeypatch)
    there = {"Location": "http://169.254.169.254/latest/meta-data/"}
    server.replies["http://api.example/things"] = [answer(302, headers=there)]
    with pytest.raises(RequestRefused, match=r"169\.254"):
        make(proxies=proxies(server)).send(Request(url=ASKED))
    assert len(server.seen) == 1


def test_this_machine_and_named_hosts_are_asked_directly(make: Make) -> None:
    with running() as server:
        client = make(proxies=Proxies(http="http://127.0.0.1:9", https="http://127.0.0.1:9"))
        assert client.send(Request(url=server.on("/", answer()))).status == 200


def test_a_tunnel_keeps_tls_between_us_and_the_host(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(monkeypatch)
    with running() as server, _tunnel(server) as (proxy, asked):
        chain = server.speak_tls(tmp_path, "api.example")
        server.on("/things", answer(200, b"[2]"))
        client = make(proxies=Proxies(https=proxy), ca_file=chain)
        url = "https://api.example/things"
        assert [client.send(Request(url=url)).body for _ in range(3)] == [b"[2]"] * 3
        assert [line.rsplit(b" ", 1)[0] for line in asked] == [b"CONNECT api.example:443"]
        assert server.seen[0].path == "/things"
        other = make(proxies=Proxies(https=proxy))
        with pytest.raises(SourceUnavailable, match="TLS failed"):
            other.send(Request(url=url))


def test_a_proxy_that_refuses_is_told_as_such_without_its_password(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(monkeypatch)
    with running() as server, _tunnel(server, b"407 Who Are You") as (proxy, _):
        client = make(proxies=Proxies(https=proxy.replace("//", "//ann:pa55word@")), attempts=2)
        with pytest.raises(SourceUnavailable, match=r"did not let it through .*407") as caught:
            client.send(Request(url="https://api.example/"))
        assert "pa55word" not in str(caught.value)
        closed = make(proxies=Proxies(https="http://127.0.0.1:9"), attempts=1)
        with pytest.raises(SourceUnavailable, match=r"no connection to the proxy 127\.0\.0\.1:9"):
            closed.send(Request(url="https://api.example/"))


@contextmanager
def _tunnel(server: Server, refusal: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that leads every tunnel to one server; and the first lines it was sent."""
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(1024)
            asked.append(head.split(b"\r\n")[0])
            if refusal:
                near.sendall(b"HTTP/1.1 " + refusal + b"\r\nContent-Length: 0\r\n\r\n")
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", server.server_address[1]))
            near.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while piece := one.recv(65536):
            other.sendall(piece)
    except OSError:
        pass
    finally:
        one.close()
        other.close()


NAMED = {
    "NO_PROXY": "example.org, .corp.example 10.0.0.0/8,api.example.net:8443,::1,192.168.0.7",
    "HTTPS_PROXY": "proxy:3128",
    "http_proxy": "http://plain:1",
}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.example.com/", "http://proxy:3128"),
        ("http://api.example.com/", "http://plain:1"),
        ("https://example.org/", ""),
        ("https://a.b.example.org/", ""),
        ("https://notexample.org/", "http://proxy:3128"),
        ("https://x.corp.example/", ""),
        ("https://10.2.3.4/", ""),
        ("https://192.168.0.7/", ""),
        ("https://192.168.0.8/", "http://proxy:3128"),
        ("https://api.example.net:8443/", ""),
        ("https://api.example.net/", "http://proxy:3128"),
        ("http://localhost:8080/", ""),
        ("http://127.0.0.9/", ""),
        ("http://[::1]/", ""),
    ],
)
def test_the_usual_variables_mean_what_they_mean_elsewhere(url: str, proxy: str) -> None:
    assert Proxies.meant(None, NAMED).of(parse_url(url)) == proxy


def test_the_setting_wins_over_the_environment() -> None:
    url = parse_url("https://api.example.com/")
    assert Proxies.meant("https://ours:1", NAMED).of(url) == "https://ours:1"
    assert Proxies.meant("https://ours:1", NAMED).of(parse_url("https://example.org/")) == ""
    assert Proxies.meant("none", NAMED).of(url) == ""
    assert Proxies.meant(None, {"NO_PROXY": "*", "HTTPS_PROXY": "http://p"}).of(url) == ""
    assert "pa55word" not in repr(Proxies.meant("http://ann:pa55word@ours:1", {}))
    with pytest.raises(ConfigurationError, match="HEADWATER_PROXY") as caught:
        Proxies.meant("socks5://ann:pa55word@ours:1", {})
    assert "pa55word" not in str(caught.value)


def test_an_installation_has_its_proxy_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_PROXY", "http://ann:pa55word@ours:1")
    settings = load_settings()
    assert Policy.of(settings).proxies.https == "http://ann:pa55word@ours:1"
    assert "pa55word" not in repr(settings) + repr(Policy.of(settings))
    monkeypatch.delenv("HEADWATER_PROXY")
    monkeypatch.setenv("https_proxy", "http://theirs:2")
    assert Policy.of(load_settings()).proxies.https == "http://theirs:2"
