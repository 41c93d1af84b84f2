"""Encodings are told where that is safe, and bytes never turn into other text silently."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from pipelines.errors import DeclarationError, FileRefused
from pipelines.extract.formats import csv_pages
from pipelines.spec import Csv
from tests.extract.reading import read_csv

TEXT = "name,city\nNestlé,Zürich\n株式会社,東京\n😀,x\n"
ROWS = [
    {"name": "Nestlé", "city": "Zürich"},
    {"name": "株式会社", "city": "東京"},
    {"name": "😀", "city": "x"},
]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
@pytest.mark.parametrize("page", [1, 10, 8 << 20])
def test_marks_and_utf8_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, mark: bytes, page: int
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    assert read_csv(tmp_path, mark + TEXT.encode(encoding)).records == ROWS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_told(tmp_path: Path, encoding: str) -> None:
    data = "name,city\nNestlé,Zürich\n".encode(encoding)
    assert read_csv(tmp_path, data).records == ROWS[:1]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "mac_roman", "utf-16", "utf-8"])
def test_a_declared_encoding_is_followed(tmp_path: Path, encoding: str) -> None:
    data = "name,city\nNestlé,Zürich\n".encode(encoding)
    assert read_csv(tmp_path, data, Csv(encoding=encoding)).records == ROWS[:1]


def test_encodings_that_bytes_cannot_tell_apart_are_refused_with_the_candidates(
    tmp_path: Path,
) -> None:
    with pytest.raises(FileRefused, match=r"mac_roman reads .*Declare the right one"):
        read_csv(tmp_path, "name,city\nNestlé,Vevey\n".encode("mac_roman"))


@pytest.mark.parametrize("page", [6, 8 << 20])
@pytest.mark.parametrize("declared", [None, "utf-8"])
def test_one_damaged_record_is_rejected_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int, declared: str | None
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    data = TEXT.encode() * 3 + b"Caf\xe9,Paris\n" + b"\xff,only,three\n" + b"end,z\n"
    found = read_csv(tmp_path, data, Csv(encoding=declared))
    header = {"name": "name", "city": "city"}
    again = [*ROWS, header, *ROWS, header, *ROWS]
    assert found.records == [*again, {"name": "end", "city": "z"}]
    assert found.lines == [*range(2, 13), 15]
    assert [(r.line, r.raw) for r in found.rejects] == [
        (13, "Caf\\xe9,Paris"),
        (14, "\\xff,only,three"),
    ]
    assert "mean nothing in utf-8" in found.rejects[0].reason


def test_bytes_that_the_declared_encoding_lacks_are_rejected(tmp_path: Path) -> None:
    data = b"a,b\n1,ok\n\x81,bad\n3,ok\n"
    found = read_csv(tmp_path, data, Csv(encoding="cp1252"))
    assert [r["a"] for r in found.records] == ["1", "3"]
    assert [(r.line, r.raw) for r in found.rejects] == [(3, "\\x81,bad")]


def test_a_file_cut_inside_a_character_loses_only_that_record(tmp_path: Path) -> None:
    data = codecs.BOM_UTF16_LE + "a,b\n1,2\n3,é".encode("utf-16-le")[:-1]
    found = read_csv(tmp_path, data)
    assert found.records == [{"a": "1", "b": "2"}]
    assert [(r.line, r.raw) for r in found.rejects] == [(3, "3,\\xe9")]


def test_a_mark_that_contradicts_the_declaration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="byte-order mark of utf-8"):
        read_csv(tmp_path, codecs.BOM_UTF8 + b"a,b\n", Csv(encoding="latin-1"))


def test_an_unknown_encoding_is_a_wrong_declaration(tmp_path: Path) -> None:
    for name in ("utf-9", "base64"):
        with pytest.raises(DeclarationError, match="is not known"):
            read_csv(tmp_path, b"a,b\n", Csv(encoding=name))
