"""What SQL says of a check is what great-expectations says of it, on any data.

Bounds and values are exact in binary, so that no answer hangs on a rounding;
a decimal compared with 0.1 is compared exactly by SQL, but not by Python.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from pipelines.flow import CheckReport
from pipelines.quality import run_checks
from pipelines.quality.frames import _batches
from pipelines.spec import Check
from resources.warehouse import Warehouse

SCHEMA = pa.schema(
    {
        "row": pa.int64(),
        "whole": pa.int64(),
        "other": pa.int64(),
        "real": pa.float64(),
        "money": pa.decimal128(12, 2),
        "text": pa.string(),
        "day": pa.date32(),
    }
)
WHOLE = st.integers(-3, 3)
REAL = st.sampled_from([-1.5, -0.0, 0.25, 1.0, 2.0, math.inf, math.nan])
MONEY = st.sampled_from([Decimal(n) for n in ("-1.50", "0.00", "0.25", "2.00")])
TEXT = st.sampled_from(["", "a", "ab", "B", "é", "a\n", "12", "٣", "x y", "ab-1"])
DAY = st.dates(date(2020, 2, 27), date(2020, 3, 2))
VALUES = {"whole": WHOLE, "real": REAL, "money": MONEY, "text": TEXT, "day": DAY}
FINITE = {**VALUES, "real": REAL.filter(math.isfinite)}
NUMBERS = ("whole", "real", "money")
REGEX = st.sampled_from(["a", "^a$", r"\d", r"^\w+$", r"[^\s]{2}", r"\S \S", "(a|B)$", "^$"])
LIKE = st.sampled_from(["a%", "_", "%1", "%"])


def column_of(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    count = draw(st.integers(0, 7))
    columns: dict[str, list[Any]] = {"row": list(range(count))}
    for name, values in {**VALUES, "other": WHOLE}.items():
        columns[name] = [draw(st.none() | values) for _ in range(count)]
    return pa.table(columns, schema=SCHEMA)


@st.composite
def between(draw: st.DrawFn, value: st.SearchStrategy[Any]) -> dict[str, Any]:
    low, high = sorted([draw(value), draw(value)])
    given = draw(st.sampled_from([("min_value",), ("max_value",), ("min_value", "max_value")]))
    bounds = {"min_value": low, "max_value": high}
    strict = {"strict_min": draw(st.booleans()), "strict_max": draw(st.booleans())}
    return {**{name: bounds[name] for name in given}, **strict}


@st.composite
def checks(draw: st.DrawFn) -> Check:
    name = draw(st.sampled_from(sorted(MAKE)))
    arguments = draw(MAKE[name])
    if name.startswith(("expect_column_values", "expect_column_value_", "expect_compound")):
        arguments |= draw(st.fixed_dictionaries({}, optional={"mostly": st.floats(0, 1)}))
    return Check(expectation=name, arguments=arguments)


def on(names: tuple[str, ...], **arguments: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"column": column_of(names), **arguments})


@st.composite
def typed_between(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    column = draw(column_of(names))
    return {"column": column, **draw(between(FINITE[column]))}


@st.composite
def total_between(
    draw: st.DrawFn, names: tuple[str, ...], value: st.SearchStrategy[Any]
) -> dict[str, Any]:
    return {"column": draw(column_of(names)), **draw(between(value))}


@st.composite
def typed_set(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    column = draw(column_of(names))
    values = draw(st.lists(FINITE[column], min_size=1, max_size=4))
    return {"column": column, "value_set": values}


def pair(**arguments: Any) -> st.SearchStrategy[dict[str, Any]]:
    ignore = st.sampled_from(["both_values_are_missing", "either_value_is_missing", "neither"])
    fixed = {"column_A": st.just("whole"), "column_B": st.just("other"), "ignore_row_if": ignore}
    return st.fixed_dictionaries({**fixed, **arguments})


def several(*columns: str, **arguments: Any) -> st.SearchStrategy[dict[str, Any]]:
    ignore = st.sampled_from(["all_values_are_missing", "any_value_is_missing", "never"])
    fixed = {"column_list": st.just(list(columns)), "ignore_row_if": ignore}
    return st.fixed_dictionaries({**fixed, **arguments})


ANY = tuple(VALUES)
COMPARED = ("whole", "real", "money", "day")
SETTABLE = ("whole", "real", "text", "day")
HALVES = st.integers(-6, 6).map(lambda n: n / 2)
SHARE = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
MAKE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "expect_column_values_to_not_be_null": on(ANY),
    "expect_column_values_to_be_null": on(ANY),
    "expect_column_values_to_be_unique": on(ANY),
    "expect_column_values_to_be_in_set": typed_set(SETTABLE),
    "expect_column_values_to_not_be_in_set": typed_set(SETTABLE),
    "expect_column_values_to_be_between": typed_between(COMPARED),
    "expect_column_value_lengths_to_be_between": total_between(("text",), st.integers(0, 4)),
    "expect_column_value_lengths_to_equal": on(("text",), value=st.integers(0, 4)),
    "expect_column_values_to_match_regex": on(("text",), regex=REGEX),
    "expect_column_values_to_not_match_regex": on(("text",), regex=REGEX),
    "expect_column_values_to_match_regex_list": on(
        ("text",),
        regex_list=st.lists(REGEX, min_size=1, max_size=3),
        match_on=st.sampled_from(["any", "all"]),
    ),
    "expect_column_values_to_not_match_regex_list": on(
        ("text",), regex_list=st.lists(REGEX, min_size=1, max_size=3)
    ),
    "expect_column_min_to_be_between": typed_between(("whole", "money", "day")),
    "expect_column_max_to_be_between": typed_between(("whole", "money", "day")),
    "expect_column_sum_to_be_between": total_between(("whole",), HALVES),
    "expect_column_mean_to_be_between": total_between(("whole",), HALVES),
    "expect_column_median_to_be_between": total_between(("whole",), HALVES),
    "expect_column_stdev_to_be_between": total_between(("whole",), HALVES),
    "expect_column_unique_value_count_to_be_between": total_between(ANY, st.integers(0, 5)),
    "expect_column_proportion_of_unique_values_to_be_between": total_between(ANY, SHARE),
    "expect_column_proportion_of_non_null_values_to_be_between": total_between(ANY, SHARE),
    "expect_column_distinct_values_to_be_in_set": typed_set(SETTABLE),
    "expect_column_distinct_values_to_contain_set": typed_set(SETTABLE),
    "expect_column_distinct_values_to_equal_set": typed_set(SETTABLE),
    "expect_column_pair_values_a_to_be_greater_than_b": pair(or_equal=st.booleans()),
    "expect_column_pair_values_to_be_equal": pair(),
    "expect_column_pair_values_to_be_in_set": pair(
        value_pairs_set=st.lists(
            st.tuples(st.none() | WHOLE, st.none() | WHOLE).map(list), min_size=1, max_size=5
        )
    ),
    "expect_compound_columns_to_be_unique": several("whole", "text"),
    "expect_multicolumn_sum_to_equal": several("whole", "other", sum_total=WHOLE),
    "expect_multicolumn_values_to_be_equal": several("whole", "other"),
    "expect_select_column_values_to_be_unique_within_record": several("whole", "other", "real"),
    "expect_table_row_count_to_equal": st.fixed_dictionaries({"value": st.integers(0, 7)}),
    "expect_table_row_count_to_be_between": between(st.integers(0, 7)),
    "expect_table_column_count_to_equal": st.fixed_dictionaries({"value": st.integers(6, 8)}),
    "expect_column_to_exist": on((*ANY, "nowhere")),
    "expect_table_columns_to_match_set": st.fixed_dictionaries(
        {
            "column_set": st.lists(st.sampled_from([*SCHEMA.names, "nowhere"]), min_size=1),
            "exact_match": st.booleans(),
        }
    ),
    "expect_column_values_to_be_increasing": on(("whole",), strictly=st.booleans()),
    "expect_column_values_to_be_decreasing": on(("whole",), strictly=st.booleans()),
}


@pytest.fixture(autouse=True)
def _their_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def theirs(table: pa.Table, check: Check) -> tuple[bool, int | None]:
    """What great-expectations says: success and, where it counts them, unexpected rows."""
    from great_expectations.expectations.registry import get_expectation_impl

    expectation = get_expectation_impl(check.expectation)(**check.arguments)
    batch = _batches().get_batch(batch_parameters={"dataframe": table.to_pandas()})
    answer = batch.validate(expectation, result_format="BASIC")
    raised = str(answer.exception_info)
    assert "'raised_exception': True" not in raised, (check, raised)
    count = answer.result.get("unexpected_count")
    return bool(answer.success), None if "distinct" in check.expectation else count


def agree(warehouse: Warehouse, table: pa.Table, wanted: list[Check]) -> None:
    def fill(tx: Any) -> None:
        tx.register("drawn", table)
        tx.execute("CREATE OR REPLACE TABLE core.drawn AS FROM drawn")

    warehouse.commit(fill, message="drawn")
    reports = run_checks(warehouse, "core.drawn", wanted, ["row"])
    for check, report in zip(wanted, reports, strict=True):
        success, count = theirs(table, check)
        assert report.error is None
        shown = (check, table.to_pylist(), report)
        assert (report.status == "passed") == success, shown
        assert count is None or count == report.failing_rows, shown
        assert _sample_is_right(report), shown


def _sample_is_right(report: CheckReport) -> bool:
    """Failing rows are shown, each once and with its key, when and only when some failed."""
    rows = [row.get("row") for row in report.sample]
    should = report.status == "failed" and report.failing_rows > 0
    return len(set(rows)) == len(rows) == (report.failing_rows if should else 0)


EASY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@how(max_examples=15, deadline=None, suppress_health_check=EASY, derandomize=True)
@given(table=tables(), wanted=st.lists(checks(), min_size=6, max_size=12))
def test_sql_agrees_with_great_expectations(
    warehouse: Warehouse, table: pa.Table, wanted: list[Check]
) -> None:
    agree(warehouse, table, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MAKE))
def test_sql_agrees_with_great_expectations_on_each(warehouse: Warehouse, name: str) -> None:
    @how(max_examples=20, deadline=None, suppress_health_check=EASY)
    @given(table=tables(), wanted=st.lists(MAKE[name], min_size=4, max_size=4))
    def each(table: pa.Table, wanted: list[dict[str, Any]]) -> None:
        agree(warehouse, table, [Check(expectation=name, arguments=a) for a in wanted])

    each()
