"""Delimited text: nothing is lost, bent or misplaced, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import DeclarationError, FileRefused
from pipelines.extract.formats import csv_pages
from pipelines.spec import Csv
from tests.extract.reading import read_csv


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("page", [1, 7, 30, 8 << 20])
def test_lines_are_physical_whatever_ends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, page: int
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    text = '\na,b\n1,"x\ny"\n\n2,"say ""hi"""\n3,z\n'
    found = read_csv(tmp_path, text.replace("\n", end).encode())
    assert found.records == [
        {"a": "1", "b": f"x{end}y"},
        {"a": "2", "b": 'say "hi"'},
        {"a": "3", "b": "z"},
    ]
    assert found.lines == [3, 6, 7]


@pytest.mark.parametrize("page", [1, 9, 8 << 20])
def test_an_inch_mark_does_not_swallow_the_lines_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    data = b'a,b\n5" pipe,x\n"2\n3",y\n6" pipe,7" pipe\n"q",r\n8" hose,"s\nt"\n'
    found = read_csv(tmp_path, data)
    assert [r["a"] for r in found.records] == ['5" pipe', "2\n3", '6" pipe', "q", '8" hose']
    assert found.lines == [2, 3, 5, 6, 7]
    assert not found.rejects


@pytest.mark.parametrize("page", [3, 8 << 20])
def test_text_behind_a_closing_quote_is_rejected_not_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    found = read_csv(tmp_path, b'a,b\n1,2\n"x"y,3\n4,5\n')
    assert [r["a"] for r in found.records] == ["1", "4"]
    assert [(r.line, r.raw) for r in found.rejects] == [(3, '"x"y,3')]
    assert "behind the closing quote" in found.rejects[0].reason


def test_a_quote_that_is_never_closed_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"begins on line 3 .* does not end"):
        read_csv(tmp_path, b'a,b\n1,2\n"x,3\n4,5\n6,7\n')


def test_a_record_without_an_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", 1 << 10)
    monkeypatch.setattr(csv_pages, "MAX_RECORD", 1 << 14)
    with pytest.raises(FileRefused, match="does not end within"):
        read_csv(tmp_path, b'a,b\n1,"' + b"x\n" * (1 << 18) + b'"\n')


def test_ragged_records_are_rejected_with_line_and_text(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b'a,b,c\n1,2,3\n4,"5\n"\n6,7,8,9\n\n10,11,12\n')
    assert found.lines == [2, 7]
    assert [(r.line, r.raw, r.reason) for r in found.rejects] == [
        (3, '4,"5\n"', "Expected 3 fields, got 2."),
        (5, "6,7,8,9", "Expected 3 fields, got 4."),
    ]


def test_a_nameless_last_column_is_dropped_only_while_it_is_empty(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b"a,b,\n1,2,\n3,4\n5,6,oops\n7,8, \n")
    assert found.records == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}, {"a": "7", "b": "8"}]
    assert [(r.line, r.raw) for r in found.rejects] == [(4, "5,6,oops")]
    assert "Field 3 has no name" in found.rejects[0].reason


def test_an_empty_field_behind_the_last_column_is_no_reject(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b"a,b\n1,2,\n3,4\n")
    assert found.records == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_blank_records_are_counted_and_kept_if_asked(tmp_path: Path) -> None:
    data = b'a,b\n1,2\n,\n"",""\n,,\n3,4\n'
    assert read_csv(tmp_path, data).blank == 3
    kept = read_csv(tmp_path, data, drop_blank=False)
    assert kept.blank == 0
    assert len(kept.records) == 5
    assert read_csv(tmp_path, b"a\n1\n\n2\n").blank == 1


def test_empty_text_and_null_are_told_apart(tmp_path: Path) -> None:
    data = b'a,b,c\n"",,NA\n"NA",x,y\n'
    assert read_csv(tmp_path, data, Csv(nulls=("", "NA"))).records == [
        {"a": "", "b": None, "c": None},
        {"a": "NA", "b": "x", "c": "y"},
    ]
    assert read_csv(tmp_path, data, Csv(nulls=())).records[0] == {"a": "", "b": "", "c": "NA"}


@pytest.mark.parametrize("page", [8, 8 << 20])
def test_misfits_are_rejects_with_their_exact_line_and_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    data = b'id,on\n1,2024-01-01\n"2\n",2024-01-02\nx,"2024-01-03"\n,\n4,5/18/27\n"",2024-01-05\n'
    found = read_csv(tmp_path, data, columns={"id": "BIGINT", "on": "DATE"})
    assert [r["id"] for r in found.records] == [1, 2, None]
    assert found.lines == [2, 3, 8]
    assert [(r.line, r.raw, r.column) for r in found.rejects] == [
        (5, 'x,"2024-01-03"', "id"),
        (7, "4,5/18/27", "on"),
    ]
    assert found.blank == 1


def test_header_labels_are_trimmed_and_kept_apart(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b'Name, Name ,,"Total\n(USD)"\n1,2,3,4\n')
    assert found.records == [{"name": "1", "name_2": "2", "column": "3", "total_usd": "4"}]
    assert found.lines == [3]


def test_declared_layout_is_followed(tmp_path: Path) -> None:
    data = b'A "title\n\nx;y\n# note\n1 ;2\n3;\\;4\n5;"a\\"b"\nsum;\n(c) us\n'
    declared = Csv(delimiter=";", header_row=3, comment="#", escape="\\", skip_footer=2, trim=True)
    found = read_csv(tmp_path, data, declared)
    assert found.records == [{"x": "1", "y": "2"}, {"x": "3", "y": ";4"}, {"x": "5", "y": 'a"b'}]
    assert found.lines == [5, 6, 7]
    assert not found.rejects


@pytest.mark.parametrize("page", [1, 5, 8 << 20])
@pytest.mark.parametrize("footer", [0, 1, 3, 9])
def test_a_footer_is_left_out_across_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int, footer: int
) -> None:
    monkeypatch.setattr(csv_pages, "PAGE", page)
    found = read_csv(tmp_path, b"a,b\n1,1\n2,2\n3,3\n4,4\n5,5\n", Csv(skip_footer=footer))
    assert [r["a"] for r in found.records] == [str(n) for n in range(1, max(0, 5 - footer) + 1)]


def test_names_replace_or_stand_in_for_a_header(tmp_path: Path) -> None:
    by_name = Csv(names=("p", "q"))
    assert read_csv(tmp_path, b"a,b\n1,2\n", by_name).records == [{"p": "1", "q": "2"}]
    headless = Csv(header_row=0, names=("p", "q"))
    assert read_csv(tmp_path, b"1,2\n3,4\n", headless).records[0] == {"p": "1", "q": "2"}
    assert read_csv(tmp_path, b"", headless).records == []
    with pytest.raises(DeclarationError, match="no header"):
        read_csv(tmp_path, b"1,2\n", Csv(header_row=0))
    with pytest.raises(FileRefused, match="only 1 names"):
        read_csv(tmp_path, b"a,b\n1,2\n", Csv(names=("p",)))


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"a;b;c\n1,5;2;3\n", 3),
        (b"a\tb\n1, x\t2\n", 2),
        (b"id|text\n1|a, b, c\n2|d\n", 2),
        (b"id#text\n1#a, b # c\n2#d\n3#e\n", 2),
        (b'a,b\n"1;2;3;4",5\n"6;7;8;9",1\n', 2),
        (b"Issue #\nplain\nplain\nplain\nplain\n", 1),
        (b"one\n1\n2\n", 1),
    ],
)
def test_the_delimiter_is_told(tmp_path: Path, data: bytes, width: int) -> None:
    assert read_csv(tmp_path, data).rows.num_columns == width + 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Report of June\na,b\n1,2\n3,4\n", "header_row=2"),
        (b",,\nReport of June,,\na,b,c\n1,2,3\n", "header_row=3"),
        (b"a,b\n1\n2\n3,4,5\n6\n7\n", "delimiter"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b'"a,b\n1,2\n', "never closed"),
        (b"PK\x05\x06" + b"\x00" * 18, "no member"),
        (b"\x00\x00\x01" * 2000, "is no text"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_way_out(
    tmp_path: Path, data: bytes, said: str
) -> None:
    with pytest.raises(FileRefused, match=said):
        read_csv(tmp_path, data)


def test_a_header_alone_gives_a_table_without_rows(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b"id,b", columns={"id": "BIGINT"})
    assert found.records == []
    assert str(found.rows.schema.field("id").type) == "int64"


def test_nul_characters_are_kept(tmp_path: Path) -> None:
    assert read_csv(tmp_path, b"a,b\nx\x00y,2\n").records == [{"a": "x\x00y", "b": "2"}]


def test_a_delimiter_of_two_characters_is_a_wrong_declaration(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="delimiter"):
        read_csv(tmp_path, b"a||b\n", Csv(delimiter="||"))
