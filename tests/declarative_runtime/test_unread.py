"""Pages that are handed on unparsed give what parsing them gives, or are parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.extract.declarative.runtime.ends import around
from pipelines.extract.pulled import decode
from pipelines.flow import Pulled, RecordList
from pipelines.naming import NameMap
from pipelines.spec import PulledStream
from resources.settings import Settings
from tests.declarative_runtime.reading import stream
from tests.declarative_runtime.server import Reply, serve
from tests.declarative_runtime.test_reader import read, reader

_TEXTS = st.text(alphabet='ab"\\[]{},:0 é', max_size=6)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.decimals(-1000, 1000, places=2).map(float)
    | _TEXTS
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXTS, inner, max_size=2),
    max_leaves=5,
)
_ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"id": _LEAVES, "name": _TEXTS, "owner": _VALUES}),
    max_size=4,
)
_NOTHING = {"type": "RecordFilter", "condition": "{{ True }}"}
_STREAM = PulledStream(name="rows", description="-", of="items")


def rows(answers: Iterator[Pulled]) -> tuple[list[dict[str, Any]], list[str | None]]:
    names, found, places = NameMap({}), [], []
    for _, chunk in decode(answers, _STREAM, names, "shop.rows"):
        assert not chunk.rejects
        for row in chunk.rows.to_pylist():
            places.append(row.pop("_path"))
            found.append({n: v for n, v in row.items() if v is not None and n != "_file"})
    return found, places


@limits(deadline=None)
@given(st.lists(_ROWS, min_size=2, max_size=4), st.sampled_from([None, 1]))
def test_a_list_gives_the_rows_that_its_records_give(
    pages: list[list[dict[str, Any]]], indent: int | None
) -> None:
    texts = [json.dumps(page, indent=indent).encode() for page in pages]
    unread = [Pulled(RecordList(text, "$", partial(json.loads, text))) for text in texts]
    parsed = [
        Pulled(page, paths=[f"$[{at}]" for at in range(len(page))])
        for page in (json.loads(text) for text in texts)
    ]
    assert rows(iter(unread)) == rows(iter(parsed))


def wanted(**more: Any) -> dict[str, Any]:
    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"}
    return stream(
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": option,
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response['next'] }}",
                },
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
                **more,
            },
        }
    )


def page(number: int) -> bytes:
    records = [{"id": 10 * number + step, "note": f"a ] {step}", "of": [step]} for step in range(3)]
    return json.dumps({"data": records, "next": number + 1 if number < 3 else None}).encode()


def test_pages_follow_each_other_unparsed(settings: Settings) -> None:
    with (
        serve(lambda seen: Reply(page(int(seen.params.get("page", 0))))) as server,
        reader(settings, server.url, wanted()) as made,
    ):
        answers = read(made)
    assert all(isinstance(answer.records, RecordList) for answer in answers[:-1])
    found, places = rows(iter(answers))
    assert [row["id"] for row in found] == [10 * n + step for n in range(4) for step in range(3)]
    assert places[:4] == ["$.data[0]", "$.data[1]", "$.data[2]", "$.data[0]"]
    assert answers[-1].state == {}


@pytest.mark.parametrize(
    "more",
    [{"record_filter": _NOTHING}, {"schema_normalization": "Default"}],
    ids=["a filter", "conversions"],
)
def test_records_that_are_looked_at_are_parsed(settings: Settings, more: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string"}}}
    with (
        serve(lambda seen: Reply(page(int(seen.params.get("page", 0))))) as server,
        reader(
            settings,
            server.url,
            {**wanted(**more), "schema_loader": {"type": "InlineSchemaLoader", "schema": schema}},
        ) as made,
    ):
        answers = read(made)
    assert not any(isinstance(answer.records, RecordList) for answer in answers)
    assert len(rows(iter(answers))[0]) == 12


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"data": [1, {"id": 2}]}', [{"value": 1}, {"id": 2}]),
        (b'{"data": [{"id": 1}], "data": [{"id": 2}]}', [{"id": 2}]),
        (b'{"data": [{"id": 1}], "next": null, "data": [{"id": 2}], "next": null}', [{"id": 2}]),
        (b'{"data": [{"id": 1}], "more": [3]}', [{"id": 1}]),
        (b'{"tags": ["x"], "data": [{"id": 1}]}', [{"id": 1}]),
        (b'{"data": {"id": 1}, "tags": []}', [{"id": 1}]),
        (b'{"data": null, "tags": []}', []),
        (b'{"data": []}', []),
        (b'[{"data": [{"id": 1}]}]', [{"id": 1}]),
        (b'\xef\xbb\xbf{"data": [{"id": 1}]}', [{"id": 1}]),
    ],
)
def test_an_odd_answer_is_taken_for_what_it_says(
    settings: Settings, answer: bytes, expected: list[dict[str, Any]]
) -> None:
    with serve(lambda _: Reply(answer)) as server, reader(settings, server.url, stream()) as made:
        found, _ = rows(iter(read(made)))
    assert found == expected


def test_a_token_between_two_lists_is_found(settings: Settings) -> None:
    def answer(seen: Any) -> Reply:
        more = b"null" if seen.params else b'"2"'
        return Reply(b'{"data": [{"id": 1}], "next": %b, "tags": ["x"]}' % more)

    with serve(answer) as server, reader(settings, server.url, wanted()) as made:
        assert len(rows(iter(read(made)))[0]) == 2


def test_an_answer_that_tells_two_next_pages_is_refused(settings: Settings) -> None:
    body = b'{"next": null, "data": [{"id": 1}], "next": "2", "tags": ["x"]}'
    with (
        serve(lambda _: Reply(body)) as server,
        reader(settings, server.url, wanted()) as made,
        pytest.raises(SourceError, match="next page twice"),
    ):
        rows(iter(read(made)))


def test_a_list_that_is_no_json_ends_the_read_before_its_rows(settings: Settings) -> None:
    broken = b'{"data": [{"id": 1}, {"id": ], "next": null}'
    with (
        serve(lambda _: Reply(broken)) as server,
        reader(settings, server.url, wanted()) as made,
        pytest.raises(SourceError, match="not JSON"),
    ):
        rows(iter(read(made)))


@limits(deadline=None)
@given(st.dictionaries(_TEXTS, _VALUES, max_size=4), st.dictionaries(_TEXTS, _VALUES, max_size=4))
def test_what_stands_around_the_records_is_what_the_answer_says(
    before: dict[str, Any], behind: dict[str, Any]
) -> None:
    answer = {**before, "data": {"page": {**before, "rows": [{"a": 1}], **behind}}, **behind}
    body = json.dumps(answer).encode()
    found = around(body, ("data", "page", "rows"))
    if found is None:
        return
    fields, start, end = found
    try:
        json.loads(body[start:end])
    except ValueError:
        return
    del answer["data"]["page"]["rows"]
    assert (fields, body[start:end]) == (answer, b'[{"a": 1}]')


def test_the_common_forms_of_an_answer_are_taken_apart() -> None:
    inner = b'{"data": {"deals": {"nodes": [{"a": [1]}], "cursor": "x"}}, "n": 2}'
    assert around(inner, ("data", "deals", "nodes")) == (
        {"data": {"deals": {"cursor": "x"}}, "n": 2},
        inner.index(b"["),
        inner.rindex(b"]") + 1,
    )
    assert around(b'{"ok": true, "data": []}', ("data",)) == ({"ok": True}, 21, 23)
    assert around(b'{"data": [], "data": 1}', ("data",)) is None
    assert around(b'{"other": []}', ("data",)) is None
    assert around(b"[]", ("data",)) is None
    assert around(b'{"data": []', ("data",)) is None
