"""Checks that run as SQL: what they find, what they show, what they refuse."""

from __future__ import annotations

import pytest

from pipelines.quality import run_checks, run_rule
from pipelines.spec import Check, Rule
from resources.warehouse import Warehouse
from tests.quality.conftest import Ask, Made

ROUNDS = """
SELECT * FROM (VALUES
  (1, 'seed',   10.5::DECIMAL(18,2), DATE '2012-05-01', DATE '2012-06-01', 'a.csv', 2::BIGINT),
  (2, 'series', 99.0,                DATE '2012-07-01', DATE '2012-06-01', 'a.csv', 3),
  (2, NULL,     -1.0,                NULL,              DATE '2012-06-01', 'a.csv', 4),
  (3, 'odd',    NULL,                DATE '2013-01-01', NULL,              'b.csv', 2)
) AS t(round_id, kind, amount_usd, announced_on, closed_on, _file, _line)
"""


@pytest.fixture(autouse=True)
def _rounds(made: Made) -> None:
    made(ROUNDS)


def test_failing_rows_are_shown_with_key_value_and_origin(ask: Ask) -> None:
    report = ask("expect_column_values_to_be_between", column="amount_usd", min_value=0)
    assert report.status == "failed"
    assert report.failing_rows == 1
    assert report.observed == "1 of 3 rows fail (33.33%)"
    assert report.sample == [{"round_id": 2, "amount_usd": "-1.00", "_file": "a.csv", "_line": 4}]


def test_a_warning_never_reads_as_a_failure(ask: Ask) -> None:
    report = ask("expect_column_values_to_not_be_null", "warning", column="kind")
    assert (report.status, report.failing_rows) == ("warned", 1)


def test_every_row_of_a_repeated_key_is_counted_and_shown_together(ask: Ask) -> None:
    report = ask("expect_column_values_to_be_unique", column="round_id")
    assert report.failing_rows == 2
    assert [row["_line"] for row in report.sample] == [3, 4]


def test_a_repeated_pair_counts_nulls_as_equal(ask: Ask, made: Made) -> None:
    made("SELECT * FROM (VALUES (1, NULL), (1, NULL), (NULL, NULL), (NULL, NULL)) t(round_id, b)")
    report = ask("expect_compound_columns_to_be_unique", column_list=["round_id", "b"])
    assert report.failing_rows == 2


def test_mostly_lets_the_told_share_pass(ask: Ask) -> None:
    arguments = {"column": "kind", "value_set": ["seed", "series"]}
    assert ask("expect_column_values_to_be_in_set", **arguments).status == "failed"
    lenient = ask("expect_column_values_to_be_in_set", mostly=0.6, **arguments)
    assert (lenient.status, lenient.failing_rows) == ("passed", 1)


@pytest.mark.parametrize(
    ("condition", "parser"),
    [
        ("amount_usd >= 0", None),
        ('col("amount_usd") >= 0', "great_expectations"),
        (
            {
                "type": "comparison",
                "column": {"name": "amount_usd"},
                "operator": ">=",
                "parameter": 0,
            },
            None,
        ),
    ],
)
def test_a_row_condition_leaves_the_other_rows_alone(
    ask: Ask, condition: object, parser: str | None
) -> None:
    more = {"condition_parser": parser} if parser else {}
    report = ask(
        "expect_column_values_to_be_unique", column="round_id", row_condition=condition, **more
    )
    assert (report.status, report.observed) == ("passed", "all 2 rows")


def test_a_pair_with_one_null_fails_unless_told_to_ignore_it(ask: Ask) -> None:
    pair = {"column_A": "closed_on", "column_B": "announced_on", "or_equal": True}
    name = "expect_column_pair_values_a_to_be_greater_than_b"
    assert ask(name, **pair).failing_rows == 3
    assert ask(name, ignore_row_if="either_value_is_missing", **pair).failing_rows == 1


def test_a_reference_to_nowhere_is_found(ask: Ask, warehouse: Warehouse) -> None:
    warehouse.commit(
        lambda tx: tx.execute(
            "CREATE OR REPLACE TABLE core.kind AS SELECT unnest(['seed', 'series']) AS id"
        ),
        message="kinds",
    )
    report = ask(
        "expect_column_values_to_be_in_other_table",
        column="kind",
        other_table_name="core.kind",
        other_column="id",
    )
    assert (report.failing_rows, report.sample[0]["kind"]) == (1, "odd")


def test_the_rows_of_a_query_are_the_failing_rows(ask: Ask) -> None:
    report = ask(
        "unexpected_rows_expectation",
        unexpected_rows_query="SELECT b.round_id FROM {batch} b WHERE b.amount_usd > 50 -- big",
    )
    assert report.sample == [{"round_id": 2}]


@pytest.mark.parametrize(
    ("expectation", "arguments", "says"),
    [
        (
            "expect_column_values_to_not_be_null",
            {"column": "amont_usd"},
            "did you mean amount_usd?",
        ),
        ("expect_column_values_to_be_between", {"column": "kind", "min_value": 0}, "is VARCHAR"),
        ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": [True]}, "bool"),
        ("expect_column_value_lengths_to_equal", {"column": "amount_usd", "value": 3}, "of text"),
        ("expect_column_values_to_be_of_type", {"column": "kind", "type_": "WORD"}, "no type"),
        ("expect_column_values_to_not_be_nul", {"column": "kind"}, "Did you mean"),
        (
            "expect_column_values_to_be_null",
            {"column": "kind", "row_condition": "nope > 1"},
            "nope",
        ),
        (
            "expect_column_values_to_be_in_other_table",
            {"column": "kind", "other_table_name": "core.nowhere"},
            "nowhere",
        ),
    ],
)
def test_a_check_that_cannot_run_is_an_error_and_never_passes(
    ask: Ask, expectation: str, arguments: dict[str, object], says: str
) -> None:
    report = ask(expectation, **arguments)
    assert report.status == "error"
    assert says in (report.error or "")


def test_one_broken_check_does_not_take_the_others_along(warehouse: Warehouse) -> None:
    def null(condition: str) -> Check:
        arguments = {"column": "round_id", "row_condition": condition}
        return Check(expectation="expect_column_values_to_be_null", arguments=arguments)

    conditions = ["kind = 'odd'", "kind::INTEGER > 1", "no_such > 1", "kind = 'seed'"]
    reports = run_checks(warehouse, "core.round", [null(c) for c in conditions], ["round_id"])
    assert [report.status for report in reports] == ["failed", "error", "error", "failed"]
    assert [report.sample[0]["round_id"] for report in (reports[0], reports[3])] == [3, 1]
    assert len({report.check for report in reports}) == 4


def test_an_absent_table_is_an_error_for_each_check(warehouse: Warehouse) -> None:
    check = Check(expectation="expect_table_row_count_to_equal", arguments={"value": 0})
    (report,) = run_checks(warehouse, "core.nowhere", [check])
    assert (report.status, report.error) == (
        "error",
        "There is no table core.nowhere, so it can't be checked.",
    )


@pytest.mark.parametrize(
    ("expectation", "arguments", "passes"),
    [
        ("expect_table_row_count_to_equal", {"value": 4}, True),
        ("expect_table_row_count_to_be_between", {"min_value": 5}, False),
        ("expect_table_row_count_to_equal_other_table", {"other_table_name": "core.round"}, True),
        ("expect_table_column_count_to_equal", {"value": 5}, True),
        ("expect_table_column_count_to_be_between", {"max_value": 4}, False),
        ("expect_column_to_exist", {"column": "kind", "column_index": 1}, True),
        ("expect_column_to_exist", {"column": "nope"}, False),
        ("expect_column_type_to_be", {"column": "amount_usd", "type_": "decimal(18, 2)"}, True),
        ("expect_column_values_to_be_of_type", {"column": "kind", "type_": "text"}, True),
        (
            "expect_column_values_to_be_in_type_list",
            {"column": "round_id", "type_list": ["BIGINT", "DATE"]},
            False,
        ),
        (
            "expect_table_columns_to_match_set",
            {"column_set": ["round_id", "kind"], "exact_match": False},
            True,
        ),
        (
            "expect_table_columns_to_match_ordered_list",
            {"column_list": ["round_id", "kind", "amount_usd", "announced_on", "closed_on"]},
            True,
        ),
        (
            "expect_column_max_to_be_between",
            {"column": "closed_on", "max_value": "2012-06-01"},
            True,
        ),
        ("expect_column_sum_to_be_between", {"column": "amount_usd", "max_value": 108.5}, True),
        (
            "expect_column_values_to_match_like_pattern",
            {"column": "kind", "like_pattern": "s%", "row_condition": "round_id < 3"},
            True,
        ),
        (
            "expect_column_values_to_not_match_like_pattern_list",
            {"column": "kind", "like_pattern_list": ["se%", "x\\_%"], "escape": "\\"},
            False,
        ),
        (
            "expect_column_distinct_values_to_contain_set",
            {"column": "kind", "value_set": ["seed", "angel"]},
            False,
        ),
    ],
)
def test_tables_and_columns_as_a_whole(
    ask: Ask, expectation: str, arguments: dict[str, object], passes: bool
) -> None:
    report = ask(expectation, **arguments)
    assert report.error is None
    assert (report.status == "passed") is passes, report.observed


def test_a_rule_shows_the_rows_that_break_it(warehouse: Warehouse) -> None:
    rule = Rule(
        name="announced_before_closed",
        description="No round is announced after it closed.",
        severity="warning",
        table="core.round",
        inputs=("core.round",),
        sql="SELECT round_id FROM core.round WHERE announced_on > closed_on; -- late\n",
    )
    report = run_rule(warehouse, rule)
    assert (report.status, report.failing_rows, report.sample) == ("warned", 1, [{"round_id": 2}])


def test_a_rule_over_an_absent_table_is_an_error(warehouse: Warehouse) -> None:
    rule = Rule(
        name="r",
        description="",
        severity="critical",
        table="core.round",
        inputs=("core.gone",),
        sql="FROM core.gone",
    )
    assert "core.gone" in (run_rule(warehouse, rule).error or "")
