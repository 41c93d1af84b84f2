"""Expectations that judge a column or a table as a whole, as SQL.

Sums, extremes, distinct values, row counts, which columns there are. Columns
that begin with `_` are Headwater's own: where a check is about the table's
columns, they count only if the check names them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipelines.quality.conditions import condition
from pipelines.quality.rows import Maker, bounds, in_set, rows_of_query
from pipelines.quality.scan import Scan, Verdict, listed, order
from pipelines.quality.subject import CannotRun, Subject, constant, is_number
from pipelines.quality.types import same_type
from pipelines.spec import Check

_RATIO = "coalesce({part} / nullif({whole}, 0), 0)"


def _total(expression: str, kind: str | None) -> Callable[[Check, Subject], Scan]:
    """A number over the column's values, which must lie between bounds.

    `{v}` stands for the value, `{if}` for the row condition. `kind` is the type
    of the constants to compare with; None: the column's own.
    """

    def make(check: Check, subject: Subject) -> Scan:
        column = check.arguments["column"]
        own = subject.type_of(column)
        if kind is not None and "{d}" in expression and not is_number(own):
            raise CannotRun(f"The column {column} is {own}; only numbers have such a total.")
        value = subject.value(column)
        total = (
            expression.replace("{v}", value)
            .replace("{d}", f"CAST({value} AS DOUBLE)")
            .replace("{if}", condition(check, subject))
        )
        lies = bounds(check, total, lambda bound: constant(bound, kind or own, column))
        return Scan(aggregates=(total, lies), judge=_judge_total)

    return make


def _judge_total(seen: Sequence[Any]) -> Verdict:
    observed = "no value" if seen[0] is None else f"{seen[0]}"
    return Verdict(bool(seen[1]), 0, observed)


_F = "FILTER (WHERE {if})"
_DISTINCT = f"count(DISTINCT {{v}}) {_F}"


def _sum(check: Check, subject: Subject) -> Scan:
    own = subject.type_of(check.arguments["column"])
    if not is_number(own):
        raise CannotRun(f"The column {check.arguments['column']} is {own}; only numbers add up.")
    return _total(f"coalesce(sum({{v}}) {_F}, 0)", None)(check, subject)


def _distinct(check: Check, subject: Subject) -> Scan:
    """Every distinct value is in the set, and/or each of the set occurs."""
    column, given = check.arguments["column"], list(check.arguments["value_set"])
    value, where = subject.value(column), condition(check, subject)
    outside = f"{where} AND {value} IS NOT NULL AND NOT {in_set(check, subject, value)}"
    occurs = [
        f"coalesce(bool_or({value} = {subject.constant(item, column)}) FILTER (WHERE {where}), "
        "FALSE)"
        for item in given
    ]
    none_outside = "contain" not in check.expectation
    all_there = "be_in_set" not in check.expectation

    def judge(seen: Sequence[Any]) -> Verdict:
        strange = seen[0] if none_outside else 0
        missing = [item for item, there in zip(given, seen[2:], strict=False) if not there]
        parts = [f"{seen[1]:,} other values"] if strange else []
        parts += [f"missing: {', '.join(map(str, missing[:20]))}"] if missing else []
        return Verdict(not parts, strange, "; ".join(parts) or "as expected")

    shown = listed(subject, [column])
    return Scan(
        aggregates=(
            f"count(*) FILTER (WHERE {outside})",
            f"count(DISTINCT {value}) FILTER (WHERE {outside})",
            *(occurs if all_there else ()),
        ),
        judge=judge,
        failing=(
            f"SELECT {shown} FROM {subject.relation} WHERE {outside} {order(subject)}"
            if none_outside
            else None
        ),
    )


def _rows(check: Check, subject: Subject) -> Scan:
    count = f"count(*) FILTER (WHERE {condition(check, subject)})"
    if "other_table_name" in check.arguments:
        other = check.arguments["other_table_name"]
        wanted = f"(SELECT count(*) FROM {subject.at(other)})"
        return Scan(
            aggregates=(count, wanted),
            judge=lambda seen: Verdict(
                seen[0] == seen[1], 0, f"{seen[0]:,} rows; {other} has {seen[1]:,}"
            ),
        )
    if "value" in check.arguments:
        lies = f"{count} = {int(check.arguments['value'])}"
    else:
        lies = bounds(check, count, lambda bound: constant(bound, "BIGINT", "row count"))
    return Scan((count, lies), lambda seen: Verdict(bool(seen[1]), 0, f"{seen[0]:,} rows"))


def _query(check: Check, subject: Subject) -> Scan:
    rows = rows_of_query(check, subject)
    return Scan(
        aggregates=(f"(SELECT count(*) FROM {rows})",),
        judge=lambda seen: Verdict(seen[0] == 0, seen[0], f"{seen[0]:,} rows found"),
        failing=f"FROM {rows}",
    )


def _fixed(passed: bool, observed: str) -> Scan:
    """A check that the table's columns answer, without a look at its rows."""
    return Scan((), lambda _: Verdict(passed, 0, observed))


def _own_left_out(subject: Subject, named: Sequence[str]) -> list[str]:
    return [name for name in subject.columns if not name.startswith("_") or name in named]


def _exists(check: Check, subject: Subject) -> Scan:
    column, index = check.arguments["column"], check.arguments.get("column_index")
    columns = list(subject.columns)
    if column not in columns:
        return _fixed(passed=False, observed=f"{subject.table} has {', '.join(columns)}")
    position = columns.index(column)
    return _fixed(index is None or index == position, f"{column} is at position {position}")


def _column_type(check: Check, subject: Subject) -> Scan:
    actual = subject.type_of(check.arguments["column"])
    return _fixed(same_type(actual, check.arguments["type_"]), f"the type is {actual}")


def _column_count(check: Check, subject: Subject) -> Scan:
    count = len(_own_left_out(subject, ()))
    wanted = check.arguments.get("value", count)
    low, high = check.arguments.get("min_value"), check.arguments.get("max_value")
    inside = (low is None or count >= low) and (high is None or count <= high)
    return _fixed(count == wanted and inside, f"{count} columns")


def _column_set(check: Check, subject: Subject) -> Scan:
    wanted = set(check.arguments["column_set"])
    actual = set(_own_left_out(subject, list(wanted)))
    missing, more = sorted(wanted - actual), sorted(actual - wanted)
    if not check.arguments.get("exact_match", True):
        more = []
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"not expected: {', '.join(more)}"] if more else []
    return _fixed(not parts, "; ".join(parts) or "as expected")


def _column_order(check: Check, subject: Subject) -> Scan:
    wanted = list(check.arguments["column_list"])
    actual = _own_left_out(subject, wanted)
    return _fixed(actual == wanted, f"the columns are {', '.join(actual)}")


def _shares() -> dict[str, Maker]:
    filled = f"count({{v}}) {_F}"
    return {
        "expect_column_proportion_of_unique_values_to_be_between": _total(
            _RATIO.format(part=_DISTINCT, whole=filled), "DOUBLE"
        ),
        "expect_column_proportion_of_non_null_values_to_be_between": _total(
            _RATIO.format(part=filled, whole=f"count(*) {_F}"), "DOUBLE"
        ),
    }


TOTALS: dict[str, Maker] = {
    "expect_column_min_to_be_between": _total(f"min({{v}}) {_F}", None),
    "expect_column_max_to_be_between": _total(f"max({{v}}) {_F}", None),
    "expect_column_sum_to_be_between": _sum,
    "expect_column_mean_to_be_between": _total(f"avg({{d}}) {_F}", "DOUBLE"),
    "expect_column_median_to_be_between": _total(f"median({{d}}) {_F}", "DOUBLE"),
    "expect_column_stdev_to_be_between": _total(f"stddev_samp({{d}}) {_F}", "DOUBLE"),
    "expect_column_unique_value_count_to_be_between": _total(_DISTINCT, "BIGINT"),
    **_shares(),
    "expect_column_distinct_values_to_be_in_set": _distinct,
    "expect_column_distinct_values_to_contain_set": _distinct,
    "expect_column_distinct_values_to_equal_set": _distinct,
    "expect_table_row_count_to_be_between": _rows,
    "expect_table_row_count_to_equal": _rows,
    "expect_table_row_count_to_equal_other_table": _rows,
    "unexpected_rows_expectation": _query,
    "expect_column_to_exist": _exists,
    "expect_column_type_to_be": _column_type,
    "expect_table_column_count_to_equal": _column_count,
    "expect_table_column_count_to_be_between": _column_count,
    "expect_table_columns_to_match_set": _column_set,
    "expect_table_columns_to_match_ordered_list": _column_order,
}
