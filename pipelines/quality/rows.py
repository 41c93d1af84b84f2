"""Expectations that judge rows, as SQL: nulls, sets, ranges, text, pairs, keys.

Each function has the semantics of the expectation in great-expectations: nulls
are looked at only where the expectation is about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from pipelines.naming import literal, quote
from pipelines.quality.conditions import condition
from pipelines.quality.patterns import to_re2
from pipelines.quality.scan import Scan, counted, listed, not_repeated, order, row_by_row
from pipelines.quality.subject import WHOLE, CannotRun, Subject
from pipelines.quality.types import same_type
from pipelines.spec import Check

Maker = Callable[[Check, Subject], Scan | None]
"""Makes the scan of a check, or None where only great-expectations can run it."""


def bounds(check: Check, value: str, constant: Callable[[Any], str]) -> str:
    """`value` lies between min_value and max_value, as an SQL condition."""
    given, parts = check.arguments, []
    if given.get("min_value") is not None:
        sign = ">" if given.get("strict_min") else ">="
        parts.append(f"{value} {sign} {constant(given['min_value'])}")
    if given.get("max_value") is not None:
        sign = "<" if given.get("strict_max") else "<="
        parts.append(f"{value} {sign} {constant(given['max_value'])}")
    return " AND ".join(parts)


def _each(check: Check, subject: Subject, expected: str) -> Scan:
    """Every value of one column that is not null must be as expected."""
    column = check.arguments["column"]
    considered = f"{condition(check, subject)} AND {subject.value(column)} IS NOT NULL"
    return row_by_row(subject, [column], considered, expected, _mostly(check))


def _mostly(check: Check) -> float:
    return float(check.arguments.get("mostly", 1))


def _null(check: Check, subject: Subject) -> Scan:
    column = check.arguments["column"]
    wanted = "NOT NULL" if "not_be_null" in check.expectation else "NULL"
    expected = f"{subject.value(column)} IS {wanted}"
    return row_by_row(subject, [column], condition(check, subject), expected, _mostly(check))


def _unique(check: Check, subject: Subject) -> Scan:
    column = check.arguments["column"]
    considered = f"{condition(check, subject)} AND {subject.value(column)} IS NOT NULL"
    return not_repeated(subject, [column], considered, _mostly(check))


def in_set(check: Check, subject: Subject, value: str) -> str:
    """`value` is one of value_set, as an SQL condition."""
    column = check.arguments["column"]
    values = [subject.constant(item, column) for item in check.arguments["value_set"]]
    return f"{value} IN ({', '.join(values)})"


def _set(check: Check, subject: Subject) -> Scan:
    inside = in_set(check, subject, subject.value(check.arguments["column"]))
    return _each(check, subject, f"NOT {inside}" if "_not_" in check.expectation else inside)


def _between(check: Check, subject: Subject) -> Scan:
    column = check.arguments["column"]
    lies = bounds(check, subject.value(column), lambda bound: subject.constant(bound, column))
    return _each(check, subject, lies)


def text_of(column: str, subject: Subject, what: str) -> str:
    """A column's value as text; CannotRun where its text is a matter of taste."""
    kind = subject.type_of(column)
    if kind != "VARCHAR" and kind not in WHOLE:
        raise CannotRun(f"The column {column} is {kind}; {what} can be checked of text only.")
    return quote(column) if kind == "VARCHAR" else f"CAST({quote(column)} AS VARCHAR)"


def _length(check: Check, subject: Subject) -> Scan:
    size = f"length({text_of(check.arguments['column'], subject, 'a length')})"
    if "value" in check.arguments:
        return _each(check, subject, f"{size} = {int(check.arguments['value'])}")
    return _each(check, subject, bounds(check, size, lambda bound: f"{float(bound)}"))


def _regex(check: Check, subject: Subject) -> Scan | None:
    text = text_of(check.arguments["column"], subject, "a pattern")
    given = check.arguments
    wanted = [given["regex"]] if "regex" in given else given["regex_list"]
    patterns = [to_re2(pattern) for pattern in wanted]
    found = [f"regexp_matches({text}, {literal(p)})" for p in patterns if p is not None]
    if len(found) < len(patterns):
        return None
    return _each(check, subject, _combined(check, found))


def _like(check: Check, subject: Subject) -> Scan:
    text = text_of(check.arguments["column"], subject, "a pattern")
    given = check.arguments
    escape = f" ESCAPE {literal(given['escape'])}" if "escape" in given else ""
    wanted = [given["like_pattern"]] if "like_pattern" in given else given["like_pattern_list"]
    return _each(
        check, subject, _combined(check, [f"{text} LIKE {literal(p)}{escape}" for p in wanted])
    )


def _combined(check: Check, found: Sequence[str]) -> str:
    joined = (" AND " if check.arguments.get("match_on") == "all" else " OR ").join(found)
    return f"NOT ({joined})" if "_not_match_" in check.expectation else f"({joined})"


def _typed(check: Check, subject: Subject) -> Scan:
    given = check.arguments
    wanted = [given["type_"]] if "type_" in given else given["type_list"]
    actual = subject.type_of(given["column"])
    return _each(check, subject, str(any(same_type(actual, item) for item in wanted)).upper())


def _pair_considered(check: Check, subject: Subject) -> tuple[str, str, str]:
    a, b = (subject.value(check.arguments[name]) for name in ("column_A", "column_B"))
    ignore = {
        "both_values_are_missing": f"({a} IS NOT NULL OR {b} IS NOT NULL)",
        "either_value_is_missing": f"({a} IS NOT NULL AND {b} IS NOT NULL)",
        "neither": "TRUE",
    }[check.arguments.get("ignore_row_if", "both_values_are_missing")]
    return a, b, f"{condition(check, subject)} AND {ignore}"


def _pair(check: Check, subject: Subject) -> Scan:
    a, b, considered = _pair_considered(check, subject)
    if "greater" in check.expectation:
        expected = f"{a} {'>=' if check.arguments.get('or_equal') else '>'} {b}"
    else:
        expected = f"{a} = {b}"
    shown = [check.arguments["column_A"], check.arguments["column_B"]]
    return row_by_row(subject, shown, considered, expected, _mostly(check))


def _pair_set(check: Check, subject: Subject) -> Scan:
    a, b, considered = _pair_considered(check, subject)
    shown = [check.arguments["column_A"], check.arguments["column_B"]]

    def is_(value: str, wanted: Any, column: str) -> str:
        if wanted is None:
            return f"{value} IS NULL"
        return f"{value} IS NOT DISTINCT FROM {subject.constant(wanted, column)}"

    expected = " OR ".join(
        f"({is_(a, first, shown[0])} AND {is_(b, second, shown[1])})"
        for first, second in check.arguments["value_pairs_set"]
    )
    return row_by_row(subject, shown, considered, expected, _mostly(check))


def _several_considered(check: Check, subject: Subject) -> str:
    columns = check.arguments["column_list"]
    filled = [f"{subject.value(column)} IS NOT NULL" for column in columns]
    ignore = {
        "all_values_are_missing": f"({' OR '.join(filled)})",
        "any_value_is_missing": f"({' AND '.join(filled)})",
        "never": "TRUE",
    }[check.arguments.get("ignore_row_if", "all_values_are_missing")]
    return f"{condition(check, subject)} AND {ignore}"


def _compound(check: Check, subject: Subject) -> Scan:
    considered = _several_considered(check, subject)
    return not_repeated(subject, check.arguments["column_list"], considered, _mostly(check))


def _several(check: Check, subject: Subject) -> Scan:
    """Values of one row: do they add up, are they all the same, are they all different."""
    columns = check.arguments["column_list"]
    values = [subject.value(column) for column in columns]
    if "sum_total" in check.arguments:
        total = subject.constant(check.arguments["sum_total"], columns[0])
        expected = f"{' + '.join(values)} = {total}"
    elif "values_to_be_equal" in check.expectation:
        expected = " AND ".join(f"{values[0]} IS NOT DISTINCT FROM {v}" for v in values[1:])
    else:
        expected = " AND ".join(f"{a} IS DISTINCT FROM {b}" for a, b in combinations(values, 2))
    considered = _several_considered(check, subject)
    return row_by_row(subject, columns, considered, expected, _mostly(check))


def _ordered(check: Check, subject: Subject) -> Scan:
    """Each value is at least (at most) the one before it, in the order of the key."""
    column = check.arguments["column"]
    along = order(subject)
    if not along:
        raise CannotRun(
            f"{subject.table} has no key, so its rows have no order to rise or fall in."
        )
    sign = ">" if "increasing" in check.expectation else "<"
    sign += "" if check.arguments.get("strictly") else "="
    filled = f"{condition(check, subject)} AND {subject.value(column)} IS NOT NULL"
    value = subject.value(column)
    steps = (
        f"FROM (SELECT *, ({value} {sign} lag({value}) OVER ({along})) IS NOT FALSE AS _in_order "
        f"FROM {subject.relation} WHERE {filled}) WHERE NOT _in_order"
    )
    mostly = _mostly(check)
    return Scan(
        aggregates=(f"count(*) FILTER (WHERE {filled})", f"(SELECT count(*) {steps})"),
        judge=lambda seen: counted(seen[0], seen[1], mostly),
        failing=f"SELECT {listed(subject, [column])} {steps} {along}",
    )


def _reference(check: Check, subject: Subject) -> Scan:
    column, other = check.arguments["column"], check.arguments["other_table_name"]
    there = quote(check.arguments.get("other_column", column))
    value = f"here.{quote(column)}"
    subject.type_of(column)
    considered = f"{condition(check, subject)} AND {subject.value(column)} IS NOT NULL"
    missing = (
        f"FROM (SELECT * FROM {subject.relation} WHERE {considered}) AS here WHERE NOT EXISTS "
        f"(SELECT 1 FROM (FROM {subject.at(other)}) AS there WHERE there.{there} = {value})"
    )
    scan = row_by_row(subject, [column], considered, "TRUE", _mostly(check))
    return Scan(
        aggregates=(scan.aggregates[0], f"(SELECT count(*) {missing})"),
        judge=scan.judge,
        failing=f"SELECT {listed(subject, [column])} {missing} {order(subject)}",
    )


def rows_of_query(check: Check, subject: Subject) -> str:
    """The rows that `unexpected_rows_query` finds, as a relation."""
    query = str(check.arguments["unexpected_rows_query"]).strip().rstrip(";")
    # The line end keeps a closing comment from swallowing the bracket.
    return f"({query.replace('{batch}', subject.relation)}\n)"


ROWS: dict[str, Maker] = {
    "expect_column_values_to_not_be_null": _null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_be_unique": _unique,
    "expect_column_values_to_be_in_set": _set,
    "expect_column_values_to_not_be_in_set": _set,
    "expect_column_values_to_be_between": _between,
    "expect_column_value_lengths_to_be_between": _length,
    "expect_column_value_lengths_to_equal": _length,
    "expect_column_values_to_match_regex": _regex,
    "expect_column_values_to_not_match_regex": _regex,
    "expect_column_values_to_match_regex_list": _regex,
    "expect_column_values_to_not_match_regex_list": _regex,
    "expect_column_values_to_match_like_pattern": _like,
    "expect_column_values_to_not_match_like_pattern": _like,
    "expect_column_values_to_match_like_pattern_list": _like,
    "expect_column_values_to_not_match_like_pattern_list": _like,
    "expect_column_values_to_be_of_type": _typed,
    "expect_column_values_to_be_in_type_list": _typed,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair,
    "expect_column_pair_values_to_be_equal": _pair,
    "expect_column_pair_values_to_be_in_set": _pair_set,
    "expect_column_values_to_be_increasing": _ordered,
    "expect_column_values_to_be_decreasing": _ordered,
    "expect_compound_columns_to_be_unique": _compound,
    "expect_multicolumn_sum_to_equal": _several,
    "expect_multicolumn_values_to_be_equal": _several,
    "expect_select_column_values_to_be_unique_within_record": _several,
    "expect_column_values_to_be_in_other_table": _reference,
}
