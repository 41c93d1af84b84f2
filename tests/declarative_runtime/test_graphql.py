"""GraphQL: cursor connections are followed, and errors in a 200 answer are errors."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import SourceError
from tests.declarative_runtime.reading import pages, records, stream
from tests.declarative_runtime.server import Seen, serve

QUERY = "query($after: String) { deals(first: 2, after: $after) { nodes { id } } }"


def deals(**requester: Any) -> dict[str, Any]:
    return stream(
        path="/graphql",
        field_path=("data", "deals", "nodes"),
        requester={
            "http_method": "POST",
            "request_body": {
                "type": "RequestBodyGraphQL",
                "value": {"query": QUERY, "variables": {"stage": "{{ config['stage'] }}"}},
            },
            **requester,
        },
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "body_json",
                    "field_path": ["variables", "after"],
                },
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.data.deals.pageInfo.endCursor }}",
                    "stop_condition": "{{ not response.data.deals.pageInfo.hasNextPage }}",
                },
            }
        },
    )


def answer(seen: Seen) -> Any:
    variables = seen.json()["variables"]
    assert (variables["stage"], seen.json()["query"]) == ("won", QUERY)
    first = 2 if variables.get("after") == "c2" else 0
    info = {"endCursor": "c2", "hasNextPage": first == 0}
    return {"data": {"deals": {"nodes": [{"id": first}, {"id": first + 1}], "pageInfo": info}}}


def test_connections_are_followed_to_their_end() -> None:
    with serve(answer) as server:
        found = records(pages(server.url, deals(), stage="won"))
        assert [record["id"] for record in found] == [0, 1, 2, 3]
        assert len(server.seen) == 2


def test_errors_in_a_good_answer_are_told_unless_they_are_ignored() -> None:
    broken = {"data": {"deals": None}, "errors": [{"message": "no such stage"}]}
    with serve(lambda _: broken) as server, pytest.raises(SourceError, match="no such stage"):
        pages(server.url, deals(), stage="won")
    handler = {
        "type": "DefaultErrorHandler",
        "response_filters": [
            {
                "type": "HttpResponseFilter",
                "predicate": "{{ 'errors' in response }}",
                "action": "IGNORE",
            }
        ],
    }
    with serve(lambda _: {**broken, "data": {}}) as server:
        assert records(pages(server.url, deals(error_handler=handler), stage="won")) == []
