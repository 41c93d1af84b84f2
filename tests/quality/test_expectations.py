"""The vocabulary: it is great-expectations' own, and a wrong check is explained."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from pipelines.expectations import (
    EXPECTATIONS,
    NOT_OFFERED,
    OWN,
    check_names,
    checks_of,
    describe,
    validate_check,
)
from pipelines.quality.run import MAKERS
from pipelines.spec import Check, Csv, FileStream, Severity

_NOT_ABOUT_THE_DATA = {
    "id", "meta", "notes", "result_format", "description", "catch_exceptions", "rendered_content",
    "windows", "batch_id", "severity", "library_metadata",
}  # fmt: skip


def check(expectation: str, severity: Severity = "critical", **arguments: object) -> Check:
    return Check(expectation=expectation, arguments=arguments, severity=severity)


def test_names_and_arguments_are_great_expectations_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401
        from great_expectations.expectations import registry

        names = registry.list_registered_expectation_implementations()
        theirs = {name: registry.get_expectation_impl(name) for name in names}
    assert set(EXPECTATIONS) - set(OWN) == set(theirs) - set(NOT_OFFERED)
    for name, known in EXPECTATIONS.items():
        if name in OWN:
            continue
        fields = {k: v for k, v in theirs[name].__fields__.items() if k not in _NOT_ABOUT_THE_DATA}
        asked = {k for k, field in fields.items() if field.required}
        assert set(known.arguments) | {"condition_parser"} == set(fields) | {"condition_parser"}
        assert set(known.required) == asked, name


def test_every_expectation_has_the_engine_that_it_names() -> None:
    in_sql = {name for name, known in EXPECTATIONS.items() if known.runs != "great-expectations"}
    assert in_sql == set(MAKERS)


def test_validating_imports_nothing_heavy() -> None:
    heavy = "{'great_expectations', 'pandas', 'duckdb', 'pyarrow'}"
    code = f"import sys, pipelines.expectations; print({heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (check("expect_column_values_to_be_beetween", column="a"), "expect_column_values_to_be_"),
        (check("expect_query_results_to_match_comparison"), "write a rule"),
        (check("expect_column_values_to_be_between", colum="a"), "Did you mean 'column'?"),
        (check("expect_column_values_to_not_be_null"), "needs the argument 'column'"),
        (check("expect_column_values_to_be_between", column="a"), "min_value or max_value"),
        (
            check("expect_column_values_to_be_between", column="a", min_value=2, max_value=1),
            "greater than",
        ),
        (
            check("expect_column_values_to_be_between", column="a", min_value=2, max_value="x"),
            "can't be compared",
        ),
        (check("expect_column_values_to_not_be_null", column="a", mostly=95), "between 0 and 1"),
        (check("expect_column_values_to_match_regex", column="a", regex="("), "regular expression"),
        (check("expect_column_values_to_match_regex", column="a"), "needs regex"),
        (check("expect_column_values_to_be_in_set", column="a", value_set=[]), "plain values"),
        (check("expect_compound_columns_to_be_unique", column_list=["a"]), "at least two"),
        (check("unexpected_rows_expectation", unexpected_rows_query="SELECT 1"), "{batch}"),
        (check("expect_column_values_to_be_unique", "fatal", column="a"), "severity"),  # type: ignore[arg-type]
        (
            check(
                "expect_column_pair_values_to_be_equal",
                column_A="a",
                column_B="b",
                ignore_row_if="never",
            ),
            "both_values_are_missing",
        ),
    ],
)
def test_a_wrong_check_is_explained(declared: Check, says: str) -> None:
    assert says in " ".join(validate_check(declared))


def test_names_are_unique_in_a_table() -> None:
    low = check("expect_column_values_to_be_between", column="a b", min_value=0)
    high = check("expect_column_values_to_be_between", column="a b", max_value=9)
    first = "expect_column_values_to_be_between__a_b"
    assert check_names([low, high]) == [first, first + "_2"]


def test_the_key_of_a_merged_table_is_checked_without_being_asked_for() -> None:
    own = check("expect_column_values_to_not_be_null", "warning", column="a")
    stream = FileStream(
        name="s",
        files=("*.csv",),
        format=Csv(),
        description="",
        mode="merge",
        key=("a", "b"),
        checks=(own,),
    )
    checks = checks_of(stream)
    assert [(c.expectation, c.severity) for c in checks] == [
        ("expect_column_values_to_not_be_null", "critical"),
        ("expect_compound_columns_to_be_unique", "critical"),
        ("expect_column_values_to_not_be_null", "warning"),
    ]
    assert checks[0].arguments == {"column": "b"}


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        (
            check("expect_column_values_to_not_be_null", column="a", mostly=0.95),
            "a is never null in at least 95 % of rows",
        ),
        (
            check("expect_column_values_to_be_between", column="a", min_value=0),
            "a lies at or above 0",
        ),
        (
            check("expect_table_row_count_to_be_between", min_value=1, max_value=5),
            "The number of rows lies between 1 and 5",
        ),
        (
            check("expect_column_values_to_be_in_set", column="a", value_set=["x", "y"]),
            "a is one of x, y",
        ),
        (Check(expectation="expect_column_to_exist", description="Told."), "Told."),
    ],
)
def test_a_check_says_itself_in_a_sentence(declared: Check, sentence: str) -> None:
    assert describe(declared) == sentence
