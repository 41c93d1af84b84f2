"""The stand-ins' server: HTTP as vendors speak it, and every fault as asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.faults import Fault
from sandbox.server import Running, serving
from sandbox.standin import Asked, RateLimit, Reply, StandIn
from sandbox.universe import make_universe

UNIVERSE = make_universe(7)


class Shelf(StandIn):
    """A vendor of numbered things, twenty a page."""

    name = "shelf"

    def environment(self, address: str) -> Mapping[str, str]:
        return {"SHELF_URL": f"{address}/shelf"}

    def answer(self, asked: Asked) -> Reply:
        if asked.parts != ("things",):
            raise LookupError(asked.path)
        start = asked.number("start", 0)
        things = [{"id": number, "name": f"thing {number}"} for number in range(start, start + 20)]
        return Reply(body={"meta": {"start": start}, "things": things})


@pytest.fixture
def shelf() -> Iterator[Running]:
    with serving([Shelf(UNIVERSE)]) as running:
        yield running


def _things(
    shelf: Running, start: int = 0, headers: Mapping[str, str] | None = None
) -> requests.Response:
    url = f"{shelf.address}/shelf/things?start={start}"
    return requests.get(url, headers=headers, timeout=5)


def _ids(response: requests.Response) -> list[int]:
    return [thing["id"] for thing in response.json()["things"]]


def test_an_answer_is_compressed_only_for_who_can_read_it(shelf: Running) -> None:
    plain = _things(shelf, headers={"Accept-Encoding": "identity"})
    packed = _things(shelf, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == plain.json()


def test_a_connection_is_kept_for_the_next_request(shelf: Running) -> None:
    host, port = urlsplit(shelf.address).netloc.split(":")
    connection = HTTPConnection(host, int(port), timeout=5)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/shelf/things")
        assert connection.getresponse().read()
        assert connection.sock is not None
        ports.add(connection.sock.getsockname())
    connection.close()
    assert len(ports) == 1


def test_a_stand_in_that_fails_says_so_and_an_unknown_one_is_named(shelf: Running) -> None:
    assert "LookupError" in requests.get(f"{shelf.address}/shelf/no", timeout=5).text
    unknown = requests.get(f"{shelf.address}/other/x", timeout=5)
    assert unknown.status_code == 404
    assert "shelf" in unknown.text


@pytest.mark.parametrize(
    ("kind", "status"), [("too_many", 429), ("server_error", 500), ("unavailable", 503)]
)
def test_a_refusal_hits_as_often_as_asked_and_then_no_more(
    shelf: Running, kind: str, status: int
) -> None:
    shelf.faults.add(Fault(kind, path="/shelf/things", after=1, times=2, seconds=3))  # type: ignore[arg-type]
    answers = [_things(shelf) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    if status != 500:
        assert answers[1].headers["Retry-After"] == "3"
    assert [entry.fault is not None for entry in shelf.asked("shelf")] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["reset", "truncated", "stall"])
def test_a_broken_answer_never_looks_whole(shelf: Running, kind: str) -> None:
    shelf.faults.add(Fault(kind, seconds=0.2))  # type: ignore[arg-type]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _things(shelf, headers={"Accept-Encoding": "identity"})
    assert _ids(_things(shelf)) == list(range(20))


def test_a_reset_connection_is_reset_and_not_ended(shelf: Running) -> None:
    shelf.faults.add(Fault("reset"))
    with pytest.raises(requests.exceptions.RequestException, match="reset by peer"):
        _things(shelf)


def test_pages_overlap_reorder_and_drift_as_asked(shelf: Running) -> None:
    _things(shelf)
    shelf.faults.add(Fault("overlap"), Fault("reorder"), Fault("drift"))
    assert _ids(_things(shelf, 20)) == list(range(40))
    assert _ids(_things(shelf, 20)) == list(range(39, 19, -1))
    first = _things(shelf).json()["things"][0]
    assert first["id"] == "0 (approx.)"
    assert first["added_without_notice"] == {"since": "v2", "flag": True}
    assert _ids(_things(shelf)) == list(range(20))


def test_a_header_and_the_control_path_ask_for_faults_too(shelf: Running) -> None:
    asked = {"X-Sandbox-Fault": "too_many; seconds=7"}
    assert _things(shelf, headers=asked).headers["Retry-After"] == "7"
    control = f"{shelf.address}/_sandbox/faults"
    body = json.dumps([{"kind": "server_error", "times": 9}])
    assert requests.post(control, data=body, timeout=5).status_code == 204
    assert _things(shelf).status_code == 500
    assert requests.delete(control, timeout=5).status_code == 204
    assert _things(shelf).status_code == 200
    wrong = requests.post(control, data='[{"kind": "flood"}]', timeout=5)
    assert wrong.status_code == 400
    assert "too_many" in wrong.json()["message"]


def test_a_rate_limit_lets_go_when_its_window_has_passed() -> None:
    now = [100.0]
    limit = RateLimit(2, 10, clock=lambda: now[0])
    assert [limit.take().remaining for _ in range(2)] == [1, 0]
    now[0] = 104.0
    refused = limit.take()
    assert not refused.passed
    assert refused.reset_s == pytest.approx(6)
    now[0] = 110.0
    assert limit.take().passed
