"""XML: safe, streamed, with nothing of a record lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from pipelines.errors import DeclarationError, FileRefused
from pipelines.extract.formats import xml_documents
from pipelines.extract.formats.xml_sgml import header_values, read_header
from pipelines.spec import Xml
from tests.formats.reading import Result, read


def xml(
    raw: bytes,
    record: str = "/r/i",
    columns: Mapping[str, str] | None = None,
    context: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    envelope: Literal["none", "sgml"] = "none",
) -> Result:
    declared = Xml(record=record, columns=columns or {}, context=context or {}, envelope=envelope)
    return read(declared, raw, types)


def test_children_attributes_repeats_and_namespaces() -> None:
    result = xml(
        b'<r xmlns="u:a" xmlns:b="u:b"><i id="1"><n>x</n><b:t>1</b:t><b:t>2</b:t></i>'
        b'<i id="2"><n a="q">y</n><t>3</t><o/></i><i/></r>'
    )
    assert result.rows == [
        {"id": "1", "n": {"#text": "x", "@a": None}, "t": ["1", "2"], "o": None},
        {"id": "2", "n": {"#text": "y", "@a": "q"}, "t": ["3"], "o": None},
    ]
    assert result.blank == 1


def test_lines_and_paths_are_true_in_the_file() -> None:
    raw = (
        b'\n\n<?xml version="1.0"?>\n<r>\n<g><i>1</i>\n<!-- no -->\n<i>2</i></g>'
        b"<g><x/><i>3</i></g></r>"
    )
    result = xml(raw, "//i")
    assert result.origin("_line") == [5, 7, 7]
    assert result.origin("_path") == ["/r/g[1]/i[1]", "/r/g[1]/i[2]", "/r/g[2]/i[1]"]
    assert [row["text"] for row in result.rows] == ["1", "2", "3"]


def test_declared_columns_and_context_behind_the_records() -> None:
    result = xml(
        b'<r xmlns="u"><i id="1"><n>x</n><n>y</n></i><i id="2"><n>3</n></i><end><v>z</v></end></r>',
        columns={"id": "@id", "n": "n", "count": "count(n)", "none": "m/k"},
        context={"v": "/r/end/v", "w": "/r/w"},
        types={"id": "BIGINT", "n": "VARCHAR"},
    )
    assert result.rows == [
        {"id": 1, "n": '["x","y"]', "count": "2", "none": None, "v": "z", "w": None},
        {"id": 2, "n": "3", "count": "1", "none": None, "v": "z", "w": None},
    ]


def test_context_may_lie_inside_the_record() -> None:
    assert xml(b"<r><i><n>x</n></i></r>", "/r", context={"n": "/r/i/n"}).rows == [
        {"i": {"n": "x"}, "n": "x"}
    ]


def test_a_value_that_does_not_fit_rejects_its_record() -> None:
    result = xml(b"<r><i><n>1</n></i><i><n>one</n></i></r>", types={"n": "BIGINT"})
    assert result.rows == [{"n": 1}]
    assert (result.rejects[0].path, result.rejects[0].raw) == ("/r/i[2]", "<i><n>one</n></i>")


def test_mixed_text_is_kept() -> None:
    assert xml(b"<r><i>a<b>c</b>d</i></r>").rows == [{"text": "ad", "b": "c"}]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_the_declared_encoding_counts(encoding: str) -> None:
    raw = f'<?xml version="1.0" encoding="{encoding}"?><r><i>\xe9</i></r>'.encode(encoding)
    assert xml(raw).rows == [{"text": "é"}]


_BOMB = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><i>&x;</i></r>',
        b'<!DOCTYPE r [<!ENTITY a "aa">]><r><i>&a;</i></r>',
        b'<!DOCTYPE r [<!ENTITY a "aa">]><r a="&a;"/>',
        b'<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><r><i>1</i></r>',
        b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><i>a&foo;b</i></r>',
        b'<!DOCTYPE r [<!ENTITY a0 "x">' + _BOMB + b"]><r><i>&a11;</i></r>",
        b'<!DOCTYPE r [<!ENTITY a0 "x">' + _BOMB + b']><r b="&a11;"><i>1</i></r>',
        b"<r>" + b"<a>" * 100_000,
        b"<r><i>1</i>",
        b"<r><i>1</i></r><r/>",
        b"<r><i>\x00</i></r>",
        b'<?xml version="1.0" encoding="utf-8"?><r><i>\xff</i></r>',
        b"not xml",
        b"  ",
        b"",
    ],
)
def test_bombs_foreign_files_and_broken_documents_are_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match=r"things\.file"):
        xml(raw)


def test_an_external_dtd_is_never_read() -> None:
    assert xml(b'<!DOCTYPE r SYSTEM "file:///nowhere.dtd"><r><i>1</i></r>').rows == [{"text": "1"}]


@pytest.mark.parametrize("path", ["", "/a//b", "/a[1]", "/x:a"])
def test_a_wrong_record_path_is_a_wrong_declaration(path: str) -> None:
    with pytest.raises(DeclarationError, match="path to records"):
        xml(b"<r/>", path)


def test_a_wrong_column_path_is_a_wrong_declaration() -> None:
    with pytest.raises(DeclarationError, match="XPath"):
        xml(b"<r/>", columns={"a": "//["})


def test_many_records_come_in_chunks_with_stable_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_documents, "_CHUNK_BYTES", 100)
    body = b"".join(b"<i><n>%d</n>%s</i>" % (n, b"<n>0</n>" * (n == 50)) for n in range(100))
    result = xml(b"<r><h>1</h>" + body + b"</r>", context={"h": "/r/h"})
    assert len(result.chunks) > 10
    assert len(result.rows) == 100
    assert result.origin("_path") == [f"/r/i[{n + 1}]" for n in range(100)]
    assert result.rows[50]["n"] == ["50", "0"]


_ENVELOPE = b"""<SUBMISSION>
<TYPE>D
<ITEMS>06b
<ITEMS>3C
<FILER>
<COMPANY-DATA>
<CIK>001
<EMPTY>
</COMPANY-DATA>
</FILER>
<DOCUMENT>
<TYPE>GRAPHIC
<TEXT>
<r><i>not me</i></r>
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>primary
<TEXT>
<XML>
<?xml version="1.0"?>
<r>
<i>me</i></r>
</XML>
</TEXT>
</DOCUMENT>
</SUBMISSION>
"""
_HEADER = {"t": "sgml:TYPE", "d": "sgml:DOCUMENT/TYPE", "c": "sgml:FILER/COMPANY-DATA/CIK"}


def test_the_xml_inside_an_sgml_envelope_is_read_with_its_header() -> None:
    context = {**_HEADER, "items": "sgml:ITEMS", "e": "sgml:EMPTY", "no": "sgml:NOPE"}
    result = xml(_ENVELOPE, context=context, envelope="sgml")
    (row,) = result.rows
    assert row["items"] == ["06b", "3C"]
    expected = {"text": "me", "t": "D", "d": "primary", "c": "001", "e": None, "no": None}
    assert {name: row[name] for name in expected} == expected
    assert result.origin("_line") == [23]
    assert result.origin("_path") == ["DOCUMENT[2]/r/i[1]"]


def test_a_torn_envelope_is_refused_and_plain_xml_passes() -> None:
    with pytest.raises(FileRefused, match="breaks off"):
        xml(_ENVELOPE[: _ENVELOPE.index(b"</XML>")], envelope="sgml")
    assert xml(b"\n<r><i>1</i></r>", context=_HEADER, envelope="sgml").rows[0]["c"] is None


def test_every_real_form_is_read(shared: Path) -> None:
    folder = shared / "data/sec-forms"
    records = {"D": "/edgarSubmission/offeringData", "C": "/edgarSubmission/formData"}
    seen = {}
    for file in sorted([*folder.glob("*.xml"), *folder.glob("*.nc")]):
        record = "/ownershipDocument"
        if b"edgarSubmission" in file.read_bytes():
            record = records["C" if b"formData" in file.read_bytes() else "D"]
        seen[file.name] = xml(file.read_bytes(), record, envelope="sgml").rows
    assert [name for name, rows in seen.items() if len(rows) != 1] == []
    if "D.1685REIT.xml" in seen:
        (row,) = seen["D.1685REIT.xml"]
        assert row["signature_block"]["signature"]["issuerName"] == "1685 38th REIT, L.L.C."


def test_both_spellings_of_the_header_are_understood(shared: Path) -> None:
    file = shared / "data/sec-forms/MultipleFormerCompaniesHeader.txt"
    header = read_header(file.read_text().splitlines())
    assert header_values(header, "COMPANY-DATA/CENTRAL-INDEX-KEY") == ["0001357878"]
    assert len(header_values(header, "FORMER-CONFORMED-NAME")) == 3
    assert xml(file.read_bytes(), envelope="sgml").rows == []
