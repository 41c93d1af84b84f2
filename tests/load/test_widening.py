"""Whatever types follow one another in a column, every value stays what it was."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.load.columns import join_types
from pipelines.sqltypes import arrow_type, sql_type
from tests.load.conftest import Loader, make_stream

KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int32": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "small": (pa.int64(), st.integers(-9, 9)),
    "cents": (pa.decimal128(10, 2), st.decimals(-1000, 1000, places=2)),
    "huge": (pa.decimal128(38, 0), st.integers(-(10**37), 10**37).map(Decimal)),
    "fine": (pa.decimal128(38, 30), st.decimals(-1000, 1000, places=30)),
    "double": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "text": (pa.string(), st.text(st.characters(codec="utf-8", exclude_characters="\x00"))),
    "null": (pa.null(), st.none()),
}
batches = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(
        lambda kind: st.lists(KINDS[kind][1], min_size=1, max_size=3).map(
            lambda values: (kind, values)
        )
    ),
    min_size=2,
    max_size=4,
)
_names = count()


def same(found: Any, given_value: Any) -> bool:
    if found is None or given_value is None:
        return found is given_value
    if isinstance(given_value, str):
        return bool(found == given_value)
    # Decimal takes "1e+300" and "0.1" alike; a double's text is its shortest form.
    if isinstance(found, str) and isinstance(given_value, float):
        return float(found) == given_value
    exact = Decimal(found) if isinstance(found, str) else found
    return Fraction(exact) == Fraction(given_value)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches)
def test_no_value_changes_whatever_types_follow(
    loader: Loader, loads: list[tuple[str, list[Any]]]
) -> None:
    stream = make_stream(f"deals_{next(_names)}")
    expected = []
    for kind, values in loads:
        loader.load(stream, {"n": pa.array(values, KINDS[kind][0])})
        expected += [(number, value) for number, value in enumerate(values)]
    found = loader.rows("_load_id, _line, n", f"raw.firm__{stream.name}")
    assert len(found) == len(expected)
    for (_, line, value), (number, given_value) in zip(found, expected, strict=True):
        assert line == number + 1
        assert same(value, given_value), (loads, value, given_value)


@pytest.mark.parametrize(
    ("one", "other", "wide"),
    [
        ("NULL", "DATE", "DATE"),
        ("INTEGER", "BIGINT", "BIGINT"),
        ("UINTEGER", "INTEGER", "BIGINT"),
        ("UBIGINT", "BIGINT", "DECIMAL(38,0)"),
        ("BIGINT", "DECIMAL(10,2)", "DECIMAL(22,2)"),
        ("DECIMAL(38,0)", "DECIMAL(10,2)", "VARCHAR"),
        ("DECIMAL(10,2)", "DOUBLE", "VARCHAR"),
        ("FLOAT", "INTEGER", "DOUBLE"),
        ("DATE", "TIMESTAMPTZ", "TIMESTAMPTZ"),
        ("DATE", "TIME", "VARCHAR"),
        ("BOOLEAN", "INTEGER", "VARCHAR"),
        ("NULL[]", 'STRUCT("a" INTEGER)[]', 'STRUCT("a" INTEGER)[]'),
        ('STRUCT("a" NULL)', 'STRUCT("b" DATE)', 'STRUCT("a" NULL, "b" DATE)'),
        ("MAP(VARCHAR, INTEGER)", "MAP(VARCHAR, DOUBLE)", "MAP(VARCHAR, DOUBLE)"),
        ("VARCHAR[]", "VARCHAR", "VARCHAR"),
    ],
)
def test_the_wider_type_is_the_same_from_either_side(one: str, other: str, wide: str) -> None:
    assert join_types(one, other) == wide
    backwards = arrow_type(join_types(other, one))
    assert sql_type(backwards, null="NULL") == wide or {f.name for f in backwards} == {"a", "b"}


def test_a_type_meets_itself_unchanged() -> None:
    for kind in ("BIGINT", "DECIMAL(18,2)", "VARCHAR[]", "TIMESTAMPTZ", "NULL"):
        assert join_types(kind, kind) == kind
