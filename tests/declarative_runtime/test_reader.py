"""The engine's reader of an API: what it proves, lists, hands out and hides."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.errors import ConfigurationError, ManifestRefused
from pipelines.extract.readers import FoundStream, Reader, open_reader
from pipelines.flow import Pulled, RecordList
from pipelines.spec import Api, PulledStream, Setting, Source
from resources.http.tokens import new_key
from resources.secrets import Given
from resources.settings import Settings
from tests.declarative_runtime.reading import stream
from tests.declarative_runtime.server import Reply, Seen, serve
from tests.declarative_runtime.test_cursors import cursor

KEY = Setting(env="SHOP_KEY", description="The key.", secret=True)


@contextmanager
def reader(settings: Settings, url: str, *streams: Any, **more: Any) -> Iterator[Reader]:
    config = {"url": url, "key": KEY, **more.pop("config", {})}
    document = {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["items"]},
        "streams": list(streams),
        **more,
    }
    source = Source(
        name="shop",
        description="-",
        owner="-",
        streams=(),
        connection=Api(manifest=document, config=config, origin="shop.yaml"),
    )
    allowed = settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    made = open_reader(source, allowed, Given(instead={"SHOP_KEY": "s3cr3t-key"}))
    try:
        yield made
    finally:
        made.close()
        made.close()


def rows(answer: Pulled) -> list[dict[str, Any]]:
    if isinstance(answer.records, bytes):
        return [json.loads(line, parse_float=Decimal) for line in answer.records.splitlines()]
    return [dict(record) for record in answer.records]


def read(made: Reader, of: str = "items", state: Mapping[str, Any] | None = None) -> list[Pulled]:
    wanted = PulledStream(name="rows", description="-", of=of)
    return list(made.read(wanted, state or {}))


def test_an_answer_comes_with_its_bytes_and_with_how_it_was_asked_for(settings: Settings) -> None:
    body = b'{"data": [{"id": 1}, {"id": 2}]}'
    by_key = {
        "type": "ApiKeyAuthenticator",
        "api_token": "{{ config['key'] }}",
        "inject_into": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "q",
        },
    }
    wanted = stream(requester={"authenticator": by_key})
    with serve(lambda _: Reply(body)) as server, reader(settings, server.url, wanted) as made:
        first, last = read(made)
        assert server.seen[0].params == {"q": "s3cr3t-key"}
    assert (rows(first), first.raw) == ([{"id": 1}, {"id": 2}], body)
    assert isinstance(first.records, RecordList)
    assert first.records.place == "$.data"
    assert (first.about["method"], first.about["status"]) == ("GET", 200)
    assert first.about["url"] == f"{server.url}/items?q=***"
    assert first.about["headers"]["Content-Type"] == "application/json"
    assert "s3cr3t" not in repr([first, last])
    assert (rows(last), last.state) == ([], {})


def test_states_come_only_where_a_run_may_go_on(settings: Settings) -> None:
    def answer(seen: Seen) -> Any:
        page = int(seen.params.get("page", 0))
        return {"data": [{"day": f"2024-01-{9 - page:02d}"}] * (page < 2)}

    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": option,
        "pagination_strategy": {"type": "PageIncrement"},
    }
    wanted = stream(incremental_sync=cursor(), retriever={"paginator": paginator})
    config = {"start": "2024-01-01"}
    with (
        serve(answer) as server,
        reader(settings, server.url, wanted, config=config) as made,
    ):
        states = [answer.state for answer in read(made)]
        assert states == [None, None, {"day": "2024-01-09"}, {"day": "2024-01-09"}]
        read(made, state={"day": "2024-01-05"})
        assert server.seen[-1].params["since"] == "2024-01-05"


def test_numbers_of_many_digits_stay_as_they_are_written(settings: Settings) -> None:
    body = b"""{"data": [{"a": 0.1234567890123456789, "b": 1.5, "c": 123456789012345678901234567890,
        "d": 12345678901234567.5e3, "id": "12345678901234567890", "e": -9007199254740993}]}"""
    added = {
        "type": "AddFields",
        "fields": [{"path": ["copy"], "value": "{{ record['a'] }}"}],
    }
    wanted = stream(transformations=[added])
    with serve(lambda _: Reply(body)) as server, reader(settings, server.url, wanted) as made:
        record: Any = rows(read(made)[0])[0]
    assert record["a"] == record["copy"] == Decimal("0.1234567890123456789")
    assert (record["b"], type(record["b"])) == (1.5, float)
    assert record["c"] == 123456789012345678901234567890
    assert record["d"] == Decimal("12345678901234567.5e3")
    assert (record["id"], record["e"]) == ("12345678901234567890", -9007199254740993)


def test_streams_are_listed_with_key_cursor_and_columns(settings: Settings) -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "day": {"type": ["null", "string"], "format": "date"},
            "open": {"type": "boolean"},
            "price": {"type": "number"},
            "lines": {"type": "array"},
        },
    }
    loader = {"type": "InlineSchemaLoader", "schema": schema}
    wanted = stream(primary_key=["id"], incremental_sync=cursor(), schema_loader=loader)
    hidden = {
        "type": "ConditionalStreams",
        "condition": "{{ config['all'] }}",
        "streams": [stream("more")],
    }
    with reader(settings, "http://127.0.0.1:1", wanted, hidden, config={"all": False}) as made:
        assert made.discover() == [
            FoundStream(
                name="items",
                key=("id",),
                cursor="day",
                columns={
                    "id": "BIGINT",
                    "day": "DATE",
                    "open": "BOOLEAN",
                    "price": "",
                    "lines": "",
                },
            )
        ]
    with reader(settings, "http://127.0.0.1:1", wanted, hidden, config={"all": True}) as made:
        assert [found.name for found in made.discover()] == ["items", "more"]
        with pytest.raises(ConfigurationError, match="Known: items, more"):
            read(made, "lost")


def test_a_check_asks_for_one_page(settings: Settings) -> None:
    def answer(seen: Seen) -> Any:
        return {"data": [{"id": 1}], "next": "x"}

    wanted = stream(
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {"type": "RequestPath"},
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response['next'] }}",
                },
            }
        }
    )
    with serve(answer) as server, reader(settings, server.url, wanted) as made:
        assert "items (1 records at first)" in made.check()
        assert len(server.seen) == 1


def test_a_rotating_token_needs_a_key_and_nothing_else_does(settings: Settings) -> None:
    def answer(seen: Seen) -> Any:
        if seen.path == "/token":
            return {"access_token": "at-1", "refresh_token": "rt-2", "expires_in": 3600}
        return {"data": [{"id": 1}]}

    oauth = {
        "type": "OAuthAuthenticator",
        "token_refresh_endpoint": "{{ config['url'] }}/token",
        "client_id": "c",
        "client_secret": "{{ config['key'] }}",
        "refresh_token": "{{ config['refresh'] }}",
        "refresh_token_updater": {"refresh_token_config_path": ["refresh"]},
    }
    wanted = stream(requester={"authenticator": oauth})
    config = {"refresh": "rt-1"}
    with serve(answer) as server:
        with (
            reader(settings, server.url, wanted, config=config) as made,
            pytest.raises(ConfigurationError, match="HEADWATER_TOKEN_KEY"),
        ):
            read(made)
        assert server.seen == []
        keyed = Settings(home=settings.home, data=settings.data, token_key=SecretStr(new_key()))
        for _ in range(2):
            with reader(keyed, server.url, wanted, config=config) as made:
                assert len(rows(read(made)[0])) == 1
        assert [seen.path for seen in server.seen] == ["/token", "/items", "/items"]


def test_a_manifest_that_cannot_run_is_refused_when_it_is_opened(settings: Settings) -> None:
    with (
        pytest.raises(ManifestRefused, match=r"shop\.yaml"),
        reader(settings, "http://127.0.0.1:1", {"type": "DeclarativeStream", "name": "items"}),
    ):
        pass


def test_pages_and_slices_are_asked_for_ahead_and_come_in_order(settings: Settings) -> None:
    def answer(seen: Seen) -> Any:
        page = int(seen.params.get("page", 0))
        return {"data": [{"shop": seen.params["shop"], "page": page}] * (page < 3)}

    def option(name: str) -> dict[str, Any]:
        return {"type": "RequestOption", "inject_into": "request_parameter", "field_name": name}

    wanted = stream(
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": option("page"),
                "pagination_strategy": {"type": "PageIncrement", "page_size": 1},
            },
            "partition_router": {
                "type": "ListPartitionRouter",
                "cursor_field": "shop",
                "values": [str(number) for number in range(12)],
                "request_option": option("shop"),
            },
        }
    )
    with serve(answer) as server, reader(settings, server.url, wanted) as made:
        found = [record for answer in read(made) for record in rows(answer)]
        assert found == [{"shop": str(n), "page": p} for n in range(12) for p in range(3)]
        assert len(server.seen) == 12 * 4
        server.seen.clear()
        half = made.read(PulledStream(name="items", description="-"), {})
        next(half)
        close = getattr(half, "close")  # noqa: B009
        close()
        assert len(server.seen) <= 6
