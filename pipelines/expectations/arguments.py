"""What the arguments of expectations may be.

Belongs here: the kind of each argument and what two of them must keep to. Does
not belong here: which expectation takes which (see `expectations`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from pipelines.spec import Check

_Kind = tuple[Callable[[Any], bool], str]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | Decimal | bool | date | time)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and len(value) > 0


def _is_regex(value: Any) -> bool:
    if not _is_text(value):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _is_table(value: Any) -> bool:
    return _is_text(value) and value.count(".") == 1


_TEXT: _Kind = (_is_text, "text")
_NUMBER: _Kind = (_is_number, "a number")
_SWITCH: _Kind = (lambda value: isinstance(value, bool), "true or false")
_TEXTS: _Kind = (lambda v: _is_list(v) and all(map(_is_text, v)), "a list of texts")
_BOUND: _Kind = (
    lambda v: v is None or (_is_scalar(v) and not isinstance(v, bool)),
    "a number, a date or a text",
)
_OBJECT: _Kind = (lambda value: isinstance(value, dict), "a mapping")

_KINDS: dict[str, _Kind] = {
    "column": _TEXT,
    "column_A": _TEXT,
    "column_B": _TEXT,
    "other_column": _TEXT,
    "other_table_name": (_is_table, "a table such as core.organization"),
    "column_list": _TEXTS,
    "column_set": _TEXTS,
    "column_index": (lambda v: _is_whole(v) and v >= 0, "a position, 0 for the first"),
    "mostly": (lambda v: _is_number(v) and 0 <= v <= 1, "a share between 0 and 1"),
    "min_value": _BOUND,
    "max_value": _BOUND,
    "strict_min": _SWITCH,
    "strict_max": _SWITCH,
    "or_equal": _SWITCH,
    "strictly": _SWITCH,
    "double_sided": _SWITCH,
    "exact_match": _SWITCH,
    "ties_okay": _SWITCH,
    "value": (lambda v: _is_whole(v) and v >= 0, "a whole number"),
    "value_set": (lambda v: _is_list(v) and all(map(_is_scalar, v)), "a list of plain values"),
    "value_pairs_set": (
        lambda v: _is_list(v) and all(_is_list(pair) and len(pair) == 2 for pair in v),
        "a list of pairs",
    ),
    "regex": (_is_regex, "a regular expression"),
    "regex_list": (
        lambda v: _is_list(v) and all(map(_is_regex, v)),
        "a list of regular expressions",
    ),
    "like_pattern": _TEXT,
    "like_pattern_list": _TEXTS,
    "escape": (lambda value: _is_text(value) and len(value) == 1, "one character"),
    "match_on": (lambda value: value in ("any", "all"), "any or all"),
    "type_": _TEXT,
    "type_list": _TEXTS,
    "threshold": _NUMBER,
    "sum_total": _NUMBER,
    "multiplier": _NUMBER,
    "method": _TEXT,
    "strftime_format": _TEXT,
    "quantile_ranges": _OBJECT,
    "partition_object": _OBJECT,
    "unexpected_rows_query": (
        lambda value: _is_text(value) and "{batch}" in value,
        "SQL that reads the table as {batch}",
    ),
    "row_condition": (lambda v: _is_text(v) or isinstance(v, dict), "an SQL condition"),
    "condition_parser": (
        lambda value: value == "great_expectations",
        'great_expectations (for col("x").notNull()); leave it out to write the condition in SQL',
    ),
}
_IGNORE = {
    True: ("both_values_are_missing", "either_value_is_missing", "neither"),
    False: ("all_values_are_missing", "any_value_is_missing", "never"),
}


def check_arguments(name: str, check: Check) -> list[str]:
    """What is wrong with the values of a check's arguments, one sentence each."""
    wrong = []
    for argument, value in check.arguments.items():
        kind = _KINDS.get(argument)
        if argument == "ignore_row_if":
            allowed = _IGNORE["column_A" in check.arguments]
            kind = (lambda given, allowed=allowed: given in allowed, " or ".join(allowed))
        if kind is not None and not kind[0](value):
            wrong.append(f"{argument} is {value!r}; expected {kind[1]}.")
    return wrong or _bounds(name, check) + _lists(name, check)


def _bounds(name: str, check: Check) -> list[str]:
    if not name.endswith("_to_be_between") or "quantile" in name:
        return []
    low, high = check.arguments.get("min_value"), check.arguments.get("max_value")
    if low is None and high is None:
        return ["it needs min_value or max_value, or it would pass whatever the data is."]
    if low is None or high is None:
        return []
    if isinstance(low, datetime) != isinstance(high, datetime) and not isinstance(low, str):
        return []
    try:
        return [f"min_value {low} is greater than max_value {high}."] if low > high else []
    except TypeError:
        return [f"min_value {low!r} and max_value {high!r} can't be compared with each other."]


def _lists(name: str, check: Check) -> list[str]:
    needs = {
        "expect_column_values_to_match_regex": "regex",
        "expect_column_values_to_be_in_type_list": "type_list",
        "expect_table_columns_to_match_set": "column_set",
        "expect_table_columns_to_match_ordered_list": "column_list",
    }.get(name)
    if needs and needs not in check.arguments:
        return [f"it needs {needs}, or it would pass whatever the data is."]
    several = name.startswith(("expect_compound", "expect_multicolumn", "expect_select"))
    if several and len(check.arguments["column_list"]) < 2:
        return ["column_list needs at least two columns; use the expectation for one column."]
    return []
