"""Sending, prefetching, asking only for what changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from pipelines.errors import SourceNotFound
from resources.http import Headers, Request, only_if_changed, validators
from tests.http.conftest import Clock, Make
from tests.http.server import Handler, Server, answer, raw


def test_parameters_join_those_of_the_url(server: Server, make: Make) -> None:
    url = server.on("/page", answer())
    params = {"q": "é &=", "id": ["1", "2"]}
    make().send(Request(url=f"{url}?a=1", params=params))
    assert server.seen[0].path == "/page?a=1&q=%C3%A9+%26%3D&id=1&id=2"


def test_method_headers_and_body_arrive_as_given(server: Server, make: Make) -> None:
    url = server.on("/page", answer(201, b"\x00\xff", {"X-One": "1"}))
    request = Request(
        method="post", url=url, headers={"user-agent": "Fund ops@fund.example"}, body=b"\x01"
    )
    got = make().send(request)
    seen = server.seen[0]
    assert (seen.method, seen.body) == ("POST", b"\x01")
    assert seen.headers["user-agent"] == "Fund ops@fund.example"
    assert (got.status, got.body, got.headers["x-one"]) == (201, b"\x00\xff", "1")


def test_headers_ignore_case_and_keep_spelling() -> None:
    headers = Headers({"Link": "a"}).with_({"LINK": "b", "ETag": "c"})
    assert (headers["link"], headers.get("etag"), "eTaG" in headers) == ("b", "c", True)
    assert dict(headers) == {"link": "b", "etag": "c"}


def test_connections_are_reused(server: Server, make: Make) -> None:
    url = server.on("/page", answer(200, b"x" * 1000))
    client = make()
    for _ in range(20):
        client.send(Request(url=url))
    assert len({seen.peer for seen in server.seen}) == 1


def test_a_connection_that_the_server_closed_while_idle_costs_no_retry(
    server: Server, make: Make, clock: Clock
) -> None:
    url = server.on("/page", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    client = make(attempts=1)
    for _ in range(30):
        assert client.send(Request(url=url)).body == b"ok"
    assert clock.waited == 0


def test_answers_come_in_order_while_more_are_under_way(server: Server, make: Make) -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def by_number(handler: Handler) -> None:
        nonlocal under_way, most
        number = int(handler.path.split("=")[1])
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05 if number % 4 == 0 else 0.01)
        with lock:
            under_way -= 1
        answer(200, str(number).encode())(handler)

    url = server.on("/page", by_number)
    pages = make().send_ahead(Request(url=url, params={"n": str(n)}) for n in range(24))
    assert [int(page.body) for page in pages] == list(range(24))
    assert 1 < most <= 4


def test_no_more_requests_are_drawn_than_are_ahead(server: Server, make: Make) -> None:
    url = server.on("/page", answer())
    drawn = 0

    def requests() -> Iterator[Request]:
        nonlocal drawn
        for _ in range(100):
            drawn += 1
            yield Request(url=url)

    pages = make().send_ahead(requests(), ahead=3)
    next(pages)
    next(pages)
    assert drawn <= 5
    pages.close()  # type: ignore[attr-defined]
    assert len(server.seen) <= 5


def test_an_error_ahead_is_raised_at_its_place(server: Server, make: Make) -> None:
    good, bad = server.on("/good", answer()), server.url("/bad")
    pages = make().send_ahead([Request(url=good), Request(url=good), Request(url=bad)])
    assert [next(pages).status, next(pages).status] == [200, 200]
    with pytest.raises(SourceNotFound):
        next(pages)


def test_the_next_page_is_under_way_while_this_one_is_decoded(server: Server, make: Make) -> None:
    arrived = threading.Event()

    def telling(handler: Handler) -> None:
        arrived.set()
        answer(200, b"2")(handler)

    url = server.on("/page", telling)
    future = make().send_soon(Request(url=url))
    assert arrived.wait(3), "the request left before anyone waited for its answer"
    assert future.result(3).body == b"2"


def test_what_did_not_change_is_not_sent_again(server: Server, make: Make) -> None:
    def page(handler: Handler) -> None:
        known = handler.headers.get("If-None-Match") == '"v1"'
        dated = handler.headers.get("If-Modified-Since") == "Mon, 01 Jan 2024 00:00:00 GMT"
        marks = {"ETag": '"v1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        answer(304 if known and dated else 200, b"" if known else b"[1]", marks)(handler)

    request = Request(url=server.on("/page", page))
    client = make()
    first = client.send(request)
    again = client.send(only_if_changed(request, validators(first)))
    assert (first.status, first.body) == (200, b"[1]")
    assert (again.status, again.body) == (304, b"")
    assert client.send(only_if_changed(request, validators(again))).status == 304
