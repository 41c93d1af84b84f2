"""Checks that only great-expectations can run: same reports, same manners."""

from __future__ import annotations

import pytest

from pipelines.quality import frames
from tests.quality.conftest import Ask, Made


@pytest.fixture(autouse=True)
def _rounds(made: Made) -> None:
    made("""
SELECT * FROM (VALUES
  (1, '{"a": 1}', '2012-05-01', 1.50::DECIMAL(12,2), 'a.csv', 2),
  (2, '{a: 1}',   'May 2012',   2.50,                'a.csv', 3),
  (3, NULL,       'n/a',        1000000.00,          'b.csv', 2),
  (4, '[]',       '2012-06-31', NULL,                'b.csv', 3)
) AS t(round_id, payload, announced, amount, _file, _line)
""")


def test_failing_rows_are_shown_with_key_value_and_origin(ask: Ask) -> None:
    report = ask("expect_column_values_to_be_json_parseable", column="payload")
    assert (report.status, report.failing_rows) == ("failed", 1)
    assert report.observed == "1 of 3 rows fail (33.33%)"
    assert report.sample == [{"round_id": 2, "payload": "{a: 1}", "_file": "a.csv", "_line": 3}]


def test_parts_of_a_large_table_add_up(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_PART", 1)
    report = ask("expect_column_values_to_be_dateutil_parseable", column="announced", mostly=0.5)
    assert (report.status, report.failing_rows) == ("passed", 2)


def test_a_pattern_that_sql_lacks_is_searched_by_python(ask: Ask) -> None:
    report = ask("expect_column_values_to_match_regex", column="announced", regex="^(?!n/a)")
    assert [row["round_id"] for row in report.sample] == [3]


def test_statistics_take_decimals(ask: Ask) -> None:
    arguments = {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[2, 3]]}}
    report = ask("expect_column_quantile_values_to_be_between", column="amount", **arguments)
    assert report.status == "passed", (report.error, report.observed)
    scores = ask(
        "expect_column_value_z_scores_to_be_less_than",
        column="amount",
        threshold=1,
        double_sided=True,
    )
    assert [row["round_id"] for row in scores.sample] == [3]


def test_a_row_condition_is_applied(ask: Ask) -> None:
    report = ask(
        "expect_column_values_to_be_json_parseable", column="payload", row_condition="round_id <> 2"
    )
    assert (report.status, report.observed) == ("passed", "all 2 rows")


def test_rows_without_values_pass(ask: Ask) -> None:
    report = ask(
        "expect_column_values_to_be_json_parseable", column="payload", row_condition="round_id = 3"
    )
    assert (report.status, report.observed) == ("passed", "no row to look at")


@pytest.mark.parametrize(
    ("expectation", "arguments", "says"),
    [
        (
            "expect_column_values_to_match_strftime_format",
            {"column": "amount", "strftime_format": "%Y"},
            "of text only",
        ),
        (
            "expect_column_value_z_scores_to_be_less_than",
            {"column": "payload", "threshold": 1, "double_sided": True},
            "needs numbers",
        ),
        (
            "expect_column_quantile_values_to_be_between",
            {"column": "amount", "quantile_ranges": {"quantiles": [0.5]}},
            "great-expectations",
        ),
        (
            "expect_column_values_to_be_json_parseable",
            {"column": "payload", "row_condition": "payload::INTEGER = 1"},
            "DuckDB could not",
        ),
    ],
)
def test_a_check_that_cannot_run_is_an_error(
    ask: Ask, expectation: str, arguments: dict[str, object], says: str
) -> None:
    report = ask(expectation, **arguments)
    assert report.status == "error"
    assert says in (report.error or "")
