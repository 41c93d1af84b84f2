"""An API that knows its visitors by a cookie is answered with it, and nobody else is."""

from __future__ import annotations

from resources.http import Request
from tests.http.conftest import Make
from tests.http.server import Server, answer


def test_a_cookie_comes_back_to_its_host_and_path(server: Server, make: Make) -> None:
    given = {"Set-Cookie": "session=abc; Path=/api; HttpOnly"}
    login = server.on("/api/login", answer(200, headers=given))
    page, outside = server.on("/api/page", answer()), server.on("/else", answer())
    client = make()
    for url in (page, login, page, outside, server.url("/api/page", "localhost")):
        client.send(Request(url=url))
    sent = [seen.headers.get("cookie") for seen in server.seen]
    assert sent == [None, None, "session=abc", None, None]
    make().send(Request(url=page))
    assert "cookie" not in server.seen[-1].headers


def test_a_later_cookie_takes_the_place_of_the_former_until_it_ends(
    server: Server, make: Make
) -> None:
    replies = [answer(200, headers={"Set-Cookie": f"s={n}"}) for n in (1, 2)]
    url = server.on("/", *replies, answer(200, headers={"Set-Cookie": "s=; Max-Age=0"}))
    client = make()
    for _ in range(4):
        client.send(Request(url=url))
    assert [seen.headers.get("cookie") for seen in server.seen] == [None, "s=1", "s=2", None]


def test_a_cookie_set_by_a_redirect_goes_along(server: Server, make: Make) -> None:
    there = {"Location": "/there", "Set-Cookie": "visited=1"}
    server.on("/there", answer())
    make().send(Request(url=server.on("/here", answer(302, headers=there))))
    assert server.seen[1].headers["cookie"] == "visited=1"


def test_a_request_with_a_cookie_of_its_own_keeps_it(server: Server, make: Make) -> None:
    url = server.on("/", answer(200, headers={"Set-Cookie": "s=1"}))
    client = make()
    client.send(Request(url=url))
    client.send(Request(url=url, headers={"cookie": "mine=2"}))
    assert server.seen[1].headers["cookie"] == "mine=2"
