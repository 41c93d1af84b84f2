"""JSON Lines: nothing lost, nothing invented, every bad line rejected alone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.formats import json_fast, json_lines
from pipelines.spec import JsonLines
from tests.formats.reading import Result, read

GOOD = b'{"a":1.25,"s":"x"}\n'


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first page of one line, so that the fast reader meets the rest."""
    monkeypatch.setattr(json_lines, "_FIRST_PAGE", len(GOOD))


def lines(*records: bytes, types: dict[str, str] | None = None) -> Result:
    return read(JsonLines(), b"\n".join(records), types)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":NaN}', "NaN, which is no JSON number"),
        (b'{"a":-Infinity}', "-Infinity, which is no JSON number"),
        (b'{"a":1E400}', "beyond the range of a double"),
        (b'{"a":1e-400}', "beyond the range of a double"),
        (b'{"a":1e99999999999999999999}', "beyond every type"),
        (b'{"a":' + b"9" * 60 + b"}", "more than 38 digits"),
        (b'{"a":1.5}{"a":2}', "Extra data"),
        (b'{"a":1.5},', "Extra data"),
        (b"null", "no JSON object but null"),
        (b"17", "no JSON object but 17"),
        (b'[{"a":1}]', "no JSON object"),
        (b'{"s":"\\ud800"}', "half of a surrogate pair"),
        (b'{"\\udc00":1}', "half of a surrogate pair"),
        (b'{"s":"\xff"}', "not UTF-8 at byte 7"),
        (b'{"s":"a\x00b"}', "control character"),
        (b'{"a":1}\x00', "Extra data"),
        (b'\xef\xbb\xbf{"a":1}', "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b'{"a":.5}', "not JSON"),
        (b'{"a":', "not JSON"),
        (b'{"a":' + b"[" * 1_000_000, "nests deeper"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nests deeper"),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "nests deeper"),
    ],
)
def test_a_bad_line_is_rejected_alone_with_its_number(line: bytes, reason: str) -> None:
    result = read(JsonLines(), GOOD + line + b"\n" + GOOD)
    assert result.rows == [{"a": Decimal("1.25"), "s": "x"}] * 2
    (reject,) = result.rejects
    assert reason in reject.reason
    assert (reject.line, reject.file) == (2, "things.file")
    assert reject.raw == line.decode(errors="backslashreplace")
    assert result.origin("_line") == [1, 3]


def test_text_that_looks_like_a_date_or_a_number_stays_text() -> None:
    result = lines(GOOD.strip(), b'{"a":1,"s":"2024-01-01"}', b'{"a":2,"s":"12"}')
    assert [row["s"] for row in result.rows] == ["x", "2024-01-01", "12"]


def test_a_quoted_number_among_decimals_turns_the_column_to_text_not_to_a_number() -> None:
    result = lines(GOOD.strip(), b'{"a":"1.50"}')
    assert result.rows[1]["a"] == "1.50"


def test_fields_that_appear_later_are_not_lost() -> None:
    result = lines(GOOD.strip(), b'{"a":1,"n":{"x":1}}', b'{"a":1,"n":{"x":1,"y":"z"}}')
    assert _agrees([row.get("n") for row in result.rows], [None, {"x": 1}, {"x": 1, "y": "z"}])


def test_repeated_names_keep_both_values() -> None:
    result = lines(GOOD.strip(), b'{"a":1,"a":2,"o":{"k":1,"k":2}}')
    assert result.rows[1] == {"a": 1, "s": None, "a_2": 2, "o": {"k": 1, "k#2": 2}}


def test_names_that_a_struct_can_not_hold_get_others() -> None:
    result = lines(b'{"o":{"A":1,"a":2,"":3,"n\\u0000":4}}')
    assert result.rows == [{"o": {"A": 1, "a#2": 2, "_": 3, "n\u2400": 4}}]


def test_mixed_kinds_become_text_with_numbers_as_written() -> None:
    result = lines(*(b'{"v":%s}' % v for v in (b"1.10", b'"x"', b"true", b'{"k":[1.0,"2"]}')))
    assert [row["v"] for row in result.rows][1:] == ["x", "true", '{"k":[1.0,"2"]}']
    result = lines(b'{"v":[1,"x",{"y":2.50}]}')
    assert result.rows == [{"v": ["1", "x", '{"y":2.50}']}]


def test_integers_past_64_bits_become_decimals() -> None:
    result = lines(b'{"n":18446744073709551616}', b'{"n":-170141183460469231731687303715884105728}')
    assert result.chunks[0].rows.schema.field("n").type == pa.decimal128(38, 0)
    assert [reject.line for reject in result.rejects] == [2]
    assert lines(b'{"n":9223372036854775807}').type("n") == pa.int64()


def test_fractions_are_decimals_while_38_digits_hold_them_else_doubles() -> None:
    assert lines(b'{"n":0.1}', b'{"n":12345678901234567890.25}').type("n") == pa.decimal128(38, 2)
    assert lines(b'{"n":1e2}').rows == [{"n": Decimal(100)}]
    assert lines(b'{"n":0.5}', b'{"n":1e50}').rows[1] == {"n": 1e50}


def test_large_integers_beside_doubles_are_not_rounded() -> None:
    result = lines(b'{"n":[1e-30,123456789012345678]}')
    assert result.rows == [{"n": ["1e-30", "123456789012345678"]}]


def test_declared_types_are_reached_without_floats() -> None:
    types = {"d": "DECIMAL(38,20)", "i": "BIGINT", "t": "TIMESTAMPTZ", "v": "VARCHAR"}
    record = b'{"d":%s,"i":%s,"t":"2024-01-01T02:00:00+02:00","v":%s}'
    result = lines(
        record % (b"0.12345678901234567891", b"1", b"1.10"),
        record % (b"0.12345678901234567892", b'"2"', b'"x"'),
        record % (b"0.123456789012345678921", b"3", b"1"),
        record % (b"1", b"2.5", b"[1]"),
        types=types,
    )
    assert [row["d"] for row in result.rows] == [
        Decimal("0.12345678901234567891"),
        Decimal("0.12345678901234567892"),
    ]
    assert [row["v"] for row in result.rows] == ["1.10", "x"]
    assert [row["i"] for row in result.rows] == [1, 2]
    assert {row["t"].isoformat() for row in result.rows} == {"2024-01-01T00:00:00+00:00"}
    assert [reject.column for reject in result.rejects] == ["d", "i"]
    assert [reject.line for reject in result.rejects] == [3, 4]


def test_empty_records_are_counted_and_empty_lines_are_none() -> None:
    result = lines(b'{"a":1}', b"", b"  ", b"{}", b'{"a":null,"b":""}', b'\t{"a":2} \r')
    assert (len(result.rows), result.blank, result.read) == (2, 2, 4)
    assert result.origin("_line") == [1, 6]
    kept = read(JsonLines(), b'{"a":1}\n{}\n', drop_blank=False)
    assert kept.rows == [{"a": 1}, {"a": None}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_say_the_encoding(encoding: str) -> None:
    assert read(JsonLines(), '{"a":"é"}\n{"a":"☺"}\n'.encode(encoding)).rows == [
        {"a": "é"},
        {"a": "☺"},
    ]


def test_a_declared_encoding_is_used() -> None:
    assert read(JsonLines(encoding="cp1252"), '{"a":"é€"}'.encode("cp1252")).rows == [{"a": "é€"}]


def test_carriage_returns_alone_end_lines() -> None:
    result = read(JsonLines(), b'{"a":1}\r{"a":2}\r')
    assert result.rows == [{"a": 1}, {"a": 2}]
    assert result.origin("_line") == [1, 2]


def test_a_line_longer_than_the_limit_is_rejected_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_LONGEST_LINE", 1000)
    monkeypatch.setattr(json_lines, "_PAGE", 400)
    long = b'{"s":"' + b"x" * 5000 + b'"}'
    result = read(JsonLines(), GOOD + long + b"\n" + GOOD * 3 + long)
    assert result.origin("_line") == [1, 3, 4, 5]
    assert [reject.line for reject in result.rejects] == [2, 6]


def test_no_lines_give_no_rows() -> None:
    assert read(JsonLines(), b"").rows == []
    assert read(JsonLines(), b"\n\n").rows == []


def test_ordinary_pages_take_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    really_read = json_fast.read

    def spy(page: Any, how: Any) -> Any:
        taken.append(really_read(page, how) is not None)
        return really_read(page, how)

    monkeypatch.setattr(json_fast, "read", spy)
    record = b'{"a":1.25,"s":"x","o":{"l":[1,2],"b":true},"n":null}\n'
    monkeypatch.setattr(json_lines, "_FIRST_PAGE", len(record))
    assert len(read(JsonLines(), record * 100).rows) == 100
    assert taken == [True, True]


def test_lists_of_nothing_but_nulls_are_read_on_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    record = b'{"a":[null,null],"b":{"c":[[null,null,null]]},"d":[]}\n'
    monkeypatch.setattr(json_lines, "_FIRST_PAGE", len(record))
    rows = read(JsonLines(), record * 5).rows
    assert len(rows) == 5
    assert all(row == rows[0] for row in rows)


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("name", ["größe", "a (b)|c", "x"])
def test_a_text_is_no_decimal_however_its_name_is_written(
    monkeypatch: pytest.MonkeyPatch, name: str, ascii_only: bool
) -> None:
    number, text = (
        json.dumps({name: value, "of": {name: [value]}}, ensure_ascii=ascii_only).encode() + b"\n"
        for value in (1.25, "1.25")
    )
    monkeypatch.setattr(json_lines, "_FIRST_PAGE", len(number))
    rows = read(JsonLines(), number * 2 + text).rows
    assert next(iter(rows[0].values())) == Decimal("1.25")
    assert next(iter(rows[-1].values())) == "1.25"


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(
        allow_nan=False, allow_infinity=False, places=3, max_value=10**9, min_value=-(10**9)
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
_VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=3),
    st.dictionaries(st.sampled_from("xyz"), _SCALARS, max_size=3),
)


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_written(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _agrees(found: Any, value: Any) -> bool:
    """The value itself, or where kinds were mixed, its JSON."""
    if isinstance(value, dict) and isinstance(found, dict):
        return all(_agrees(found.get(name), value.get(name)) for name in {*found, *value})
    if isinstance(value, list) and isinstance(found, list):
        return len(found) == len(value) and all(map(_agrees, found, value))
    return bool(found == value) or found == _written(value)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3), max_size=12))
def test_every_value_comes_out_as_it_went_in(records: list[dict[str, Any]]) -> None:
    raw = "".join(_written(record) + "\n" for record in records).encode()
    result = read(JsonLines(), raw, drop_blank=False)
    assert result.rejects == []
    assert len(result.rows) == len(records)
    for row, record in zip(result.rows, records, strict=True):
        assert _agrees(row, record), (row, record)


def test_the_fast_way_still_finds_odd_floats() -> None:
    zero = b'{"d":0.0,"e":1.5,"o":{"f":0.0}}'
    types = {"d": "DOUBLE", "e": "DOUBLE"}
    plain = b"\n".join([b'{"d":1e50,"e":1.5,"o":{"f":1e50}}', *[zero] * 1200])
    assert len(lines(plain, types=types).rows) == 1201
    for odd in (b'{"d":1e-500}', b'{"e":NaN}', b'{"o":{"f":1e-500}}', b'{"o":{"f":Infinity}}'):
        result = lines(plain, odd, types=types)
        assert (len(result.rows), [reject.line for reject in result.rejects]) == (1201, [1202])
