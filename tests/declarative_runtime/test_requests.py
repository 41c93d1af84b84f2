"""Requests are made as declared, each value at its place."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.declarative.runtime.options import Parts, merge
from pipelines.extract.declarative.runtime.requesters import Requester
from pipelines.extract.declarative.runtime.scope import Slice, scope_of
from tests.declarative_runtime.reading import pages, stream
from tests.declarative_runtime.server import Seen, serve


def sent(requester: dict[str, Any], path: str = "/items", **config: Any) -> Seen:
    with serve(lambda _: {"data": []}) as server:
        pages(server.url, stream(requester=requester, path=path), **config)
        (seen,) = server.seen
        return seen


def test_address_and_method_come_from_expressions() -> None:
    seen = sent({"http_method": "POST"}, path="/v1/{{ config['shop'] }}/items", shop="a1")
    assert (seen.method, seen.path) == ("POST", "/v1/a1/items")


def test_a_whole_url_needs_no_path() -> None:
    seen = sent({"url": "{{ config['url'] }}/whole", "url_base": None}, path="")
    assert seen.path == "/whole"


def test_parameters_are_text_lists_repeat_and_nothing_is_left_out() -> None:
    seen = sent(
        {
            "request_parameters": {
                "n": "{{ config['n'] }}",
                "none": "{{ config.get('none') or '' }}",
                "price": "1.50",
                "plain": "a b&c",
            },
            "request_headers": {"X-Shop": "{{ config['n'] }}"},
        },
        n=7,
    )
    assert seen.params == {"n": "7", "plain": "a b&c", "price": "1.50"}
    assert seen.headers["x-shop"] == "7"


def test_a_parameter_of_the_address_is_not_sent_twice() -> None:
    with serve(lambda _: {"data": []}) as server:
        requester = {"request_parameters": {"kind": "x", "more": "1"}}
        pages(server.url, stream(requester=requester, path="/items?kind=x"))
        assert server.paths == ["/items&kind=x&more=1"]


def test_json_bodies_keep_types_and_nesting() -> None:
    body = {"filter": {"since": "{{ config['since'] }}", "n": 3, "tags": ["a", "b"]}}
    seen = sent({"http_method": "POST", "request_body_json": body}, since="2024-01-01")
    assert seen.json() == {"filter": {"since": "2024-01-01", "n": 3, "tags": ["a", "b"]}}
    assert seen.headers["content-type"] == "application/json"


def test_forms_and_plain_text() -> None:
    form = sent({"http_method": "POST", "request_body_data": {"a": "1", "b": "x y"}})
    assert form.body == b"a=1&b=x+y"
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    text = {"type": "RequestBodyPlainText", "value": "SELECT {{ config['n'] }}"}
    assert sent({"http_method": "POST", "request_body": text}, n=1).body == b"SELECT 1"


def test_graphql_queries_are_sent_as_json() -> None:
    body = {
        "type": "RequestBodyGraphQL",
        "value": {"query": "query { items(first: {{ config['n'] }}) { id } }"},
    }
    seen = sent({"http_method": "POST", "request_body": body}, n=5)
    assert seen.json() == {"query": "query { items(first: 5) { id } }"}


def test_two_bodies_are_refused() -> None:
    with pytest.raises(DeclarationError, match="both"):
        sent({"request_body_data": {"a": "1"}, "request_body_json": {"b": "1"}})


def test_two_components_cannot_set_the_same_parameter() -> None:
    auth = {
        "type": "ApiKeyAuthenticator",
        "api_token": "secret-key",
        "inject_into": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "key",
        },
    }
    requester = {"request_parameters": {"key": "x"}, "authenticator": auth}
    with pytest.raises(DeclarationError, match="'key'") as caught:
        sent(requester)
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "following", "allowed"),
    [
        ("https://api.example.com/v1", "https://www.example.com/v1?page=2", True),
        ("https://api.example.com/v1", "/v1?page=2", True),
        ("https://api.example.com/v1", "https://example.org/", False),
        ("https://a.example.co.uk/", "https://b.other.co.uk/", False),
        ("https://a.example.co.uk/", "https://b.example.co.uk/", True),
        ("https://10.0.0.1/", "https://10.9.0.1/", False),
    ],
)
def test_pages_stay_with_the_owner_of_the_host(base: str, following: str, allowed: bool) -> None:
    requester = Requester({"type": "HttpRequester", "url_base": base})
    scope = scope_of({}, Slice())
    if allowed:
        assert requester.request(scope, page_url=following).url.endswith(following)
    else:
        with pytest.raises(SourceError, match="another host"):
            requester.request(scope, page_url=following)


def test_json_bodies_merge_where_they_do_not_contradict() -> None:
    left = Parts(body_json={"a": {"x": 1}, "same": 1})
    assert merge([left, Parts(body_json={"a": {"y": 2}, "same": 1})]).body_json == {
        "a": {"x": 1, "y": 2},
        "same": 1,
    }
    assert left.body_json == {"a": {"x": 1}, "same": 1}
    with pytest.raises(DeclarationError, match="'x'"):
        merge([left, Parts(body_json={"a": {"x": 2}})])


def test_an_answer_that_may_be_cached_is_asked_for_once() -> None:
    parent = {
        "type": "ParentStreamConfig",
        "stream": stream("parents", path="/parents", requester={"use_cache": True}),
        "parent_key": "id",
        "partition_field": "a",
    }
    configs = [parent, {**parent, "partition_field": "b"}]
    router = {"type": "SubstreamPartitionRouter", "parent_stream_configs": configs}
    wanted = stream("children", path="/children", retriever={"partition_router": router})
    with serve(lambda _: {"data": [{"id": 1}]}) as server:
        pages(server.url, wanted)
        assert [seen.path for seen in server.seen] == ["/parents", "/children", "/children"]
