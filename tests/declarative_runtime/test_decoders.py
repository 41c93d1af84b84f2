"""Bodies become values, and what cannot be decoded is told, never skipped."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

from pipelines.errors import SourceError
from pipelines.extract.declarative.runtime import decoders
from pipelines.extract.declarative.runtime.decoders import compile_decoder


def values(body: bytes, **component: Any) -> list[Any]:
    return list(compile_decoder(component or None)(body))


def test_json_lists_are_opened_and_single_documents_kept() -> None:
    assert values(b'[{"a":1},{"a":2}]') == [{"a": 1}, {"a": 2}]
    assert values(b'{"data":[1]}') == [{"data": [1]}]
    assert values(b"", type="JsonDecoder") == [{}]


def test_not_a_number_is_read_as_vendors_write_it() -> None:
    assert str(values(b'{"a": NaN}')[0]["a"]) == "nan"


def test_a_login_page_is_no_empty_page() -> None:
    with pytest.raises(SourceError, match="login"):
        values(b"<html>sign in</html>")


def test_a_broken_line_is_not_skipped() -> None:
    assert values(b'{"a":1}\n\n{"a":2}\n', type="JsonlDecoder") == [{"a": 1}, {"a": 2}]
    with pytest.raises(SourceError, match="Line 2"):
        values(b'{"a":1}\n{"a":', type="JsonlDecoder")


def test_csv_has_its_delimiter_encoding_and_nulls() -> None:
    body = "name\tcity\nAnn\tKøln\nBo\tNA\n".encode("latin-1")
    rows = values(
        body, type="CsvDecoder", delimiter="\\t", encoding="latin-1", set_values_to_none=["NA"]
    )
    assert rows == [{"name": "Ann", "city": "Køln"}, {"name": "Bo", "city": None}]


def test_csv_newlines_inside_quotes_survive() -> None:
    assert values(b'a,b\r\n"x\r\ny",2\r\n', type="CsvDecoder") == [{"a": "x\r\ny", "b": "2"}]


def test_bytes_that_are_not_the_declared_encoding_are_refused() -> None:
    with pytest.raises(SourceError, match="utf-8"):
        values(b"a,b\n\xff,2\n", type="CsvDecoder")


def test_items_of_one_large_document() -> None:
    body = b'{"data":{"users":[{"id":1},{"id":2}]}}'
    assert values(body, type="JsonItemsDecoder", items_path="data.users") == [{"id": 1}, {"id": 2}]


def test_xml_keeps_attributes_text_lists_and_empty_elements() -> None:
    body = b"""<r xmlns:n="u"><location id="1"> SF </location>
      <item><name>A</name></item><item><name>B</name><none/></item><n:x>1</n:x></r>"""
    assert values(body, type="XmlDecoder") == [
        {
            "r": {
                "@xmlns:n": "u",
                "location": {"@id": "1", "#text": "SF"},
                "item": [{"name": "A"}, {"name": "B", "none": None}],
                "n:x": "1",
            }
        }
    ]


def test_xml_entities_are_refused() -> None:
    body = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
    with pytest.raises(SourceError, match="entities"):
        values(body, type="XmlDecoder")


def test_gzip_is_unpacked_and_plain_bytes_pass() -> None:
    component = {"type": "GzipDecoder", "decoder": {"type": "JsonlDecoder"}}
    packed = gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"a":2}\n')
    assert values(packed, **component) == [{"a": 1}, {"a": 2}]
    assert values(b'{"a":1}\n', **component) == [{"a": 1}]


def test_gzip_cut_short_or_damaged_is_refused() -> None:
    component = {"type": "GzipDecoder", "decoder": {"type": "JsonlDecoder"}}
    packed = gzip.compress(b'{"a":1}\n' * 1000)
    with pytest.raises(SourceError, match="cut short"):
        values(packed[:-9], **component)
    with pytest.raises(SourceError, match=r"damaged|cut short"):
        values(packed[:15] + b"\xff\xff\xff" + packed[18:], **component)


def test_a_bomb_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "MAX_UNPACKED", 1 << 20)
    component = {"type": "GzipDecoder", "decoder": {"type": "JsonlDecoder"}}
    with pytest.raises(SourceError, match="limit"):
        values(gzip.compress(b" " * (8 << 20)), **component)


def test_every_member_of_a_zip_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.jsonl", b'{"a":1}\n')
        archive.writestr("b.jsonl", b'{"a":2}\n')
    component = {"type": "ZipfileDecoder", "decoder": {"type": "JsonlDecoder"}}
    assert values(packed.getvalue(), **component) == [{"a": 1}, {"a": 2}]
    with pytest.raises(SourceError, match="zip"):
        values(b"nothing", **component)


def test_lines_as_records() -> None:
    assert values(b"x\ny\n", type="IterableDecoder") == [{"record": "x"}, {"record": "y"}]
