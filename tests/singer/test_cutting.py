"""Cutting records out of lines: byte for byte what was written, for any JSON at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.airbyte import messages as airbyte
from pipelines.extract.programs.cutting import BadLine, members
from pipelines.extract.singer import messages as singer

TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["}", '"', "\\", '"},"version":1}', "record", '{"type": "RECORD"', "\\u0022"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT | st.sampled_from(["version", "time_extracted"]), VALUES, max_size=5)
STYLES = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (", ", ": ")},
        {"separators": (" ,\t", " : "), "ensure_ascii": False},
    ]
)


@given(OBJECTS, STYLES)
def test_the_members_of_any_object_are_what_was_written(
    value: dict[str, Any], style: dict[str, Any]
) -> None:
    text = json.dumps(value, **style).encode("utf-8", "surrogatepass")
    found = members(b" " + text + b"\r\n")
    assert list(found) == list(value)
    for name, part in found.items():
        assert part == json.dumps(value[name], **style).encode("utf-8", "surrogatepass")


@given(OBJECTS, STYLES, st.permutations(["type", "stream", "record", "time_extracted", "version"]))
def test_a_singer_record_is_cut_out_whatever_it_holds_and_however_it_is_written(
    value: dict[str, Any], style: dict[str, Any], order: list[str]
) -> None:
    parts = {"type": "RECORD", "stream": "s", "record": value, "time_extracted": "x", "version": 3}
    for names in (order, ["type", "stream", "record"], list(parts)):
        line = json.dumps({name: parts[name] for name in names}, **style)
        if not {"type", "stream", "record"} <= set(names):
            continue
        found = singer.parse(line.encode() + b"\n")
        assert isinstance(found, singer.Record)
        assert found.record == json.dumps(value, **style).encode()
        assert set(found.fields) == set(value)


@given(OBJECTS, STYLES)
def test_an_airbyte_record_is_cut_out_whatever_it_holds(
    value: dict[str, Any], style: dict[str, Any]
) -> None:
    for more in ({}, {"emitted_at": 1}, {"emitted_at": 1, "meta": {"changes": []}}):
        body = {"stream": "s", "data": value, **more}
        line = json.dumps({"type": "RECORD", "record": body}, **style)
        found = airbyte.parse(line.encode() + b"\n")
        assert isinstance(found, airbyte.Record)
        assert found.record == json.dumps(value, **style).encode()


@given(OBJECTS, STYLES, st.data())
def test_a_line_that_breaks_off_is_never_taken_for_a_record(
    value: dict[str, Any], style: dict[str, Any], data: st.DataObject
) -> None:
    line = json.dumps({"type": "RECORD", "stream": "s", "record": value}, **style).encode()
    cut = line[: data.draw(st.integers(1, len(line) - 1))]
    with pytest.raises(BadLine):
        singer.parse(cut)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{"a":1 2}', b'{"a":[}', b'{"a":1}}'],
)
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(BadLine):
        members(text)
