"""No vendor's limit is crossed, whether it was declared or told in headers."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ConfigurationError, SourceUnavailable
from resources.http import Answer, Headers, HttpClient, Limit, Policy, Request
from resources.http.budget import Governor
from resources.http.signals import allowances
from tests.http.conftest import Clock, Make
from tests.http.server import Handler, Server, answer


@given(
    st.integers(1, 5),
    st.floats(0.5, 20),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3)), min_size=1, max_size=40),
)
def test_no_window_of_any_beginning_holds_more_than_the_limit(
    count: int, window: float, steps: list[tuple[float, int]]
) -> None:
    clock, sent = Clock(), list[tuple[float, float]]()
    count += 2
    policy = Policy(limits=(Limit(count, window, unit="points"),), longest_wait_s=1000)
    governor = Governor(policy, clock, clock.sleep)
    for gap, cost in steps:
        clock.now += gap
        with governor.slot(Request(url="https://a.example", cost={"points": cost}), "a.example"):
            sent.append((clock.now, cost))
    for start, _ in sent:
        inside = sum(cost for at, cost in sent if start <= at < start + window - 1e-6)
        assert inside <= count


def test_a_limit_a_second_is_spread_and_not_overrun(
    server: Server, make: Make, clock: Clock
) -> None:
    url = server.on("/page", answer())
    client = make(limits=(Limit(10, "second"),))
    for _ in range(35):
        client.send(Request(url=url))
    assert clock.waited == pytest.approx(3.0)


def test_budgets_are_kept_for_each_key_and_tenant(server: Server, make: Make, clock: Clock) -> None:
    url = server.on("/page", answer())
    client = make(limits=(Limit(2, "minute", "key"), Limit(1, 10, "tenant")))
    for key, tenant in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]:
        client.send(Request(url=url, key=key, tenant=tenant))
    assert clock.waited == 0
    client.send(Request(url=url, key="a", tenant="3"))
    assert clock.waited == pytest.approx(60)


def test_a_limit_may_count_tokens_and_concern_some_requests_only(
    server: Server, make: Make, clock: Clock
) -> None:
    url = server.on("/page", answer())
    searches = Limit(1, 10, matches=lambda request: "search" in request.params)
    client = make(limits=(Limit(100, "minute", unit="tokens"), searches))
    client.send(Request(url=url, cost={"tokens": 60}))
    client.send(Request(url=url))
    client.send(Request(url=url, params={"search": "a"}))
    client.send(Request(url=url, cost={"tokens": 40}))
    assert clock.waited == 0
    client.send(Request(url=url, params={"search": "b"}))
    assert clock.waited == pytest.approx(10)
    client.send(Request(url=url, cost={"tokens": 1}))
    assert clock.waited == pytest.approx(60)
    with pytest.raises(ConfigurationError, match="more than the whole limit of 100"):
        client.send(Request(url=url, cost={"tokens": 101}))


@pytest.mark.parametrize(
    ("window", "free"),
    [("day", datetime(2028, 2, 29, tzinfo=UTC)), ("month", datetime(2028, 3, 1, tzinfo=UTC))],
)
def test_a_budget_of_a_day_or_month_ends_the_run_and_comes_back(
    server: Server, make: Make, clock: Clock, window: str, free: datetime
) -> None:
    clock.now = datetime(2028, 2, 28, 22, tzinfo=UTC).timestamp()
    url = server.on("/page", answer())
    client = make(limits=(Limit(2, window),))  # type: ignore[arg-type]
    client.send(Request(url=url))
    client.send(Request(url=url))
    with pytest.raises(SourceUnavailable, match=f"used up until {free:%Y-%m-%d %H:%M}"):
        client.send(Request(url=url))
    assert (len(server.seen), clock.waited) == (2, 0)
    clock.now = free.timestamp()
    assert client.send(Request(url=url)).status == 200


def test_a_budget_of_a_month_is_shared_by_runs_and_processes(
    server: Server, make: Make, clock: Clock, tmp_path: Path
) -> None:
    url, ledger = server.on("/page", answer()), tmp_path / "new" / "budgets.sqlite"
    limits = (Limit(5, "month"), Limit(3, "day", "key"))
    first, other = make(limits=limits, ledger=ledger), make(limits=limits, ledger=ledger)
    for client in (first, other, first):
        client.send(Request(url=url, key="a"))
    first.close()
    for key in ("a", "b"):
        again = make(limits=limits, ledger=ledger)
        if key == "a":
            with pytest.raises(SourceUnavailable, match="used up"):
                again.send(Request(url=url, key=key))
        else:
            assert [again.send(Request(url=url, key=key)).status for _ in range(2)] == [200, 200]
            with pytest.raises(SourceUnavailable, match="used up"):
                again.send(Request(url=url, key="c"))
    assert len(server.seen) == 5
    clock.now += 40 * 86400
    assert other.send(Request(url=url, key="a")).status == 200


def test_a_ledger_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_bytes(b"not a database, but long enough to be read as one" * 50)
    with pytest.raises(ConfigurationError, match="The ledger of budgets"):
        HttpClient(ledger=tmp_path / "ledger")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000015"}, 15),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000015000"}, 15),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2027-01-15T08:00:20Z"}, 20),
        ({"x-ratelimit-limit-user-remaining": "0", "x-ratelimit-limit-user-reset": "8"}, 8),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2s"}, 62),
        ({"RateLimit": '"default";r=0;t=9, "day";r=100;t=900'}, 9),
        ({"RateLimit": "limit=10, remaining=0, reset=4"}, 4),
        ({"X-Left": "0", "X-New-In": "3"}, 3),
        ({"RateLimit-Remaining": "7", "RateLimit-Reset": "12"}, 0),
        ({"RateLimit-Remaining": "0"}, 0),
        ({"RateLimit-Remaining": "none", "RateLimit-Reset": "12"}, 0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "-5"}, 0),
    ],
)
def test_the_vendors_headers_hold_the_next_request_back(
    server: Server, make: Make, clock: Clock, headers: dict[str, str], wait: float
) -> None:
    url = server.on("/page", answer(200, b"{}", headers), answer())
    client = make(limit_headers=(("X-Left", "X-New-In"),))
    client.send(Request(url=url))
    client.send(Request(url=url))
    assert clock.waited == pytest.approx(wait)


def test_what_is_left_is_counted_down_between_answers(clock: Clock) -> None:
    governor = Governor(Policy(), clock, clock.sleep)
    request = Request(url="https://a.example")
    told = Headers({"RateLimit-Remaining": "2", "RateLimit-Reset": "30"})
    page = Answer(status=200, headers=told, body=b"", url=request.url, elapsed_s=0.1)
    governor.learn(request, "a.example", page)
    for waited in (0.0, 0.0, 30.0, 30.0):
        with governor.slot(request, "a.example"):
            assert clock.waited == waited


def test_a_429_holds_back_every_thread_of_the_same_key(
    server: Server, make: Make, clock: Clock
) -> None:
    held = server.on("/held", answer(429, headers={"Retry-After": "40"}))
    url = server.on("/page", answer())
    client = make(attempts=1)
    with pytest.raises(SourceUnavailable):
        client.send(Request(url=held, key="a"))
    client.send(Request(url=url, key="b"))
    assert clock.waited == 0
    client.send(Request(url=url, key="a"))
    assert clock.waited == pytest.approx(40)


def test_no_more_requests_are_under_way_than_allowed(server: Server, make: Make) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def counting(handler: Handler) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        answer()(handler)

    url = server.on("/page", counting)
    client = make(parallel={"host": 8, "key": 3})
    list(client.send_ahead((Request(url=url, key="k") for _ in range(20)), ahead=8))
    assert most == 3


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_header_text_breaks_the_reading_of_limits(left: str, reset: str) -> None:
    given = {"ratelimit-remaining": left, "ratelimit-reset": reset, "ratelimit": left + reset}
    for item in allowances(Headers(given), 1_800_000_000.0):
        assert item.remaining >= 0
        assert item.reset_s >= 0
