"""Every page is read once, in order, and reading ends."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import DeclarationError, SourceError
from tests.declarative_runtime.reading import pages, records, stream
from tests.declarative_runtime.server import Reply, Seen, Server, serve

ROWS = [{"id": n} for n in range(1, 8)]


def paginator(strategy: dict[str, Any], **more: Any) -> dict[str, Any]:
    token = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    made = {
        "type": "DefaultPaginator",
        "page_token_option": token,
        "pagination_strategy": strategy,
        **more,
    }
    return {"paginator": {name: value for name, value in made.items() if value is not None}}


SIZE = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "limit"}


def read(server: Server, retriever: dict[str, Any], **more: Any) -> list[int]:
    found = pages(server.url, stream(retriever=retriever, **more))
    return [record["id"] for record in records(found)]


def by_number(first: int, size: int) -> Any:
    def answer(seen: Seen) -> Any:
        at = (int(seen.params.get("page", first)) - first) * size
        return {"data": ROWS[at : at + size]}

    return answer


def test_pages_are_counted_from_the_declared_start() -> None:
    strategy = {"type": "PageIncrement", "page_size": 3, "start_from_page": 1}
    with serve(by_number(1, 3)) as server:
        assert read(server, paginator(strategy, page_size_option=SIZE)) == list(range(1, 8))
        assert server.paths == [
            "/items&limit=3",
            "/items&limit=3&page=2",
            "/items&limit=3&page=3",
        ]


def test_the_first_page_is_named_where_asked_for() -> None:
    strategy = {
        "type": "PageIncrement",
        "page_size": 4,
        "start_from_page": 1,
        "inject_on_first_request": True,
    }
    with serve(by_number(1, 4)) as server:
        assert read(server, paginator(strategy)) == list(range(1, 8))
        assert server.paths == ["/items&page=1", "/items&page=2"]


def test_offsets_grow_by_what_a_page_held() -> None:
    def answer(seen: Seen) -> Any:
        at = int(seen.params.get("page", 0))
        return {"data": ROWS[at : at + 3]}

    with serve(answer) as server:
        strategy = {"type": "OffsetIncrement", "page_size": "{{ config['size'] }}"}
        found = pages(server.url, stream(retriever=paginator(strategy)), size=3)
        assert len(records(found)) == 7
        assert server.paths == ["/items", "/items&page=3", "/items&page=6"]


def test_filtered_records_still_count_for_the_offset() -> None:
    def answer(seen: Seen) -> Any:
        at = int(seen.params.get("page", 0))
        return {"data": ROWS[at : at + 3]}

    selector = {"record_filter": {"type": "RecordFilter", "condition": "{{ record.id > 6 }}"}}
    with serve(answer) as server:
        strategy = {"type": "OffsetIncrement", "page_size": 3}
        assert read(server, paginator(strategy), selector=selector) == [7]


def test_a_cursor_is_found_in_the_answer_until_the_stop_condition_holds() -> None:
    def answer(seen: Seen) -> Any:
        at = int(seen.params.get("page", 0))
        return {"data": ROWS[at : at + 3], "next": at + 3, "more": at + 3 < len(ROWS)}

    strategy = {
        "type": "CursorPagination",
        "cursor_value": "{{ response['next'] }}",
        "stop_condition": "{{ not response['more'] }}",
    }
    with serve(answer) as server:
        assert read(server, paginator(strategy)) == list(range(1, 8))


def test_a_cursor_is_made_of_the_last_record_and_page_size() -> None:
    def answer(seen: Seen) -> Any:
        at = int(seen.params.get("page", 0))
        return {"data": ROWS[at : at + 3]}

    strategy = {
        "type": "CursorPagination",
        "cursor_value": "{{ last_record['id'] }}",
        "stop_condition": "{{ last_page_size < 3 }}",
    }
    with serve(answer) as server:
        assert read(server, paginator(strategy)) == list(range(1, 8))
        without = {"type": "CursorPagination", "cursor_value": "{{ last_record['id'] }}"}
        assert read(server, paginator(without)) == list(range(1, 8))


def test_the_link_header_names_the_next_page() -> None:
    def answer(seen: Seen) -> Any:
        at = int(seen.params.get("page", 0))
        link = f'<{server.url}/items?page={at + 3}>; rel="next"' if at + 3 < len(ROWS) else ""
        return Reply({"data": ROWS[at : at + 3]}, headers={"Link": link} if link else {})

    strategy = {
        "type": "CursorPagination",
        "cursor_value": "{{ headers['link']['next']['url'] }}",
        "stop_condition": "{{ 'next' not in headers['link'] }}",
    }
    with serve(answer) as server:
        option = {"page_token_option": {"type": "RequestPath"}}
        assert read(server, paginator(strategy, **option)) == list(range(1, 8))


def test_the_answer_may_name_the_whole_next_address_or_its_path() -> None:
    def answer(seen: Seen) -> Any:
        at = int(seen.params.get("page", 0))
        following = f"/items?page={at + 3}&keep=1" if at + 3 < len(ROWS) else None
        return {"data": ROWS[at : at + 3], "next": following}

    strategy = {"type": "CursorPagination", "cursor_value": "{{ response.next }}"}
    option = {"page_token_option": {"type": "RequestPath"}}
    requester = {"request_parameters": {"keep": "1"}}
    with serve(answer) as server:
        got = read(server, paginator(strategy, **option), requester=requester)
        assert got == list(range(1, 8))
        assert server.paths[1] == "/items&keep=1&page=3"


def test_tokens_and_sizes_go_into_a_json_body_at_a_path() -> None:
    def answer(seen: Seen) -> Any:
        at = seen.json()["page"].get("after", 0)
        return {"data": ROWS[at : at + 3], "after": at + 3 if at + 3 < 7 else None}

    body = {"type": "RequestOption", "inject_into": "body_json"}
    strategy = {
        "type": "CursorPagination",
        "cursor_value": "{{ response['after'] }}",
        "page_size": 3,
    }
    retriever = paginator(
        strategy,
        page_token_option={**body, "field_path": ["page", "after"]},
        page_size_option={**body, "field_path": ["page", "size"]},
    )
    requester = {"http_method": "POST", "request_body_json": {"page": {"kind": "x"}}}
    with serve(answer) as server:
        assert read(server, retriever, requester=requester) == list(range(1, 8))
        assert server.seen[1].json() == {"page": {"kind": "x", "after": 3, "size": 3}}


def test_a_source_that_repeats_its_token_does_not_run_for_ever() -> None:
    strategy = {"type": "CursorPagination", "cursor_value": "{{ response['next'] }}"}
    count = iter(range(1000))

    def answer(seen: Seen) -> Any:
        return {"data": [{"id": next(count)}], "next": "again"}

    with serve(answer) as server, pytest.raises(SourceError, match="second time"):
        read(server, paginator(strategy))
    assert len(server.seen) == 2


def test_a_source_that_ignores_the_page_number_does_not_run_for_ever() -> None:
    strategy = {"type": "PageIncrement", "page_size": 7}
    with serve(lambda _: {"data": ROWS}) as server, pytest.raises(SourceError, match="same page"):
        read(server, paginator(strategy))
    assert len(server.seen) == 2


def test_credentials_do_not_follow_a_page_to_another_host() -> None:
    strategy = {"type": "CursorPagination", "cursor_value": "{{ response['next'] }}"}
    option = {"page_token_option": {"type": "RequestPath"}}
    reply = {"data": ROWS, "next": "https://elsewhere.example/items"}
    with serve(lambda _: reply) as server, pytest.raises(SourceError, match=r"elsewhere\.example"):
        read(server, paginator(strategy, **option))


def test_a_size_option_without_a_size_is_refused() -> None:
    strategy = {"type": "PageIncrement"}
    with serve(lambda _: {}) as server, pytest.raises(DeclarationError, match="page_size"):
        read(server, paginator(strategy, page_size_option=SIZE))
