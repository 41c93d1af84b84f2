"""The ends of an answer tell what the whole says, or nothing."""

from __future__ import annotations

import json
import threading
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.ends import fields_at_ends
from pipelines.extract.declarative.runtime.reading import Reading
from pipelines.extract.declarative.templates import keys_read
from tests.declarative_runtime.reading import client, manifest, stream
from tests.declarative_runtime.server import Seen, serve

_TEXTS = st.text(alphabet='ab"\\[]{},:0 ', max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(_TEXTS, _VALUES, max_size=5), st.sampled_from([None, 1]))
def test_what_is_found_is_what_the_answer_says(answer: dict[str, Any], indent: int | None) -> None:
    found = fields_at_ends(json.dumps(answer, indent=indent).encode())
    assert found == {name: answer[name] for name in found}


def test_a_token_on_either_side_of_the_records_is_found() -> None:
    records = [{"id": n, "note": "a ] b", "tags": ["x"]} for n in range(9)]
    behind = json.dumps({"data": records, "meta": {"next": "c1"}, "next": "c2"})
    assert fields_at_ends(behind.encode()) == {"meta": {"next": "c1"}, "next": "c2"}
    before = json.dumps({"next": "c2", "data": records})
    assert fields_at_ends(before.encode()) == {"next": "c2"}
    assert fields_at_ends(b'[{"next": "c2"}]') == {}
    assert fields_at_ends(b"<html>") == {}


def test_the_keys_that_a_template_reads_are_known_or_any() -> None:
    assert keys_read("{{ response.next }}", "response") == frozenset({"next"})
    text = "{{ response.get('meta', {}).get('next') or response['b']['c'] }}"
    assert keys_read(text, "response") == frozenset({"meta", "b"})
    assert keys_read("{{ headers['x'] }}", "response") == frozenset()
    for any_of_them in ("{{ response | length }}", "{{ response.items() }}", "{{ f(response) }}"):
        assert keys_read(any_of_them, "response") is None


def test_the_next_page_is_asked_for_before_this_one_is_taken() -> None:
    came = threading.Event()

    def answer(seen: Seen) -> Any:
        if "cursor" in seen.params:
            came.set()
            return {"data": [], "next": None}
        return {"data": [{"id": 1}], "next": "c1"}

    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "cursor"}
    wanted = stream(
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": option,
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.next }}",
                },
            }
        },
        transformations=[
            {"type": "AddFields", "fields": [{"path": ["seen"], "value": "{{ record.id }}"}]}
        ],
    )
    with serve(answer) as server, client() as http:
        context = AuthContext({"url": server.url}, http.send)
        reading = Reading(manifest(wanted), context, http.send_soon)
        pages = reading.pages(reading.stream("items"), {})
        assert next(pages).records == [{"id": 1, "seen": 1}]
        assert came.wait(5)
        assert [page.records for page in pages] == [[], []]
        assert len(server.seen) == 2


def test_pages_are_asked_for_while_the_first_is_still_being_used() -> None:
    """Up to three pages behind the one at hand, each once, and none behind the end."""
    seen_pages: list[str] = []
    enough = threading.Event()

    def answer(seen: Seen) -> Any:
        number = int(seen.params.get("cursor", 0))
        seen_pages.append(str(number))
        if number == 3:
            enough.set()
        return {"data": [{"id": number}], "next": number + 1 if number < 9 else None}

    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "cursor"}
    wanted = stream(
        retriever={
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": option,
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response['next'] }}",
                },
            }
        }
    )
    with serve(answer) as server, client() as http:
        reading = Reading(
            manifest(wanted), AuthContext({"url": server.url}, http.send), http.send_soon
        )
        pages = reading.pages(reading.stream("items"), {})
        first = next(pages)
        assert enough.wait(5)
        found = [first, *pages]
        assert [record["id"] for page in found for record in page.records] == list(range(10))
        assert seen_pages == [str(number) for number in range(10)]
