"""Declared types are met exactly or the record is rejected, never bent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.cast import cast_columns

NOON = datetime(2024, 2, 29, 12, 30)  # noqa: DTZ001  (a time without a zone is the case)


def cast(value: Any, sql: str, kind: pa.DataType | None = None) -> Any:
    """The value after the cast, or the reason of its reject."""
    rows = pa.table({"v": pa.array([value], kind), "_file": ["f.csv"], "_line": [7]})
    after, rejects = cast_columns(rows, {"v": sql}, lambda _: "raw")
    if rejects:
        assert after.num_rows == 0
        assert (rejects[0].file, rejects[0].line, rejects[0].raw) == ("f.csv", 7, "raw")
        assert rejects[0].column == "v"
        return rejects[0].reason
    return after["v"][0].as_py()


@pytest.mark.parametrize(
    ("text", "sql", "expected"),
    [
        ("007", "BIGINT", 7),
        (
            "2023-01-20T12:06:48.120000000Z",
            "TIMESTAMPTZ",
            datetime(2023, 1, 20, 12, 6, 48, 120_000, tzinfo=UTC),
        ),
        ("12:06:48.120000000", "TIME", time(12, 6, 48, 120_000)),
        (" +5 ", "INTEGER", 5),
        ("2021.0", "INTEGER", 2021),
        ("-0", "BIGINT", 0),
        ("99999999999999999999999999999999999999", "DECIMAL(38,0)", 10**38 - 1),
        ("0.10", "DECIMAL(18,2)", Decimal("0.10")),
        (" 1e3 ", "DECIMAL(18,2)", Decimal("1000.00")),
        ("1.500", "DECIMAL(18,2)", Decimal("1.50")),
        ("1." + "0" * 50, "DECIMAL(18,2)", Decimal("1.00")),
        ("1.5e-3", "DOUBLE", 0.0015),
        ("3201-01-01", "DATE", date(3201, 1, 1)),
        ("2024-02-29T12:30", "TIMESTAMP", NOON),
        ("2024-02-29 14:30:00+02:00", "TIMESTAMPTZ", NOON.replace(tzinfo=UTC)),
        ("2024-02-29T12:30:00", "TIMESTAMPTZ", NOON.replace(tzinfo=UTC)),
        ("2024-02-29", "TIMESTAMPTZ", datetime(2024, 2, 29, tzinfo=UTC)),
        ("12:30:00.5", "TIME", time(12, 30, 0, 500000)),
        ("Yes", "BOOLEAN", True),
        ("f", "BOOLEAN", False),
        ("", "BIGINT", None),
        ("  ", "DATE", None),
        ("", "VARCHAR", ""),
    ],
)
def test_text_becomes_the_value_that_it_says(text: str, sql: str, expected: Any) -> None:
    assert cast(text, sql) == expected


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("5/18/27", "BIGINT"),
        ("2021.5", "BIGINT"),
        ("1,000", "BIGINT"),
        ("9223372036854775808", "BIGINT"),
        ("-1", "UBIGINT"),
        ("1.555", "DECIMAL(18,2)"),
        ("1e40", "DECIMAL(38,0)"),
        ("1e-48", "DECIMAL(38,9)"),
        ("0." + "0" * 47 + "8", "DECIMAL(38,9)"),
        ("1e999999999999", "DECIMAL(38,9)"),
        ("nan", "DOUBLE"),
        ("1e400", "DOUBLE"),
        ("2023-02-29", "DATE"),
        ("13 April 2026", "DATE"),
        ("2024-02-29T12:30:00Z", "TIMESTAMP"),
        ("2024-02-29T12:30:00.123456789", "TIMESTAMP"),
        ("24:00:00", "TIME"),
        ("maybe", "BOOLEAN"),
        ("x", "BIGINT[]"),
    ],
)
def test_text_that_is_no_such_value_is_rejected(text: str, sql: str) -> None:
    assert cast(text, sql) == f"Column v holds {text!r}, which is no {sql}."


@pytest.mark.parametrize(
    ("value", "kind", "sql", "expected"),
    [
        (0.1, pa.float64(), "DECIMAL(18,2)", Decimal("0.10")),
        (2021.0, pa.float64(), "BIGINT", 2021),
        (5, pa.int64(), "DECIMAL(18,2)", Decimal("5.00")),
        (NOON.replace(hour=0, minute=0), pa.timestamp("us"), "DATE", date(2024, 2, 29)),
        (NOON, pa.timestamp("us"), "TIMESTAMPTZ", NOON.replace(tzinfo=UTC)),
        ([1, None, 2], pa.list_(pa.int64()), "VARCHAR[]", ["1", None, "2"]),
        ({"a": 1}, None, "STRUCT(a DECIMAL(5,1), b DATE)", {"a": Decimal("1.0"), "b": None}),
        (None, pa.null(), "STRUCT(a BIGINT)", None),
    ],
)
def test_typed_values_keep_their_meaning(
    value: Any, kind: pa.DataType | None, sql: str, expected: Any
) -> None:
    assert cast(value, sql, kind) == expected


@pytest.mark.parametrize(
    ("value", "kind", "sql"),
    [
        (0.5, pa.float64(), "BIGINT"),
        (True, pa.bool_(), "BIGINT"),
        (NOON, pa.timestamp("us"), "DATE"),
        (2**40, pa.int64(), "INTEGER"),
        ([1, 2**40], pa.list_(pa.int64()), "INTEGER[]"),
        ({"a": 1, "lost": 2}, None, "STRUCT(a BIGINT)"),
    ],
)
def test_typed_values_are_never_bent(value: Any, kind: pa.DataType | None, sql: str) -> None:
    assert "which is no" in cast(value, sql, kind)


def test_a_bad_row_takes_no_good_row_with_it() -> None:
    values = ["1", "x", "3", "99999999999999999999", None, ""]
    rows = pa.table({"a": values, "b": ["y"] * 6, "_file": ["f"] * 6, "_line": range(6)})
    after, rejects = cast_columns(rows, {"a": "BIGINT", "absent": "DATE"}, lambda i: f"raw {i}")
    assert after["a"].to_pylist() == [1, 3, None, None]
    assert after["_line"].to_pylist() == [0, 2, 4, 5]
    assert [(r.line, r.raw) for r in rejects] == [(1, "raw 1"), (3, "raw 3")]


def test_a_row_that_is_wrong_twice_is_one_reject_naming_both() -> None:
    rows = pa.table({"a": ["x"], "b": ["y"]})
    _, rejects = cast_columns(rows, {"a": "BIGINT", "b": "DATE"}, str, lambda i: ("f", 9, "$[0]"))
    assert len(rejects) == 1
    assert "Column a holds 'x'" in rejects[0].reason
    assert "Column b holds 'y'" in rejects[0].reason
    assert (rejects[0].line, rejects[0].path) == (9, "$[0]")


@given(st.lists(st.one_of(st.decimals(allow_nan=False, allow_infinity=False), st.text())))
def test_whatever_is_kept_as_a_decimal_equals_what_was_written(values: list[Any]) -> None:
    texts = [str(value) for value in values]
    rows = pa.table({"v": pa.array(texts, pa.string()), "was": pa.array(texts, pa.string())})
    after, rejects = cast_columns(rows, {"v": "DECIMAL(38,9)"}, lambda i: texts[i])
    assert after.num_rows + len(rejects) == len(texts)
    for kept, was in zip(after["v"].to_pylist(), after["was"].to_pylist(), strict=True):
        assert (kept is None and not was.strip()) or Decimal(kept) == Decimal(was)
