"""A source that changes its columns: evolved, refused or set aside, never lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pipelines.errors import ContractViolation
from pipelines.flow import Chunk
from pipelines.spec import Column
from tests.load.conftest import Loader, make_stream, rows_of

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
WIDENED: list[tuple[Any, Any, str, list[Any]]] = [
    (pa.array([1], pa.int32()), pa.array([2**40]), "BIGINT", [1, 2**40]),
    (
        pa.array([1], pa.int64()),
        pa.array([Decimal(2) ** 70], pa.decimal128(38, 0)),
        "DECIMAL(38,0)",
        [Decimal(1), Decimal(2) ** 70],
    ),
    (
        pa.array([Decimal("1.25")], pa.decimal128(10, 2)),
        pa.array([Decimal("1.2345")], pa.decimal128(10, 4)),
        "DECIMAL(12,4)",
        [Decimal("1.2345"), Decimal("1.2500")],
    ),
    (
        pa.array([date(2024, 5, 1)]),
        pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us")),
        "TIMESTAMP",
        [NOON.replace(hour=0, tzinfo=None), NOON.replace(tzinfo=None)],
    ),
    (
        pa.array([date(2024, 5, 1)]),
        pa.array([NOON], pa.timestamp("us", "UTC")),
        "TIMESTAMP WITH TIME ZONE",
        [datetime(2024, 5, 1, tzinfo=UTC), NOON],
    ),
    (pa.array([1], pa.int64()), pa.array([1.5]), "DOUBLE", [1.0, 1.5]),
    (
        pa.array([2**53 + 1], pa.int64()),
        pa.array([1.5]),
        "VARCHAR",
        ["1.5", "9007199254740993"],
    ),
    (pa.array([1], pa.int64()), pa.array(["n/a"]), "VARCHAR", ["1", "n/a"]),
    (pa.nulls(1), pa.array([7], pa.int64()), "BIGINT", [7, None]),
    (
        pa.array([{"a": 1}]),
        pa.array([{"a": 2, "b": "x"}]),
        "STRUCT(a BIGINT, b VARCHAR)",
        [{"a": 1, "b": None}, {"a": 2, "b": "x"}],
    ),
    (
        pa.array([[{"a": 1}]]),
        pa.array([[{"a": 1.5}]]),
        "STRUCT(a DOUBLE)[]",
        [[{"a": 1.0}], [{"a": 1.5}]],
    ),
    (pa.array([[]], pa.list_(pa.null())), pa.array([[1]]), "BIGINT[]", [[], [1]]),
    (pa.array([{"a": 1}]), pa.array(["x"]), "VARCHAR", ["x", '{"a":1}']),
]


@pytest.mark.parametrize(
    ("mode", "first", "second", "kind", "values"),
    [("append", *case) for case in WIDENED]
    + [(mode, *WIDENED[n]) for mode in ("merge", "history") for n in (0, 6, 9)],
)
def test_a_widened_type_stays_in_one_column_with_every_value(
    loader: Loader, mode: str, first: Any, second: Any, kind: str, values: list[Any]
) -> None:
    stream = make_stream(mode=mode, key=() if mode == "append" else ("id",))
    loader.load(stream, {"id": [1], "n": first})
    loader.load(stream, {"id": [2], "n": second})
    assert loader.types()["n"] == kind
    assert [row[0] for row in loader.rows("n")] == values


@pytest.mark.parametrize(("first", "second", "kind", "values"), WIDENED)
def test_types_that_differ_within_one_load_meet_in_one_column(
    loader: Loader, first: Any, second: Any, kind: str, values: list[Any]
) -> None:
    loader.load(make_stream(), {"n": first}, Chunk(rows_of({"n": second}, "b.jsonl")))
    assert loader.types()["n"] == kind
    assert [row[0] for row in loader.rows("n")] == values


def test_a_filter_finds_rows_written_before_their_column_was_widened(loader: Loader) -> None:
    stream = make_stream()
    loader.load(stream, {"n": pa.array(range(100), pa.int32()), "d": [date(2024, 5, 1)] * 100})
    loader.rows("count(*)", tail="WHERE n < 5")
    stamps = pa.array([NOON.replace(tzinfo=None)] * 2, pa.timestamp("us"))
    loader.load(stream, {"n": pa.array([0.5, 50.5]), "d": stamps})
    assert loader.rows("count(*)", tail="WHERE n < 7.5") == [(9,)]
    assert loader.rows("min(n), max(n), count(n)") == [(0.0, 99.0, 102)]
    assert loader.rows("count(*)", tail="WHERE d = TIMESTAMP '2024-05-01 12:00:00'") == [(2,)]


def test_rows_keep_their_row_id_when_a_column_is_rebuilt(loader: Loader) -> None:
    stream = make_stream()
    loader.load(stream, {"n": pa.array([1, 2], pa.int32())})
    before = loader.rows("rowid, n")
    loader.load(stream, {"n": ["x"]})
    assert loader.rows("rowid, n::INTEGER", tail="WHERE n <> 'x'") == before


def test_new_and_missing_columns_are_null_where_a_file_lacks_them(loader: Loader) -> None:
    stream = make_stream()
    loader.load(stream, {"a": [1], "b": ["x"]})
    report = loader.load(stream, {"a": [2], "c": [True]})
    assert loader.rows("a, b, c") == [(1, "x", None), (2, None, True)]
    assert report.notes == ["The files hold no column b, which is NULL in their rows."]
    assert loader.rows("count(*)", tail="WHERE b IS NULL") == [(1,)]


def test_declared_types_stand_even_where_only_nulls_came(loader: Loader) -> None:
    columns = {"n": Column(type="DECIMAL(18,2)"), "later": Column(type="DATE"), "t": Column()}
    loader.load(make_stream(columns=columns), {"n": pa.nulls(1)})
    types = loader.types()
    assert (types["n"], types["later"], types["t"]) == ("DECIMAL(18,2)", "DATE", "VARCHAR")


def test_replacing_everything_takes_a_narrower_declared_type(loader: Loader) -> None:
    loader.load(make_stream(mode="replace"), {"n": ["1", "x"]})
    stream = make_stream(mode="replace", columns={"n": Column(type="BIGINT")})
    loader.load(stream, {"n": pa.array([1, 2], pa.int64())})
    assert loader.types()["n"] == "BIGINT"
    assert loader.rows("n") == [(1,), (2,)]


def test_comments_say_meaning_unit_and_the_sources_own_name(loader: Loader) -> None:
    columns = {"n": Column(type="BIGINT", description="Amount raised.", unit="USD")}
    loader.load(make_stream(columns=columns), {"n": pa.array([1], pa.int64())})
    with loader.warehouse.read() as connection:
        found = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'firm__deals' "
            "AND schema_name = 'raw' AND comment IS NOT NULL"
        ).fetchall()
    assert found == [("n", "Amount raised. [USD]")]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"n": pa.array([1], pa.int64()), "extra": ["x"]}, "column extra (VARCHAR)"),
        ({"n": ["x"]}, "column n is BIGINT; the files now hold VARCHAR"),
    ],
)
def test_a_frozen_stream_loads_nothing_of_a_package_that_differs(
    loader: Loader, columns: dict[str, Any], said: str
) -> None:
    stream = make_stream(contract="freeze")
    loader.load(stream, {"n": pa.array([1], pa.int64())})
    with pytest.raises(ContractViolation) as caught:
        loader.load(stream, columns)
    assert said in str(caught.value)
    assert loader.rows("n") == [(1,)]


def test_a_quarantine_contract_sets_single_rows_aside(loader: Loader) -> None:
    stream = make_stream(contract="quarantine", columns={"n": Column(type="BIGINT")})
    loader.load(stream, {"n": pa.array([1], pa.int64()), "s": pa.nulls(1)})
    report = loader.load(stream, {"n": ["2", "x", "07", None], "extra": [None, None, None, "e"]})
    assert (report.rows_read, report.rows_loaded, report.rows_quarantined) == (4, 1, 3)
    assert loader.rows("n") == [(1,), (2,)]
    assert "extra" not in loader.types()
    assert loader.rows("_line, _column, _reason", "quarantine.firm__deals") == [
        (2, "n", "The value of column n is no BIGINT."),
        (3, "n", "The value of column n is no BIGINT."),
        (4, "extra", "The column extra is not declared, and the contract is quarantine."),
    ]


def test_two_thousand_columns_and_odd_names_load(loader: Loader) -> None:
    wide = {f"c{i}": [i] for i in range(2000)} | {"select": ["x"], "file_row_number": [1]}
    loader.load(make_stream(), wide)
    assert loader.rows('c1999, "select", file_row_number') == [(1999, "x", 1)]
