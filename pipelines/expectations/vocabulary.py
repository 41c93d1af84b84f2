"""Every expectation that a check may name, with its arguments, sentence and engine.

Belongs here: the list. Does not belong here: what the arguments may be (see
`arguments`), validating and naming checks (see `checks`), running (quality).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Runs = Literal["sql", "sql or great-expectations", "great-expectations"]

_FILTER = ("row_condition", "condition_parser")
_MOSTLY = ("mostly", *_FILTER)
_MANY = ("ignore_row_if", *_MOSTLY)
_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


@dataclass(frozen=True)
class Expectation:
    """One expectation: its arguments, its sentence, and the engine that runs it.

    `whole` is true where one row can only be judged beside the others, so that
    the rows can't be taken in parts.
    """

    name: str
    sentence: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    runs: Runs = "sql"
    whole: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """Every argument it takes."""
        return self.required + self.optional


def _values(verb: str, says: str, *required: str, more: tuple[str, ...] = (), **how: Any) -> Any:
    name = f"expect_column_{verb}"
    return Expectation(name, f"{{column}} {says}", ("column", *required), (*more, *_MOSTLY), **how)


def _column(verb: str, says: str, *required: str, more: tuple[str, ...] = (), **how: Any) -> Any:
    name = f"expect_column_{verb}"
    return Expectation(name, f"{says}", ("column", *required), (*more, *_FILTER), **how)


def _many(name: str, says: str, *required: str, more: tuple[str, ...] = (), **how: Any) -> Any:
    return Expectation(f"expect_{name}", says, required, (*more, *_MANY), **how)


def _table(name: str, says: str, *required: str, more: tuple[str, ...] = ()) -> Expectation:
    return Expectation(f"expect_{name}", says, required, more)


_GX: Runs = "great-expectations"
_BOTH: Runs = "sql or great-expectations"
_PAIR = ("column_A", "column_B")
RANGE = "between {min_value} and {max_value}"
"""What a sentence says of its bounds."""

_ALL: tuple[Expectation, ...] = (
    # ── one value at a time ──
    _values("values_to_not_be_null", "is never null"),
    _values("values_to_be_null", "is always null"),
    _values("values_to_be_unique", "is never repeated"),
    _values("values_to_be_in_set", "is one of {value_set}", "value_set"),
    _values("values_to_not_be_in_set", "is none of {value_set}", "value_set"),
    _values("values_to_be_between", f"lies {RANGE}", more=_BOUNDS),
    _values("value_lengths_to_be_between", f"has a length {RANGE}", more=_BOUNDS),
    _values("value_lengths_to_equal", "has a length of {value}", "value"),
    _values("values_to_match_regex", "matches {regex}", more=("regex",), runs=_BOTH),
    _values("values_to_not_match_regex", "doesn't match {regex}", "regex", runs=_BOTH),
    _values(
        "values_to_match_regex_list",
        "matches {regex_list}",
        "regex_list",
        more=("match_on",),
        runs=_BOTH,
    ),
    _values(
        "values_to_not_match_regex_list",
        "matches none of {regex_list}",
        "regex_list",
        runs=_BOTH,
    ),
    _values(
        "values_to_match_like_pattern", "is like {like_pattern}", "like_pattern", more=("escape",)
    ),
    _values(
        "values_to_not_match_like_pattern",
        "is not like {like_pattern}",
        "like_pattern",
        more=("escape",),
    ),
    _values(
        "values_to_match_like_pattern_list",
        "is like {like_pattern_list}",
        "like_pattern_list",
        more=("match_on", "escape"),
    ),
    _values(
        "values_to_not_match_like_pattern_list",
        "is like none of {like_pattern_list}",
        "like_pattern_list",
        more=("escape",),
    ),
    _values("values_to_be_of_type", "has the type {type_}", "type_"),
    _values("values_to_be_in_type_list", "has one of the types {type_list}", more=("type_list",)),
    _values("values_to_be_json_parseable", "is valid JSON", runs=_GX),
    _values("values_to_match_json_schema", "obeys a JSON schema", "json_schema", runs=_GX),
    _values("values_to_be_dateutil_parseable", "reads as a date", runs=_GX),
    _values(
        "values_to_match_strftime_format",
        "is written as {strftime_format}",
        "strftime_format",
        runs=_GX,
    ),
    _values("values_to_be_increasing", "rises along the key", more=("strictly",)),
    _values("values_to_be_decreasing", "falls along the key", more=("strictly",)),
    _values(
        "value_z_scores_to_be_less_than",
        "has z-scores below {threshold}",
        "threshold",
        "double_sided",
        runs=_GX,
        whole=True,
    ),
    _values(
        "values_to_not_be_outliers",
        "holds no outliers",
        more=("method", "multiplier"),
        runs=_GX,
        whole=True,
    ),
    # ── one column as a whole ──
    _column("min_to_be_between", f"the smallest {{column}} lies {RANGE}", more=_BOUNDS),
    _column("max_to_be_between", f"the largest {{column}} lies {RANGE}", more=_BOUNDS),
    _column("sum_to_be_between", f"the sum of {{column}} lies {RANGE}", more=_BOUNDS),
    _column("mean_to_be_between", f"the mean of {{column}} lies {RANGE}", more=_BOUNDS),
    _column("median_to_be_between", f"the median of {{column}} lies {RANGE}", more=_BOUNDS),
    _column("stdev_to_be_between", f"the deviation of {{column}} lies {RANGE}", more=_BOUNDS),
    _column(
        "unique_value_count_to_be_between",
        f"the number of different {{column}} lies {RANGE}",
        more=_BOUNDS,
    ),
    _column(
        "proportion_of_unique_values_to_be_between",
        f"the share of different {{column}} lies {RANGE}",
        more=_BOUNDS,
    ),
    _column(
        "proportion_of_non_null_values_to_be_between",
        f"the share of {{column}} that is not null lies {RANGE}",
        more=_BOUNDS,
    ),
    _column("distinct_values_to_be_in_set", "every {column} is among {value_set}", "value_set"),
    _column("distinct_values_to_contain_set", "{column} holds each of {value_set}", "value_set"),
    _column("distinct_values_to_equal_set", "{column} holds exactly {value_set}", "value_set"),
    _column(
        "most_common_value_to_be_in_set",
        "the commonest {column} is among {value_set}",
        "value_set",
        more=("ties_okay",),
        runs=_GX,
        whole=True,
    ),
    _column(
        "quantile_values_to_be_between",
        "the quantiles of {column} lie in their ranges",
        "quantile_ranges",
        more=("allow_relative_error",),
        runs=_GX,
        whole=True,
    ),
    _column(
        "kl_divergence_to_be_less_than",
        "{column} is distributed as told",
        more=(
            "partition_object",
            "threshold",
            "internal_weight_holdout",
            "tail_weight_holdout",
            "bucketize_data",
            "min_value",
            "max_value",
        ),
        runs=_GX,
        whole=True,
    ),
    # ── several columns of a row ──
    _many(
        "column_pair_values_a_to_be_greater_than_b",
        "{column_A} is greater than {column_B}",
        *_PAIR,
        more=("or_equal",),
    ),
    _many("column_pair_values_to_be_equal", "{column_A} equals {column_B}", *_PAIR),
    _many(
        "column_pair_values_to_be_in_set",
        "{column_A} and {column_B} are a known pair",
        *_PAIR,
        "value_pairs_set",
    ),
    _many(
        "compound_columns_to_be_unique", "{column_list} together are never repeated", "column_list"
    ),
    _many(
        "multicolumn_sum_to_equal",
        "{column_list} add up to {sum_total}",
        "column_list",
        "sum_total",
    ),
    _many("multicolumn_values_to_be_equal", "{column_list} are the same", "column_list"),
    _many(
        "select_column_values_to_be_unique_within_record",
        "{column_list} are different in each row",
        "column_list",
    ),
    # ── the table ──
    Expectation(
        "expect_table_row_count_to_be_between",
        f"the number of rows lies {RANGE}",
        (),
        (*_BOUNDS, *_FILTER),
    ),
    Expectation("expect_table_row_count_to_equal", "there are {value} rows", ("value",), _FILTER),
    Expectation(
        "expect_table_row_count_to_equal_other_table",
        "there are as many rows as in {other_table_name}",
        ("other_table_name",),
        _FILTER,
    ),
    _table("table_column_count_to_equal", "there are {value} columns", "value"),
    _table(
        "table_column_count_to_be_between",
        f"the number of columns lies {RANGE}",
        more=("min_value", "max_value"),
    ),
    _table(
        "table_columns_to_match_set",
        "the columns are {column_set}",
        more=("column_set", "exact_match"),
    ),
    _table(
        "table_columns_to_match_ordered_list",
        "the columns are, in this order, {column_list}",
        more=("column_list",),
    ),
    _table("column_to_exist", "there is a column {column}", "column", more=("column_index",)),
    _table("column_type_to_be", "{column} has the type {type_}", "column", "type_"),
    Expectation(
        "unexpected_rows_expectation", "a query finds no row", ("unexpected_rows_query",), ()
    ),
    # Headwater's own: great-expectations has no word for a reference.
    _values(
        "values_to_be_in_other_table",
        "occurs in {other_table_name}",
        "other_table_name",
        more=("other_column",),
    ),
)
EXPECTATIONS: dict[str, Expectation] = {item.name: item for item in _ALL}
OWN = ("expect_column_values_to_be_in_other_table",)
"""Expectations that Headwater adds, for want of one in great-expectations."""
NOT_OFFERED = {
    "expect_query_results_to_match_comparison": "write a rule in assets/checks instead",
}
"""Great-expectations' own that have no meaning here, and what to do instead."""
