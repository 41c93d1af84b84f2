"""The right stream is read, and what cannot be read is named."""

from __future__ import annotations

import pytest

from pipelines.errors import ConfigurationError, SourceError
from tests.declarative_runtime.reading import pages, records, stream
from tests.declarative_runtime.server import Reply, serve
from tests.declarative_runtime.test_cursors import cursor


def test_an_unknown_stream_is_told_with_the_known_ones() -> None:
    with serve(lambda _: {}) as server, pytest.raises(ConfigurationError, match="Known: items"):
        pages(server.url, stream(), name="elsewhere")


def test_the_first_run_and_later_ones_may_be_different_streams() -> None:
    delegating = {
        "type": "StateDelegatingStream",
        "name": "items",
        "full_refresh_stream": stream(path="/all", incremental_sync=cursor()),
        "incremental_stream": stream(path="/changes", incremental_sync=cursor()),
    }
    with serve(lambda _: {"data": [{"day": "2024-01-03"}]}) as server:
        state = pages(server.url, delegating, start="2024-01-01")[-1].state
        assert state == {"day": "2024-01-03"}
        pages(server.url, delegating, start="2024-01-01", state=state)
        assert [seen.path for seen in server.seen] == ["/all", "/changes"]


def test_pages_carry_the_answer_as_it_came() -> None:
    with serve(lambda _: Reply(b'{"data": [{"id": 1}] }')) as server:
        first, last = pages(server.url, stream())
        assert first.answer is not None
        assert (first.answer.body, first.answer.status) == (b'{"data": [{"id": 1}] }', 200)
        assert first.answer.url == f"{server.url}/items"
        assert (last.answer, last.records, last.state) == (None, [], {})


def test_other_formats_are_decoded_by_their_decoder() -> None:
    with serve(lambda _: Reply(b"a;b\n1;2\n", headers={"Content-Type": "text/csv"})) as server:
        decoder = {"type": "CsvDecoder", "delimiter": ";"}
        found = pages(server.url, stream(retriever={"decoder": decoder}, field_path=()))
        assert records(found) == [{"a": "1", "b": "2"}]


def test_a_login_page_is_no_empty_stream() -> None:
    page = Reply(b"<html>Sign in</html>", headers={"Content-Type": "text/html"})
    with serve(lambda _: page) as server, pytest.raises(SourceError):
        pages(server.url, stream())
