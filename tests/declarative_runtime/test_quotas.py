"""Several tokens share the work by what a source says each may still do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipelines.errors import ConfigurationError, SourceError, SourceUnavailable
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.reading import Reading
from tests.declarative_runtime.reading import client, manifest, stream
from tests.declarative_runtime.server import Reply, Seen, Server, serve

HOUR_S = 3600


@dataclass
class Source:
    """Counts the calls of each token in each pool; `new` is what one window allows."""

    left: dict[str, dict[str, int]]
    pages: int = 9
    new: int = 3
    resets_in: float = HOUR_S
    headers: bool = False
    unavailable: bool = False
    waits: list[float] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Any:
        token = seen.headers["authorization"].removeprefix("Bearer ")
        if seen.path == "/quotas":
            return Reply({}, status=404) if self.unavailable else self._status(token)
        pool = "search" if seen.path.startswith("/search") else "rest"
        left = self.left[token][pool]
        told = self._told(left - 1) if self.headers else {}
        if left <= 0:
            return Reply({"error": "slow down"}, status=429, headers=self._told(0) | told)
        self.left[token][pool] -= 1
        page = int(seen.params["page"])
        data = [{"page": page, "by": token}] if page <= self.pages else []
        return Reply({"data": data}, headers=told)

    def pause(self, seconds: float) -> None:
        """A wait after which every window is new."""
        self.waits.append(seconds)
        self.left = {token: dict.fromkeys(pools, self.new) for token, pools in self.left.items()}

    def _status(self, token: str) -> Any:
        return {
            name: {"left": left, "reset": int(time.time() + self.resets_in), "most": 100}
            for name, left in self.left[token].items()
        }

    def _told(self, left: int) -> dict[str, str]:
        return {
            "X-Left": str(max(0, left)),
            "X-Reset": str(int(time.time() + HOUR_S)),
            "Retry-After": "60",
        }


def _pool(name: str, **more: Any) -> dict[str, Any]:
    paths = {"remaining_path": "left", "reset_path": "reset", "limit_path": "most"}
    return {
        "type": "TokenQuota",
        "name": name,
        **{field: [name, part] for field, part in paths.items()},
        **more,
    }


def _authenticator(url: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "RateLimitedMultipleTokenAuthenticator",
        "tokens": "{{ config['tokens'] }}",
        "quota_status_source": {
            "type": "QuotaStatusSource",
            "url": f"{url}/quotas",
            "unavailable_status_codes": [404],
        },
        "quotas": [
            _pool("search", matchers=[{"url_path_pattern": "^/search"}]),
            _pool("rest"),
        ],
        "budget_reserve_fraction": 0,
        "budget_min_reserve": 0,
        **more,
    }


def _stream(authenticator: Mapping[str, Any], name: str = "items") -> dict[str, Any]:
    token = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    strategy = {"type": "PageIncrement", "start_from_page": 1, "inject_on_first_request": True}
    return stream(
        name,
        path=f"/{name}",
        requester={"authenticator": authenticator},
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": token,
                "pagination_strategy": {**strategy, "page_size": 1},
            }
        },
    )


def _read(
    source: Source, tokens: str = "a, b", names: tuple[str, ...] = ("items",), **more: Any
) -> tuple[list[str], Server]:
    """(who asked for each page, the server) of all streams in turn."""
    with serve(source) as server, client() as http:
        streams = [_stream(_authenticator(server.url, **more), name) for name in names]
        config = {"url": server.url, "tokens": tokens}
        context = AuthContext(config, http.send, pause=source.pause)
        reading = Reading(manifest(*streams), context)
        found = [
            record["by"]
            for name in names
            for page in reading.pages(reading.stream(name), {})
            for record in page.records
        ]
        return found, server


def _left(**pools: int) -> dict[str, int]:
    return {"rest": 3, "search": 3, **pools}


def test_the_next_token_is_taken_when_one_is_spent() -> None:
    source = Source({"a": _left(rest=4), "b": _left(rest=6)}, pages=8)
    asked, server = _read(source)
    assert asked == [*"aaaabbbb"]
    assert source.waits == []
    assert [seen.path for seen in server.seen].count("/quotas") == 2


def test_each_pool_is_counted_by_itself_and_across_streams() -> None:
    source = Source({"a": _left(rest=3, search=2), "b": _left(rest=9, search=9)}, pages=2)
    asked, server = _read(source, names=("items", "search", "others"))
    # The third call of every stream finds the end.
    assert asked == [*"aa", *"aa", *"bb"]
    assert {seen.path for seen in server.seen} == {"/quotas", "/items", "/search", "/others"}


def test_when_all_are_spent_the_earliest_reset_is_waited_for_once() -> None:
    source = Source({"a": _left(rest=1), "b": _left(rest=2)}, pages=6, resets_in=90)
    asked, _ = _read(source)
    assert asked == [*"abb", *"bbb"]
    assert len(source.waits) == 1
    assert source.waits[0] == pytest.approx(90, abs=3)


def test_a_wait_longer_than_allowed_ends_the_run_with_a_word_on_it() -> None:
    source = Source({"a": _left(rest=1), "b": _left(rest=0)}, resets_in=7200)
    with pytest.raises(SourceUnavailable, match="All 2 tokens have used up their quota 'rest'"):
        _read(source, max_wait_time="PT30M")
    assert source.waits == []


def test_a_source_that_stays_spent_is_not_asked_forever() -> None:
    source = Source({"a": _left(rest=0), "b": _left(rest=0)}, new=0, resets_in=-10)
    with pytest.raises(SourceUnavailable, match="Run again later, or add a token"):
        _read(source, max_wait_time="PT1M")
    assert source.waits == [5.0] * 12


def test_a_token_that_others_use_too_is_left_when_the_source_says_so() -> None:
    source = Source({"a": _left(rest=2), "b": _left(rest=30)}, headers=True)
    real = source._status
    source._status = lambda token: real(token) | {"rest": real("b")["rest"]}  # type: ignore[method-assign]
    pools = [_pool("rest", remaining_header="X-Left", reset_header="X-Reset")]
    asked, server = _read(source, quotas=pools)
    assert asked == [*"aa", *"bbbbbbb"]
    assert len([seen for seen in server.seen if seen.path == "/items"]) == 10


def test_a_refused_token_is_left_at_once_instead_of_waiting() -> None:
    source = Source({"a": _left(rest=2), "b": _left(rest=30)})
    real = source._status
    source._status = lambda token: real(token) | {"rest": real("b")["rest"]}  # type: ignore[method-assign]
    pools = [_pool("rest", exhaustion_status_codes=[429])]
    asked, server = _read(source, quotas=pools)
    assert asked == [*"aa", *"bbbbbbb"]
    assert len([seen for seen in server.seen if seen.path == "/items"]) == 11


def test_where_a_source_counts_nothing_tokens_are_used_in_turn() -> None:
    source = Source({"a": _left(rest=99), "b": _left(rest=99)}, pages=5, unavailable=True)
    asked, _ = _read(source)
    assert asked == [*"ababa"]


def test_the_last_calls_are_spread_over_the_time_left() -> None:
    source = Source({"a": _left(rest=9), "b": _left(rest=9)}, pages=3, resets_in=60, new=9)
    waits: list[float] = []
    source.pause = waits.append  # type: ignore[method-assign, assignment]
    _read(source, budget_min_reserve=20)
    assert waits == pytest.approx([60 / 17, 60 / 16, 60 / 15, 60 / 14], abs=0.2)


def test_wrong_paths_and_missing_tokens_are_told() -> None:
    source = Source({"a": _left()})
    with pytest.raises(
        SourceError, match=r"without rest\.no, where the manifest looks for the quota"
    ):
        _read(source, "a", quotas=[_pool("rest", remaining_path=["rest", "no"])])
    with pytest.raises(SourceError, match="expects a number of calls"):
        _read(source, "a", quotas=[_pool("rest", remaining_path=["rest"])])
    with pytest.raises(SourceError, match="expects the moment"):
        _read(source, "a", quotas=[_pool("rest", reset_path=["rest"])])
    with pytest.raises(ConfigurationError, match="found no token"):
        _read(source, " , ")


def test_an_answer_that_is_kept_costs_no_call() -> None:
    source = Source({"a": _left(rest=9), "b": _left(rest=9)}, pages=2)
    with serve(source) as server, client() as http:
        one = _stream(_authenticator(server.url))
        one["retriever"]["requester"]["use_cache"] = True
        context = AuthContext({"url": server.url, "tokens": "a,b"}, http.send, pause=source.pause)
        reading = Reading(manifest(one), context)
        for _ in range(5):
            assert len([p for p in reading.pages(reading.stream("items"), {}) if p.records]) == 2
    assert source.left["a"]["rest"] == 6
