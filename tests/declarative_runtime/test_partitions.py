"""Every partition is read, keeps a state of its own, and is named in the requests."""

from __future__ import annotations

from typing import Any

from tests.declarative_runtime.reading import pages, records, state_of, stream
from tests.declarative_runtime.server import Seen, serve
from tests.declarative_runtime.test_cursors import cursor


def option(name: str) -> dict[str, Any]:
    return {"type": "RequestOption", "inject_into": "request_parameter", "field_name": name}


def listing(values: Any, name: str = "shop", **more: Any) -> dict[str, Any]:
    return {"type": "ListPartitionRouter", "cursor_field": name, "values": values, **more}


def substream(parent: dict[str, Any], **more: Any) -> dict[str, Any]:
    config = {
        "type": "ParentStreamConfig",
        "stream": parent,
        "parent_key": "id",
        "partition_field": "parent_id",
        **more,
    }
    return {"type": "SubstreamPartitionRouter", "parent_stream_configs": [config]}


def routed(router: Any, path: str = "/items", **more: Any) -> dict[str, Any]:
    return stream("children", path=path, retriever={"partition_router": router}, **more)


def echo(seen: Seen) -> Any:
    return {"data": [{"path": seen.path, **seen.params}]}


def test_a_list_gives_one_request_a_value() -> None:
    with serve(echo) as server:
        router = listing("{{ config['shops'] }}", request_option=option("s"))
        pages(server.url, routed(router), shops=["a", "b"])
        assert server.paths == ["/items&s=a", "/items&s=b"]
        server.seen.clear()
        pages(server.url, routed(listing(["1", "2"]), path="/{{ stream_partition.shop }}/items"))
        assert server.paths == ["/1/items", "/2/items"]


def test_lists_are_combined() -> None:
    with serve(echo) as server:
        routers = [
            listing(["a", "b"], "x", request_option=option("x")),
            listing(["c", "d"], "y", request_option=option("y")),
        ]
        pages(server.url, routed(routers))
        assert server.paths == [f"/items&x={x}&y={y}" for x in "ab" for y in "cd"]


def family(seen: Seen) -> Any:
    if seen.path == "/parents":
        return {"data": [{"id": 1, "info": {"name": "A"}}, {"id": None}, {"id": 3}]}
    return {"data": [{"path": seen.path, **seen.params}]}


PARENT = stream("parents", path="/parents")


def test_each_record_of_the_parent_is_a_partition() -> None:
    router = substream(PARENT, request_option=option("p"), extra_fields=[["info", "name"]])
    add = {
        "type": "AddFields",
        "fields": [
            {
                "path": ["name"],
                "value": "{{ stream_slice.extra_fields['info.name'] }}",
            },
            {"path": ["parent"], "value": "{{ stream_partition['parent_id'] }}"},
        ],
    }
    with serve(family) as server:
        wanted = routed(
            router, path="/parents/{{ stream_slice.parent_id }}/items", transformations=[add]
        )
        found = records(pages(server.url, wanted))
        assert [record["path"] for record in found] == ["/parents/1/items", "/parents/3/items"]
        assert [record["parent"] for record in found] == [1, 3]
        assert [record["p"] for record in found] == ["1", "3"]
        assert found[0]["name"] == "A"


def test_grandparents_are_kept_in_the_partition() -> None:
    middle = routed(substream(PARENT), path="/parents/{{ stream_slice.parent_id }}/items")
    middle["name"] = "middle"
    router = substream(middle, parent_key="path", partition_field="item")
    with serve(family) as server:
        children = stream("children", retriever={"partition_router": router})
        slices = [page.slice.partition for page in pages(server.url, children)][:-1]
        assert slices[0] == {
            "item": "/parents/1/items",
            "parent_slice": {"parent_id": 1, "parent_slice": {}},
        }


def test_partitions_are_grouped() -> None:
    router = {
        "type": "GroupingPartitionRouter",
        "group_size": 2,
        "underlying_partition_router": listing(["a", "b", "a", "c"]),
    }
    requester = {"request_parameters": {"ids": "{{ stream_partition['shop'] | join(',') }}"}}
    with serve(echo) as server:
        pages(server.url, routed(router, requester=requester))
        assert server.paths == ["/items&ids=a,b", "/items&ids=c"]


def dated(seen: Seen) -> Any:
    last = {"a": 5, "b": 3}.get(seen.params["s"], 9)
    found = [{"day": f"2024-01-{n:02d}"} for n in range(1, last + 1)]
    return {"data": [record for record in found if record["day"] >= seen.params["since"]]}


def test_each_partition_has_a_state_and_a_new_one_begins_with_the_common_state() -> None:
    router = listing("{{ config['shops'] }}", request_option=option("s"))
    wanted = routed(router, incremental_sync=cursor())
    with serve(dated) as server:
        found = pages(server.url, wanted, shops=["a", "b"], start="2024-01-01")
        state = state_of(found[-1])
        assert state["states"] == [
            {"partition": {"shop": "a"}, "cursor": {"day": "2024-01-05"}},
            {"partition": {"shop": "b"}, "cursor": {"day": "2024-01-03"}},
        ]
        assert state["state"] == {"day": "2024-01-05"}
        assert state["use_global_cursor"] is False
        assert state["lookback_window"] >= 1
        between = state_of(found[0])
        assert between["states"][0]["cursor"] == {"day": "2024-01-05"}
        assert "state" not in between

        server.seen.clear()
        again = pages(server.url, wanted, shops=["a", "b", "c"], start="2024-01-01", state=state)
        since = [seen.params["since"] for seen in server.seen]
        assert since == ["2024-01-05", "2024-01-03", "2024-01-04"]
        assert state_of(again[-1])["state"] == {"day": "2024-01-09"}


def test_a_state_from_before_the_stream_had_partitions_counts_for_all() -> None:
    router = listing(["a", "b"], request_option=option("s"))
    with serve(dated) as server:
        wanted = routed(router, incremental_sync=cursor())
        pages(server.url, wanted, start="2024-01-01", state={"day": "2024-01-04"})
        assert [seen.params["since"] for seen in server.seen] == ["2024-01-04"] * 2


def test_one_state_for_all_partitions_where_declared() -> None:
    router = listing(["a", "b"], request_option=option("s"))
    with serve(dated) as server:
        wanted = routed(router, incremental_sync=cursor(global_substream_cursor=True))
        state = state_of(pages(server.url, wanted, start="2024-01-01")[-1])
        assert "states" not in state
        assert state["use_global_cursor"] is True
        assert state["state"] == {"day": "2024-01-05"}


def test_a_parent_is_read_on_from_its_own_state() -> None:
    def answer(seen: Seen) -> Any:
        if seen.path == "/parents":
            days = [f"2024-01-{n:02d}" for n in range(1, 5)]
            return {
                "data": [
                    {"id": n + 1, "day": day}
                    for n, day in enumerate(days)
                    if day >= seen.params["since"]
                ]
            }
        return {"data": [{"day": "2024-01-02", "parent": seen.params["s"]}]}

    parent = stream("parents", path="/parents", incremental_sync=cursor())
    router = substream(parent, incremental_dependency=True, request_option=option("s"))
    wanted = routed(router, incremental_sync=cursor())
    with serve(answer) as server:
        state = state_of(pages(server.url, wanted, start="2024-01-01")[-1])
        assert state["parent_state"] == {"parents": {"day": "2024-01-04"}}
        server.seen.clear()
        found = pages(server.url, wanted, start="2024-01-01", state=state)
        assert server.seen[0].params["since"] == "2024-01-04"
        assert [record["parent"] for record in records(found)] == ["4"]
        del state["parent_state"]
        server.seen.clear()
        pages(server.url, wanted, start="2024-01-01", state=state)
        assert server.seen[0].params["since"] == "2024-01-02"


def test_partition_values_are_left_out_of_later_pages_where_asked_for() -> None:
    def answer(seen: Seen) -> Any:
        following = None if "page" in seen.params else "/items?page=2"
        return {"data": [dict(seen.params)], "next": following}

    retriever = {
        "partition_router": listing(["a"], request_option=option("s")),
        "ignore_stream_slicer_parameters_on_paginated_requests": True,
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": {"type": "RequestPath"},
            "pagination_strategy": {
                "type": "CursorPagination",
                "cursor_value": "{{ response['next'] }}",
            },
        },
    }
    with serve(answer) as server:
        pages(server.url, stream(retriever=retriever))
        assert server.paths == ["/items&s=a", "/items&page=2"]


def test_a_state_of_the_old_shape_goes_on_by_partition() -> None:
    parent = {
        "type": "ParentStreamConfig",
        "stream": stream("parents", path="/parents"),
        "parent_key": "id",
        "partition_field": "parent",
    }
    router = {"type": "SubstreamPartitionRouter", "parent_stream_configs": [parent]}
    wanted = stream(
        "children",
        path="/children/{{ stream_slice['parent'] }}",
        retriever={"partition_router": router},
        incremental_sync=cursor(),
        state_migrations=[{"type": "LegacyToPerPartitionStateMigration"}],
    )

    def answer(seen: Seen) -> Any:
        return {"data": [{"id": "p1"}] if seen.path == "/parents" else []}

    with serve(answer) as server:
        old = {"p1": {"day": "2024-01-07"}}
        state = state_of(pages(server.url, wanted, start="2024-01-01", state=old)[-1])
        assert state["states"][0] == {"partition": {"parent": "p1"}, "cursor": old["p1"]}
