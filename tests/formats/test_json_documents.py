"""JSON documents: the declared records, held or streamed, or a clear refusal."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import DeclarationError, FileRefused
from pipelines.extract.formats import json_arrays, json_documents
from pipelines.extract.formats.json_paths import parse_path, shown
from pipelines.spec import Json
from tests.formats.reading import Result, read

SUITE = "peers/json-test-suite"
UNREADABLE_BY_CHOICE = (
    "invalid",
    "incomplete",
    "lone",
    "surrogate",
    "utf16",
    "iso_latin",
    "overlong",
)


@pytest.fixture(params=["held", "streamed"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs both ways: the document in memory, and in tiny pages."""
    if request.param == "streamed":
        monkeypatch.setattr(json_documents, "_HELD", 4)
        monkeypatch.setattr(json_arrays, "PAGE", 16)
    return str(request.param)


def document(
    raw: bytes,
    records: str = "$[*]",
    context: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    *,
    columnar: bool = False,
) -> Result:
    return read(Json(records=records, context=context or {}, columnar=columnar), raw, types)


def found(result: Result) -> list[dict[str, Any]]:
    """Rows without the columns that only other records have."""
    return [{n: v for n, v in row.items() if v is not None} for row in result.rows]


def test_items_of_a_list() -> None:
    raw = b'[{"a":1},\n {"a":\n2, "b":"x,]\\"}\\\\"} , {"a":3}\r\n]\n'
    result = document(raw)
    assert found(result) == [{"a": 1}, {"a": 2, "b": 'x,]"}\\'}, {"a": 3}]
    assert result.origin("_path") == ["$[0]", "$[1]", "$[2]"]


def test_values_of_an_object_keyed_by_anything() -> None:
    result = document(b'{"x" : {"a":1}, "y \'y":{"a":2} , "\\u0031":{"a":3}}', "$.*")
    assert found(result) == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert result.origin("_path") == ["$.x", "$['y \\'y']", "$['1']"]


def test_context_stands_before_and_behind_the_records() -> None:
    raw = b'{"k":[7],"data":{"items":[{"a":1,"k":2},{"a":3}]},"cik":"007"}'
    context = {"cik": "$.cik", "k": "$.k[0]", "nope": "$.x.y"}
    result = document(raw, "$.data.items[*]", context)
    assert found(result) == [
        {"a": 1, "k_2": 2, "cik": "007", "k": 7},
        {"a": 3, "cik": "007", "k": 7},
    ]
    assert result.origin("_path") == ["$.data.items[0]", "$.data.items[1]"]


def test_context_along_the_record_and_names_by_a_tilde() -> None:
    raw = b'{"f":{"us":{"A":{"label":"L","u":{"USD":[{"v":1},{"v":2}]}},"B":{"label":"M"}}}}'
    context = {"label": "$.f.*.*.label", "concept": "$.f.*.*~", "unit": "$.f.*.*.u.*~"}
    result = document(raw, "$.f.*.*.u.*[*]", context)
    expected = {"label": "L", "concept": "A", "unit": "USD"}
    assert result.rows == [{"v": 1, **expected}, {"v": 2, **expected}]
    assert result.origin("_path")[1] == "$.f.us.A.u.USD[1]"


def test_columnar_objects_are_rows() -> None:
    result = document(b'{"r":{"a":[1,2],"b":["x",null]}}', "$.r", columnar=True)
    assert result.rows == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert result.origin("_path") == ["$.r[0]", "$.r[1]"]
    with pytest.raises(FileRefused, match=r"unequal length at \$\.r \(a: 2, b: 1\)"):
        document(b'{"r":{"a":[1,2],"b":["x"]}}', "$.r", columnar=True)


def test_records_that_are_no_objects_are_values() -> None:
    result = document(b'[1,"a",null,[1],{"value":3}]')
    assert [row["value"] for row in result.rows] == (
        ["1", "a", "[1]", "3"] if len(result.chunks) == 1 else [1, "a", "[1]", "3"]
    )
    assert result.blank == 1


def test_numbers_and_bad_records_are_judged_as_in_json_lines() -> None:
    result = document(b'[{"a":0.1},{"a":1e999},{"a":0.25}]', types={"a": "DECIMAL(18,2)"})
    assert result.rows == [{"a": Decimal("0.10")}, {"a": Decimal("0.25")}]
    assert [(reject.path, reject.line) for reject in result.rejects] == [("$[1]", None)]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[",
        b'[{"a":1},]',
        b'[{"a":1}',
        b'[{"a":1}]x',
        b'[{"a":1}}',
        b'[{"a":1},,{"a":1}]',
        b'[{"a":1}{"a":2},{"a":3}]',
        b'[{"a":NaN}]',
        b'[,{"a":1}]',
        b'[{"a":"x\ny"}]',
        b'[{"a":1}]]',
        b'[{"a":"' + b"x" * 100,
        b'[{"a":"\\"}]',
        b'[{"a":\xff}]',
        b"[" * 1_000_000,
        b'[{"a":' * 200_000,
    ],
)
def test_a_broken_document_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match=r"things\.file"):
        document(raw)


@pytest.mark.parametrize("raw", [b'{"a":{"a":1} "b":2}', b'{"a":{"a":1},{"x":2}}', b'{"a":}'])
def test_a_broken_object_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match=r"things\.file"):
        document(raw, "$.*")


@pytest.mark.parametrize(
    ("raw", "records", "rows"),
    [
        (b"[]", "$[*]", 0),
        (b" [ ] ", "$[*]", 0),
        (b"{}", "$.*", 0),
        (b'{"items":null}', "$.items[*]", 0),
        (b'{"items":{}}', "$.items[*]", "no list at $.items"),
        (b'{"item":[]}', "$.items[*]", "nothing at $.items"),
        (b'{"a":[{"b":[1]},{},{"b":null}]}', "$.a[*].b[*]", 1),
        (b'{"a":[{"b":{}}]}', "$.a[*].b[*]", "no list at $.a[0].b"),
        (b'{"a":{"b c":{"d":1}}}', "$.a['b c']", 1),
        (b'[[{"a":1}],[{"a":2}]]', "$[1][*]", 1),
    ],
)
def test_where_records_are_sought(raw: bytes, records: str, rows: int | str) -> None:
    if isinstance(rows, int):
        assert document(raw, records).read == rows
    else:
        with pytest.raises(FileRefused, match=rows.replace("$", r"\$").replace("[", r"\[")):
            document(raw, records)


@pytest.mark.parametrize("path", ["", "items", "$.", "$..a", "$[a]", "$.a b~.c", "$~"])
def test_a_wrong_path_is_a_wrong_declaration(path: str) -> None:
    with pytest.raises(DeclarationError, match="JSON path"):
        parse_path(path)


def test_a_context_wildcard_must_be_one_of_the_records() -> None:
    with pytest.raises(DeclarationError, match="wildcard"):
        document(b"{}", "$.a[*]", {"x": "$.b[*].c"})


def test_a_shown_path_leads_back_to_its_place() -> None:
    place = ("a", 3, "b c", "it's", "back\\slash", "1")
    assert parse_path(shown(place)).steps == place


def test_a_broken_end_is_noticed_though_the_records_were_fine() -> None:
    with pytest.raises(FileRefused, match="not JSON"):
        document(b'{"items":[{"a":1},{"a":2}],"x":tru}', "$.items[*]")


def _suite(shared: Path, pattern: str) -> list[Path]:
    files = sorted((shared / SUITE).glob(pattern))
    assert files, f"{SUITE} has no {pattern}"
    return files


def test_the_suite_s_valid_texts_are_read(shared: Path) -> None:
    for file in _suite(shared, "test_parsing/y_*.json"):
        assert document(file.read_bytes(), "$").read == 1, file.name


def test_the_suite_s_invalid_texts_are_refused(shared: Path) -> None:
    for file in _suite(shared, "test_parsing/n_*.json"):
        with pytest.raises(FileRefused, match=r"things\.file"):
            document(file.read_bytes(), "$")


def test_the_suite_s_open_cases_are_decided(shared: Path) -> None:
    """Broken characters are refused; odd numbers are rejected; the rest is read."""
    for file in _suite(shared, "test_parsing/i_*.json"):
        try:
            result = document(file.read_bytes(), "$")
        except FileRefused:
            choice = "refused"
        else:
            choice = "rejected" if result.rejects else "read"
        if "UTF-16LE_with_BOM" in file.name or "UTF-8_BOM" in file.name:
            assert choice == "read", file.name
        elif "number" in file.name:
            assert choice in ("read", "rejected"), file.name
        elif file.name.startswith(("i_string", "i_object")):
            assert choice == "refused", file.name


def test_the_suite_s_transforms_lose_nothing(shared: Path) -> None:
    def one(name: str) -> Any:
        result = document((shared / SUITE / "test_transform" / name).read_bytes(), "$")
        return result.rows[0] if result.rows else result.rejects[0].reason

    assert one("number_9223372036854775808.json") == {"value": [Decimal(9223372036854775808)]}
    assert one("number_1.000000000000000005.json") == {"value": [Decimal("1.000000000000000005")]}
    assert "range of a double" in one("number_1e-999.json")
    assert one("object_same_key_different_values.json") == {"a": 1, "a_2": 2}
    assert len(one("object_key_nfc_nfd.json")) == 2


def test_edgar_s_files_are_read(shared: Path) -> None:
    folder = shared / "data/edgar-json"
    tickers = document((folder / "company_tickers.json").read_bytes(), "$.*")
    assert len(tickers.rows) == 9610
    assert tickers.rows[0] == {"cik_str": 789019, "ticker": "MSFT", "title": "MICROSOFT CORP"}
    facts = document(
        (folder / "lpa_facts.json").read_bytes(),
        "$.facts.*.*.units.*[*]",
        {"cik": "$.cik", "unit": "$.facts.*.*.units.*~"},
    )
    assert len(facts.rows) == 768
    assert {row["unit"] for row in facts.rows} >= {"USD", "COP", "CRC", "PEN"}
    for file in sorted((folder / "submissions").glob("*.json")):
        path = "$" if "-submissions-" in file.name else "$.filings.recent"
        filings = document(file.read_bytes(), path, columnar=True)
        assert filings.rows, file.name
        assert all(row["accession_number"] for row in filings.rows), file.name
