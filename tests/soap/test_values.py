"""Texts of simple types: exact values, and nothing that is not of its type."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeep.xsd.types import builtins

from pipelines.extract.soap.values import NotOfType, sql_type, value_of


def of(name: str) -> Any:
    """A built-in type by its name in the schema language."""
    return next(kind for qname, kind in builtins.default_types.items() if qname.localname == name)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None))
def test_decimals_keep_every_digit(number: Decimal) -> None:
    text = f"{number:f}"
    assert value_of(of("decimal"), f" {text}\n").as_tuple() == Decimal(text).as_tuple()


@given(st.integers())
def test_integers_of_any_size_are_exact(number: int) -> None:
    assert value_of(of("integer"), str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_come_back_as_they_were(number: float) -> None:
    assert value_of(of("double"), repr(number)) == number


@given(st.dates())
def test_real_days_are_taken(day: date) -> None:
    assert value_of(of("date"), day.isoformat()) == day.isoformat()


@given(st.datetimes())
def test_real_times_are_taken_with_all_digits(moment: datetime) -> None:
    text = f"{moment.isoformat(timespec='microseconds')}789+05:30"
    assert value_of(of("dateTime"), text) == text


@given(st.text())
def test_a_string_is_itself(text: str) -> None:
    assert value_of(of("string"), text) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("boolean", "yes"),
        ("boolean", "TRUE"),
        ("decimal", "1e3"),
        ("decimal", "1,5"),
        ("decimal", "NaN"),
        ("decimal", "1_000"),
        ("decimal", "١"),
        ("int", "1.0"),
        ("int", "0x10"),
        ("double", "1e400"),
        ("double", "infinity"),
        ("double", "١"),
        ("date", "2026-02-29"),
        ("date", "31.01.2026"),
        ("dateTime", "2026-01-31"),
        ("dateTime", "2026-01-31 12:00:00"),
        ("dateTime", "2026-01-31T25:00:00"),
        ("time", "2:30"),
        ("duration", "P"),
        ("duration", "1 day"),
        ("base64Binary", "cid:1"),
        ("base64Binary", "abc"),
        ("hexBinary", "abc"),
    ],
)
def test_what_is_not_of_its_type_is_refused(kind: str, text: str) -> None:
    with pytest.raises(NotOfType):
        value_of(of(kind), text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean", " 1 ", True),
        ("boolean", "false", False),
        ("boolean", "", None),
        ("int", "", None),
        ("int", "+07", 7),
        ("date", "", None),
        ("date", "2024-02-29Z", "2024-02-29Z"),
        ("dateTime", "2026-01-31T24:00:00Z", "2026-01-31T24:00:00Z"),
        ("double", "INF", "INF"),
        ("float", "-1E-3", -0.001),
        ("duration", "-P1Y2M3DT4H5M6.7S", "-P1Y2M3DT4H5M6.7S"),
        ("base64Binary", " aGk=\n", "aGk="),
        ("hexBinary", "0aff", "0AFF"),
        ("token", " a \n b ", "a b"),
        ("normalizedString", "a\nb ", "a b "),
        ("anySimpleType", " 1 ", " 1 "),
    ],
)
def test_values_by_type(kind: str, text: str, value: Any) -> None:
    found = value_of(of(kind), text)
    assert found == value
    assert type(found) is type(value)


def test_columns_are_no_narrower_than_their_types() -> None:
    assert sql_type(of("integer")) == ""
    assert sql_type(of("unsignedByte")) == ""
    assert sql_type(of("int")) == "BIGINT"
    assert sql_type(of("decimal")) == ""
    assert sql_type(of("token")) == "VARCHAR"
