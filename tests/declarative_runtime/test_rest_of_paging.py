"""Paging begins anew where it has to, and properties are asked for in chunks."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import DeclarationError, SourceError
from tests.declarative_runtime.reading import pages, records, stream
from tests.declarative_runtime.server import Reply, Seen, serve
from tests.declarative_runtime.test_cursors import cursor


def paginator(**strategy: Any) -> dict[str, Any]:
    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    return {
        "type": "DefaultPaginator",
        "page_token_option": option,
        "pagination_strategy": {"type": "PageIncrement", "page_size": 2, **strategy},
    }


def resetting(**more: Any) -> dict[str, Any]:
    handler = {
        "type": "DefaultErrorHandler",
        "response_filters": [
            {"type": "HttpResponseFilter", "http_codes": [400], "action": "RESET_PAGINATION"}
        ],
    }
    return stream(
        requester={"error_handler": handler},
        retriever={"paginator": paginator(), **more.pop("retriever", {})},
        **more,
    )


def test_a_paging_that_expired_is_begun_anew_once() -> None:
    seen_pages: list[str] = []

    def answer(seen: Seen) -> Any:
        seen_pages.append(seen.params.get("page", "0"))
        if seen_pages.count("1") == 1 and seen_pages[-1] == "1":
            return Reply({"error": "expired"}, 400)
        return {"data": [{"n": seen_pages[-1]}] * (2 if seen_pages[-1] == "0" else 1)}

    reset = {"type": "PaginationReset", "action": "RESET"}
    with serve(answer) as server:
        found = records(pages(server.url, resetting(retriever={"pagination_reset": reset})))
        assert seen_pages == ["0", "1", "0", "1"]
        assert [record["n"] for record in found] == ["0", "0", "0", "0", "1"]
    with (
        serve(lambda _: Reply({}, 400)) as server,
        pytest.raises(SourceError, match="very same again"),
    ):
        pages(server.url, resetting(retriever={"pagination_reset": reset}))


def test_a_reset_without_saying_how_is_refused() -> None:
    with serve(lambda _: {}) as server, pytest.raises(DeclarationError, match="pagination_reset"):
        pages(server.url, resetting())


def test_a_source_that_gives_so_many_records_only_is_read_on_from_the_last() -> None:
    def answer(seen: Seen) -> Any:
        first = int(seen.params["since"][-2:]) + 2 * int(seen.params.get("page", 0))
        return {"data": [{"day": f"2024-01-{day:02d}"} for day in (first, first + 1) if day < 10]}

    reset = {
        "type": "PaginationReset",
        "action": "SPLIT_USING_CURSOR",
        "limits": {"type": "PaginationResetLimits", "number_of_records": 4},
    }
    wanted = stream(
        retriever={"paginator": paginator(), "pagination_reset": reset},
        incremental_sync=cursor(end_datetime="2024-01-20"),
    )
    with serve(answer) as server:
        found = pages(server.url, wanted, start="2024-01-01")
        assert [seen.params["since"][-2:] for seen in server.seen] == [
            "01", "01", "04", "04", "07", "07"
        ]  # fmt: skip
        assert sorted({record["day"][-2:] for record in records(found)}) == [
            f"{day:02d}" for day in range(1, 10)
        ]
        assert found[-1].state == {"day": "2024-01-09"}


def test_properties_are_asked_for_in_chunks_and_records_are_made_whole() -> None:
    def answer(seen: Seen) -> Any:
        if seen.path == "/properties":
            return {"data": [{"name": name} for name in "abcde"]}
        names = seen.params["properties"].split(",")
        return {"data": [{"id": n, **{name: f"{name}{n}" for name in names}} for n in (1, 2)]}

    properties = {
        "type": "QueryProperties",
        "property_list": {
            "type": "PropertiesFromEndpoint",
            "property_field_path": ["name"],
            "retriever": stream(path="/properties")["retriever"],
        },
        "always_include_properties": ["z"],
        "property_chunking": {
            "type": "PropertyChunking",
            "property_limit_type": "property_count",
            "property_limit": 2,
            "record_merge_strategy": {"type": "GroupByKeyMergeStrategy", "key": "id"},
        },
    }
    wanted = stream(requester={"request_parameters": {"properties": properties}})
    with serve(answer) as server:
        found = pages(server.url, wanted)
        assert records(found) == [
            {"id": n, **{name: f"{name}{n}" for name in "zabcde"}} for n in (1, 2)
        ]
        asked = [seen.params["properties"] for seen in server.seen[1:]]
        assert asked == ["z,a,b", "z,c,d", "z,e"]
        assert sum(page.answer is not None for page in found) == 3


def test_a_child_may_begin_in_its_parents_record() -> None:
    def answer(seen: Seen) -> Any:
        if seen.path == "/parents":
            lines = {"data": [{"n": 1}, {"n": 2}]}
            return {"data": [{"id": "a", "lines": lines}, {"id": "b"}]}
        return {"data": [{"n": 3}]}

    parent = {
        "type": "ParentStreamConfig",
        "stream": stream("parents", path="/parents"),
        "parent_key": "id",
        "partition_field": "id",
        "lazy_read_pointer": ["lines"],
    }
    router = {"type": "SubstreamPartitionRouter", "parent_stream_configs": [parent]}
    wanted = stream(
        "lines",
        path="/lines/{{ stream_slice['id'] }}",
        retriever={"partition_router": router, "paginator": paginator()},
    )
    with serve(answer) as server:
        assert [record["n"] for record in records(pages(server.url, wanted))] == [1, 2, 3]
        assert server.paths == ["/parents", "/lines/a&page=1"]
