"""Answers that are errors are retried, ignored or told as the source declares."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.errors import CredentialsRefused, SourceError, SourceUnavailable
from pipelines.extract.declarative.runtime.budgets import limit_headers, limits_of
from pipelines.extract.declarative.runtime.client_policy import policy_for
from pipelines.extract.declarative.runtime.judging import ErrorHandling, error_text
from resources.http.message import Answer, Headers, Request
from tests.declarative_runtime.reading import POLICY, manifest, pages, records, stream
from tests.declarative_runtime.server import Reply, Seen, serve


def handler(*filters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "DefaultErrorHandler",
        "response_filters": [{"type": "HttpResponseFilter", **item} for item in filters],
        **more,
    }


def read(answer: Callable[[Seen], Any], error_handler: dict[str, Any]) -> tuple[list[Any], int]:
    """(records, requests made)."""
    with serve(answer) as server:
        wanted = stream(requester={"error_handler": error_handler})
        found = records(pages(server.url, wanted))
        return found, len(server.seen)


def once(reply: Reply) -> Callable[[Seen], Any]:
    replies = iter([reply])
    return lambda _: next(replies, Reply({"data": [{"id": 1}]}))


def test_a_status_is_ignored_where_declared() -> None:
    ignore = handler({"http_codes": [404], "action": "IGNORE"})
    assert read(lambda _: Reply({"error": "gone"}, 404), ignore) == ([], 1)


def test_a_status_is_retried_where_declared() -> None:
    retry = handler({"http_codes": [420], "action": "RETRY"})
    assert read(once(Reply({}, 420)), retry) == ([{"id": 1}], 2)


def test_retries_end_after_the_declared_number() -> None:
    retry = handler({"http_codes": [420], "action": "RETRY"}, max_retries=2)
    with serve(lambda _: Reply({"message": "calm down"}, 420)) as server:
        with pytest.raises(SourceUnavailable, match="3 attempts"):
            pages(server.url, stream(requester={"error_handler": retry}))
        assert len(server.seen) == 3


def test_an_error_inside_a_good_status_is_found_by_predicate_or_message() -> None:
    by_predicate = handler(
        {
            "predicate": "{{ response.get('code') == 'E1' }}",
            "action": "FAIL",
            "error_message": "Code {{ response['code'] }} of the source.",
        }
    )
    with pytest.raises(SourceError, match="Code E1 of the source"):
        read(lambda _: {"code": "E1"}, by_predicate)
    by_text = handler({"error_message_contains": "no access", "action": "IGNORE"})
    assert read(lambda _: Reply({"errors": [{"message": "no access here"}]}, 400), by_text)[0] == []
    assert read(lambda _: {"data": [{"id": 1}]}, by_text)[0] == [{"id": 1}]


PAGE = Reply(b"<html><h1>Quota is used up</h1></html>", 400, {"Content-Type": "text/html"})


def test_an_answer_that_is_no_json_is_found_by_its_words_headers_and_address() -> None:
    words = handler({"error_message_contains": "is used up", "action": "RETRY"})
    assert read(once(PAGE), words) == ([{"id": 1}], 2)
    header = "{{ 'html' in headers['content-type'] and not response }}"
    assert read(once(PAGE), handler({"predicate": header, "action": "RETRY"}))[1] == 2
    address = "{{ request_url.endswith('/items') and not response.get('data') }}"
    assert read(once(PAGE), handler({"predicate": address, "action": "RETRY"}))[1] == 2
    others = handler({"error_message_contains": "no access", "action": "RETRY"})
    with pytest.raises(SourceError, match="400"):
        read(once(PAGE), others)


def test_a_configuration_error_is_told_as_one() -> None:
    wrong = handler({"http_codes": [400], "action": "FAIL", "failure_type": "config_error"})
    with pytest.raises(CredentialsRefused, match="400"):
        read(lambda _: Reply({}, 400), wrong)


def test_the_first_handler_that_settles_an_answer_counts() -> None:
    both = {
        "type": "CompositeErrorHandler",
        "error_handlers": [
            handler({"http_codes": [403], "action": "FAIL"}),
            handler({"http_codes": [403, 418], "action": "IGNORE"}),
        ],
    }
    assert read(lambda _: Reply({}, 403), both) == ([], 1)
    assert read(lambda _: Reply({}, 418), both) == ([], 1)


def test_a_server_failure_is_retried_without_being_declared() -> None:
    assert read(once(Reply({}, 503)), handler()) == ([{"id": 1}], 2)
    assert read(once(Reply({}, 429)), handler()) == ([{"id": 1}], 2)


def answer(status: int, **headers: str) -> Answer:
    return Answer(status=status, headers=Headers(headers), body=b"{}", url="", elapsed_s=0)


def wait(strategy: dict[str, Any], given: Answer, attempt: int = 1) -> float | None:
    declared = handler({"http_codes": [420], "action": "RETRY"}, backoff_strategies=[strategy])
    handling = ErrorHandling(declared, {"wait": 3})
    judge = handling.judge(Request(url="http://x"), lambda: False, lambda _: None)
    verdict = judge(given, attempt)
    assert verdict.outcome == "retry"
    return verdict.after_s


def test_waits_are_taken_from_the_strategy() -> None:
    constant = {
        "type": "ConstantBackoffStrategy",
        "backoff_time_in_seconds": "{{ config['wait'] }}",
    }
    assert wait(constant, answer(420)) == 3
    spread = {**constant, "jitter_range_in_seconds": 1}
    assert 3 <= (wait(spread, answer(420)) or 0) <= 5
    growing = {"type": "ExponentialBackoffStrategy", "factor": 2}
    assert [wait(growing, answer(420), n) for n in (1, 2, 3)] == [4, 8, 16]
    header = {"type": "WaitTimeFromHeader", "header": "X-Wait"}
    assert wait(header, answer(420, **{"x-wait": "7.5"})) == 7.5
    assert wait(header, answer(420)) is None
    part = {**header, "regex": r"\d+"}
    assert wait(part, answer(420, **{"X-Wait": "12 seconds"})) == 12


def test_waits_until_a_moment_are_never_negative() -> None:
    until = {"type": "WaitUntilTimeFromHeader", "header": "X-Reset"}
    soon = answer(420, **{"X-Reset": str(time.time() + 100)})
    assert 98 < (wait(until, soon) or 0) <= 100
    assert wait(until, answer(420, **{"X-Reset": "1000"})) is None
    assert wait({**until, "min_wait": 5}, answer(420, **{"X-Reset": "1000"})) == 5
    assert wait({**until, "min_wait": 5}, answer(420)) == 5


def test_what_went_wrong_is_found_where_vendors_put_it() -> None:
    assert error_text({"errors": [{"message": "a"}, "b"]}) == "a, b"
    assert error_text({"error": {"details": "x"}}) == "x"
    assert error_text({"fine": 1}) == ""


BUDGET = {
    "type": "HTTPAPIBudget",
    "ratelimit_remaining_header": "X-Left",
    "ratelimit_reset_header": "X-New",
    "policies": [
        {
            "type": "UnlimitedCallRatePolicy",
            "matchers": [{"method": "GET", "url_path_pattern": "^/free"}],
        },
        {
            "type": "MovingWindowCallRatePolicy",
            "rates": [{"limit": "{{ config['calls'] }}", "interval": "PT1M"}],
            "matchers": [{"url_path_pattern": "/items$", "params": {"big": "1"}}],
        },
        {"type": "FixedWindowCallRatePolicy", "period": "PT1H", "call_limit": 9, "matchers": []},
    ],
}


def test_budgets_limit_the_requests_they_match_and_no_others() -> None:
    moving, fixed = limits_of(BUDGET, {"calls": 2})
    assert (moving.count, moving.window, fixed.count, fixed.window) == (2, 60, 9, 3600)
    assert moving.matches is not None
    assert fixed.matches is not None
    big = Request(url="http://x/items", params={"big": "1"})
    free = Request(url="http://x/free/items", params={"big": "1"})
    assert [moving.matches(big), fixed.matches(big)] == [True, False]
    assert [moving.matches(free), fixed.matches(free)] == [False, False]
    other = Request(url="http://x/items")
    assert [moving.matches(other), fixed.matches(other)] == [False, True]
    assert limit_headers(BUDGET) == (("X-Left", "X-New"),)


def test_a_budget_holds_requests_back() -> None:
    budget = {
        "type": "HTTPAPIBudget",
        "policies": [
            {
                "type": "MovingWindowCallRatePolicy",
                "rates": [{"limit": 2, "interval": "PT1S"}],
                "matchers": [],
            }
        ],
    }
    policy = replace(POLICY, limits=limits_of(budget, {}), longest_wait_s=2)
    router = {"type": "ListPartitionRouter", "cursor_field": "n", "values": ["1", "2", "3"]}
    with serve(lambda _: {"data": []}) as server:
        began = time.monotonic()
        pages(server.url, stream(retriever={"partition_router": router}), policy=policy)
        assert len(server.seen) == 3
        assert time.monotonic() - began > 0.9


def test_the_client_allows_what_the_most_patient_handler_wants() -> None:
    patient = handler({"http_codes": [420], "action": "RETRY"}, max_retries=8)
    made = manifest(stream(requester={"error_handler": patient}), api_budget=BUDGET)
    policy = policy_for(made, {"calls": 2}, POLICY)
    assert policy.attempts == 9
    assert [limit.count for limit in policy.limits] == [2, 9]
    assert policy.limit_headers == (("X-Left", "X-New"),)
    assert policy.allow_hosts == POLICY.allow_hosts
    replies = iter([Reply({}, 420)] * 8)
    with serve(lambda _: next(replies, Reply({"data": [{"id": 1}]}))) as server:
        quick = replace(policy, limits=())
        wanted = stream(requester={"error_handler": patient})
        assert records(pages(server.url, wanted, policy=quick)) == [{"id": 1}]
        assert len(server.seen) == 9
