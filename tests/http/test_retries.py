"""Waiting as long as asked, never for ever, and leaving a sick host alone."""

from __future__ import annotations

import threading
from email.utils import formatdate

import pytest

from pipelines.errors import (
    CredentialsRefused,
    RequestRefused,
    SourceNotFound,
    SourceUnavailable,
)
from resources.http import Answer, Event, Headers, Request, Verdict, retry_after
from tests.http.conftest import Clock, Make
from tests.http.server import Server, answer, raw

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.25"}, 0.25),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": formatdate(NOW + 9, usegmt=True), "Date": ""}, 9.0),
        ({"Retry-After": "86400"}, 20.0),
        ({}, 0.5),
        ({"Retry-After": "-30"}, 0.5),
        ({"Retry-After": "soon"}, 0.5),
        ({"Retry-After": "nan"}, 0.5),
        ({"Retry-After": "inf"}, 0.5),
        ({"Retry-After": formatdate(NOW - 9, usegmt=True), "Date": ""}, 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_in_every_form(
    server: Server, make: Make, clock: Clock, header: dict[str, str], wait: float, status: int
) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in header.items() if value)
    held_off = raw(f"HTTP/1.1 {status} Wait\r\n{head}Content-Length: 0\r\n\r\n".encode())
    url = server.on("/page", held_off, answer())
    assert make(longest_wait_s=20).send(Request(url=url)).attempts == 2
    assert clock.waited == pytest.approx(wait)


def test_a_date_is_measured_against_the_servers_clock() -> None:
    server_time = NOW - 3600
    headers = Headers(
        {
            "date": formatdate(server_time, usegmt=True),
            "retry-after": formatdate(server_time + 30, usegmt=True),
        }
    )
    assert retry_after(headers, NOW) == 30


def test_backoff_doubles_and_is_capped(server: Server, make: Make, clock: Clock) -> None:
    url = server.on("/page", answer(500))
    with pytest.raises(SourceUnavailable, match="the server answered 500"):
        make(attempts=7, longest_wait_s=4, circuit_failures=99).send(Request(url=url))
    assert clock.waited == pytest.approx(0.5 + 1 + 2 + 4 + 4 + 4)


def test_all_attempts_of_one_request_end_in_time(server: Server, make: Make, clock: Clock) -> None:
    url = server.on("/page", answer(429, headers={"Retry-After": "60"}))
    with pytest.raises(SourceUnavailable, match="150 s"):
        make(attempts=99, give_up_s=150).send(Request(url=url))
    assert clock.waited == 120


def test_retries_have_a_budget_over_the_whole_run(server: Server, make: Make) -> None:
    url = server.on("/page", answer(500))
    client = make(retries_floor=3, retries_share=0.0, circuit_failures=99)
    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            client.send(Request(url=url))
    assert len(server.seen) == 3 + 3, "three first attempts and three retries"
    with pytest.raises(SourceUnavailable, match="retries are used up"):
        client.send(Request(url=url))


def test_waits_that_the_server_named_spend_no_retries(server: Server, make: Make) -> None:
    url = server.on("/page", *[answer(429, headers={"Retry-After": "1"})] * 5, answer())
    client = make(retries_floor=0, retries_share=0.0, attempts=9)
    assert client.send(Request(url=url)).attempts == 6


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRefused),
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (404, SourceNotFound),
        (410, SourceNotFound),
        (422, RequestRefused),
        (304, RequestRefused),
    ],
)
def test_what_will_not_change_is_not_asked_again(
    server: Server, make: Make, status: int, error: type[Exception]
) -> None:
    url = server.on("/page", answer(status, b"" if status == 304 else b'{"error": "no such plan"}'))
    with pytest.raises(error, match=str(status)):
        make().send(Request(url=url))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (b'<html><form><input type="password"></form>', CredentialsRefused),
        (b"<html>We are back soon", RequestRefused),
    ],
)
def test_a_page_for_people_is_not_taken_for_data(
    server: Server, make: Make, page: bytes, error: type[Exception]
) -> None:
    url = server.on("/page", answer(200, page, {"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(error, match="JSON was asked for"):
        make().send(Request(url=url, headers={"accept": "application/json"}))
    assert make().send(Request(url=url)).body == page, "nobody asked for JSON"


def test_a_judge_of_the_sources_own_decides(server: Server, make: Make, clock: Clock) -> None:
    url = server.on("/page", answer(200, b'{"errors": ["busy"]}'), answer(404), answer(402))

    def judge(outcome: Answer | Exception, attempt: int) -> Verdict:
        assert isinstance(outcome, Answer)
        if b"busy" in outcome.body:
            return Verdict.retry(3.0, "busy")
        if outcome.status == 404:
            return Verdict.ignore()
        return Verdict.fail("The plan does not hold this.", "credentials")

    client = make()
    got = client.send(Request(url=url), judge)
    assert (got.status, got.attempts, got.ignored, clock.waited) == (404, 2, True, 3.0)
    with pytest.raises(CredentialsRefused, match="The plan does not hold this"):
        client.send(Request(url=url), judge)


def test_a_failing_host_is_left_alone_and_tried_again_once(
    server: Server, make: Make, clock: Clock
) -> None:
    url = server.on("/page", *[answer(500)] * 4, answer())
    client = make(attempts=1, circuit_failures=3, circuit_cool_s=30)
    request = Request(url=url)
    for _ in range(3):
        with pytest.raises(SourceUnavailable, match="500"):
            client.send(request)
    with pytest.raises(SourceUnavailable, match="3 times in a row"):
        client.send(request)
    assert len(server.seen) == 3, "the open circuit lets nothing through"
    clock.now += 31
    with pytest.raises(SourceUnavailable, match="500"):
        client.send(request)
    clock.now += 31
    with pytest.raises(SourceUnavailable, match="left alone"):
        client.send(request)
    clock.now += 30
    assert client.send(request).status == 200
    assert client.send(request).status == 200
    assert len(server.seen) == 6


def test_only_one_probe_goes_to_a_host_that_may_be_well_again(
    server: Server, make: Make, clock: Clock
) -> None:
    going, go = threading.Event(), threading.Event()

    def slow(handler: object) -> None:
        going.set()
        go.wait(5)
        answer()(handler)  # type: ignore[arg-type]

    url = server.on("/page", answer(500), slow)
    client = make(attempts=1, circuit_failures=1, total_s=5, read_s=5)
    with pytest.raises(SourceUnavailable):
        client.send(Request(url=url))
    clock.now += 31
    probe = client.send_soon(Request(url=url))
    assert going.wait(5)
    with pytest.raises(SourceUnavailable, match="being tried right now"):
        client.send(Request(url=url))
    go.set()
    assert probe.result(5).status == 200


def test_answers_that_blame_the_request_do_not_open_the_circuit(server: Server, make: Make) -> None:
    url = server.on("/page", answer(404))
    client = make(circuit_failures=2)
    for _ in range(5):
        with pytest.raises(SourceNotFound):
            client.send(Request(url=url))
    assert len(server.seen) == 5


def test_another_host_goes_on_while_one_circuit_is_open(server: Server, make: Make) -> None:
    bad, good = server.on("/bad", answer(500)), server.url("/good", "localhost")
    server.on("/good", answer())
    client = make(attempts=1, circuit_failures=1)
    with pytest.raises(SourceUnavailable):
        client.send(Request(url=bad))
    assert client.send(Request(url=good)).status == 200


def test_closing_the_client_ends_a_long_wait(server: Server, make: Make) -> None:
    url = server.on("/page", answer(429, headers={"Retry-After": "100"}))
    client = make(real_clock=True)
    future = client.send_soon(Request(url=url))
    while not server.seen:
        pass
    client.close()
    with pytest.raises(SourceUnavailable, match="closed"):
        future.result(3)


def test_every_attempt_is_told(server: Server, make: Make, events: list[Event]) -> None:
    url = server.on("/page", answer(500, b"oops"), answer(200, b"[", length=3), answer(200, b"[1]"))
    make().send(Request(url=url, params={"a": "1"}))
    assert [(e.status, e.size, e.attempt, bool(e.error)) for e in events] == [
        (500, 4, 1, False),
        (None, 0, 2, True),
        (200, 3, 3, False),
    ]
    assert {(e.method, e.url) for e in events} == {("GET", f"{url}?a=1")}
    assert all(e.elapsed_s > 0 for e in events)
