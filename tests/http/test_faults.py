"""A network that breaks must cost a retry, never a wrong or endless answer."""

from __future__ import annotations

import gc
import gzip
import os
import threading
import time
import warnings
import zlib
from pathlib import Path

import pytest

from pipelines.errors import RequestRefused, SourceUnavailable
from resources.http import AnswerTooLarge, Event, Request, RequestFailed, Verdict
from tests.http.conftest import Clock, Make
from tests.http.server import Reply, Server, answer, dripping, raw, stalling

GOOD = b'{"items": [1, 2, 3]}'
ZIPPED = gzip.compress(GOOD)
GZIP = {"Content-Encoding": "gzip"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

BROKEN: dict[str, Reply] = {
    "server error": answer(500),
    "bad gateway": answer(502),
    "request time-out": answer(408),
    "closed without a word": raw(b""),
    "reset mid headers": raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut between headers": raw(b"HTTP/1.1 200 OK\r\nServer: x\r\n"),
    "reset mid body": raw(HEAD + GOOD[:7]),
    "short content length": answer(200, GOOD[:7], length=20),
    "chunks without an end": raw(CHUNKED + b"7\r\n" + GOOD[:7] + b"\r\n"),
    "chunk cut short": raw(CHUNKED + b"14\r\n" + GOOD[:7]),
    "gzip cut short": answer(200, ZIPPED[:-9], GZIP),
    "gzip damaged": answer(200, ZIPPED[:12] + b"\xff\xff" + ZIPPED[14:], GZIP),
    "gzip checksum wrong": answer(200, ZIPPED[:-8] + bytes(4) + ZIPPED[-4:], GZIP),
    "not gzip at all": answer(200, GOOD, GZIP),
    "deflate cut short": answer(200, zlib.compress(GOOD)[:-3], {"Content-Encoding": "deflate"}),
    "unknown encoding": answer(200, GOOD, {"Content-Encoding": "br"}),
    "stall before headers": stalling(b"", threading.Event()),
    "stall mid body": stalling(HEAD + GOOD[:7], threading.Event()),
    "slow-loris body": dripping(GOOD, 0.2, HEAD),
    "slow-loris headers": dripping(HEAD, 0.2),
    "slow-loris without length": dripping(GOOD, 0.2, b"HTTP/1.1 200 OK\r\n\r\n"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_answer_is_fetched_again(server: Server, make: Make, fault: str) -> None:
    url = server.on("/page", BROKEN[fault], answer(200, GOOD))
    began = time.monotonic()
    got = make(total_s=0.6).send(Request(url=url))
    assert (got.status, got.body, got.attempts) == (200, GOOD, 2)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("fault", ["reset mid body", "gzip cut short", "server error"])
def test_a_source_that_stays_broken_ends_after_its_attempts(
    server: Server, make: Make, clock: Clock, fault: str
) -> None:
    url = server.on("/page", BROKEN[fault])
    with pytest.raises(SourceUnavailable, match="tried 3 times"):
        make().send(Request(url=url))
    assert len(server.seen) == 3
    assert clock.waited == pytest.approx(0.5 + 1.0)


def test_a_name_that_cannot_be_resolved_may_be_tried_later(make: Make) -> None:
    with pytest.raises(SourceUnavailable, match="could not be resolved"):
        make().send(Request(url="http://nowhere.invalid/"))


def test_a_closed_port_may_be_tried_later(server: Server, make: Make, events: list[Event]) -> None:
    url = server.url("/")
    server.server_close()
    with pytest.raises(SourceUnavailable, match="no connection to 127"):
        make().send(Request(url=url))
    assert [event.attempt for event in events] == [1, 2, 3]


def test_two_gzip_members_and_both_kinds_of_deflate_are_read(server: Server, make: Make) -> None:
    bare = zlib.compressobj(wbits=-15)
    url = server.on(
        "/page",
        answer(200, gzip.compress(b"one ") + gzip.compress(b"two") + bytes(8), GZIP),
        answer(200, zlib.compress(GOOD), {"Content-Encoding": "deflate"}),
        answer(200, bare.compress(GOOD) + bare.flush(), {"Content-Encoding": "deflate"}),
        answer(200, b"", GZIP),
    )
    client = make()
    assert [client.send(Request(url=url)).body for _ in range(4)] == [b"one two", GOOD, GOOD, b""]


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, bytes(5000)),
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(5000)),
        raw(CHUNKED + b"1388\r\n" + bytes(5000) + b"\r\n0\r\n\r\n"),
        answer(200, gzip.compress(bytes(10_000_000))[:900], GZIP),
        answer(
            200, gzip.compress(gzip.compress(bytes(900_000))), {"Content-Encoding": "gzip, gzip"}
        ),
        answer(200, zlib.compress(bytes(100_000)), {"Content-Encoding": "deflate"}),
    ],
    ids=["announced", "unannounced", "chunked", "bomb", "nested bomb", "deflate bomb"],
)
def test_an_answer_over_the_cap_is_refused_and_not_retried(
    server: Server, make: Make, reply: Reply
) -> None:
    url = server.on("/big", reply)
    seen: list[Exception] = []

    def judge(outcome: object, attempt: int) -> Verdict:
        assert isinstance(outcome, Exception)
        seen.append(outcome)
        return Verdict.fail(str(outcome), "refused")

    with pytest.raises(RequestRefused, match="too large"):
        make(max_body_bytes=4000).send(Request(url=url), judge)
    assert [type(error) for error in seen] == [AnswerTooLarge]
    with pytest.raises(RequestRefused, match="Ask for smaller pages"):
        make(max_body_bytes=4000).send(Request(url=url))
    assert len(server.seen) == 2


def test_a_head_request_may_announce_what_it_does_not_send(server: Server, make: Make) -> None:
    url = server.on("/big", answer(200, bytes(5000)))
    got = make(max_body_bytes=4000).send(Request(method="head", url=url))
    assert (got.headers["content-length"], got.body) == ("5000", b"")


def test_a_write_that_may_have_arrived_is_not_sent_twice(server: Server, make: Make) -> None:
    url = server.on("/write", raw(b""), answer())
    with pytest.raises(SourceUnavailable, match="may have taken effect"):
        make().send(Request(method="POST", url=url, body=b"{}", repeatable=False))
    assert len(server.seen) == 1


def test_a_write_that_was_held_off_is_sent_again(server: Server, make: Make) -> None:
    url = server.on("/write", answer(429, headers={"Retry-After": "1"}), answer(201))
    got = make().send(Request(method="POST", url=url, body=b"{}", repeatable=False))
    assert (got.status, got.attempts) == (201, 2)
    assert [seen.body for seen in server.seen] == [b"{}", b"{}"]


def test_the_total_deadline_does_not_cut_the_next_request(server: Server, make: Make) -> None:
    url = server.on("/page", answer(200, GOOD))
    client = make(total_s=0.2)
    ends = time.monotonic() + 0.6
    while time.monotonic() < ends:
        assert client.send(Request(url=url)).attempts == 1
        time.sleep(0.01)
    assert len({seen.peer for seen in server.seen}) == 1, "one connection serves them all"


def test_broken_answers_leave_no_connection_open(server: Server, make: Make) -> None:
    faults = [fault for name, fault in BROKEN.items() if not name.startswith(("stall", "slow"))]
    client = make(attempts=1, circuit_failures=999)
    counts = []
    for _ in range(3):
        for fault in faults * 5:
            with pytest.raises(SourceUnavailable):
                client.send(Request(url=server.on("/page", fault)))
        gc.collect()
        time.sleep(0.2)
        counts.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
    assert max(counts) - min(counts) <= 2, counts


def test_a_judge_sees_what_broke(server: Server, make: Make) -> None:
    url = server.on("/page", raw(HEAD + GOOD[:7]))

    def judge(outcome: object, attempt: int) -> Verdict:
        assert isinstance(outcome, RequestFailed)
        assert (outcome.fault, outcome.sent) == ("incomplete", True)
        assert outcome.__cause__ is None, "the cause would hold the unmasked URL"
        assert outcome.__context__ is None
        return Verdict.ignore()

    got = make().send(Request(url=url), judge)
    assert (got.status, got.body, got.ignored) == (0, b"", True)


def test_a_forked_process_has_deadlines_too(server: Server, make: Make) -> None:
    good, slow = server.on("/page", answer()), server.on("/slow", BROKEN["slow-loris body"])
    make().send(Request(url=good))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            make(total_s=0.3, attempts=1).send(Request(url=slow))
        except SourceUnavailable as error:
            os._exit(7 if "within 0.3 s" in str(error) else 1)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
