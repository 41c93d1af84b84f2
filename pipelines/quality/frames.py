"""Expectations that great-expectations itself judges, on a pandas frame.

Belongs here: handing it one column's values and reading its answer. Does not
belong here: anything that SQL can say (see `rows` and `totals`).

The frame holds the one column's values that are not null, and each row's id.
Row by row expectations get it in parts, so that memory stays flat; statistics
need the whole column and see decimals as floating-point numbers.
Great-expectations takes seconds to import, so that happens at first use.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import duckdb

from pipelines.naming import quote
from pipelines.quality.conditions import condition
from pipelines.quality.rows import text_of
from pipelines.quality.scan import Verdict, counted, listed, order
from pipelines.quality.subject import CannotRun, Subject, is_number
from pipelines.quality.sweep import SAMPLE, begin_again, sample, sentence
from pipelines.spec import Check
from resources.warehouse import Connection

_PART = 200_000
_ROW = "_row"
_LEFT_TO_SQL = {"row_condition", "condition_parser"}
_one_at_a_time = threading.Lock()


def run_in_frame(
    connection: Connection, subject: Subject, check: Check, *, whole: bool
) -> tuple[Verdict, list[dict[str, Any]]]:
    """The verdict on one check and up to twenty failing rows; CannotRun with a sentence."""
    column = check.arguments["column"]
    query = (
        f"SELECT rowid AS {_ROW}, {_value(check, subject, whole=whole)} AS {quote(column)} "
        f"FROM {subject.at(subject.table)} "
        f"WHERE {condition(check, subject)} AND {subject.value(column)} IS NOT NULL"
    )
    try:
        # Great-expectations keeps state in its context, and its warnings are not ours.
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict, rows = _judge(check, _parts(connection, query, whole=whole), whole=whole)
        return verdict, [] if verdict.passed else _shown(connection, subject, column, rows)
    except duckdb.Error as error:
        begin_again(connection)
        raise CannotRun(sentence(error)) from None


def _value(check: Check, subject: Subject, *, whole: bool) -> str:
    column = check.arguments["column"]
    kind = subject.type_of(column)
    if not whole and "json" in check.expectation and kind != "VARCHAR":
        return f"CAST(to_json({quote(column)}) AS VARCHAR)"
    if not whole:
        return text_of(column, subject, "this")
    if "most_common" in check.expectation and not kind.startswith("DECIMAL"):
        return subject.value(column)
    if not is_number(kind):
        raise CannotRun(f"The column {column} is {kind}; {check.expectation} needs numbers.")
    return f"CAST({subject.value(column)} AS DOUBLE)"


def _parts(connection: Connection, query: str, *, whole: bool) -> Iterator[Any]:
    """The query's rows as pandas frames: one, or several of bounded size."""
    result = connection.execute(query)
    if whole:
        yield result.to_arrow_table().to_pandas()
        return
    for batch in result.to_arrow_reader(_PART):
        yield batch.to_pandas()


def _judge(check: Check, parts: Iterator[Any], *, whole: bool) -> tuple[Verdict, list[int]]:
    considered = unexpected = 0
    rows: list[int] = []
    for frame in parts:
        answer = _answer(check, frame)
        outcome = answer.result
        if whole and "unexpected_count" not in outcome:
            observed = f"{outcome.get('observed_value')}"
            return Verdict(bool(answer.success), 0, observed), []
        considered += len(frame)
        unexpected += int(outcome.get("unexpected_count") or 0)
        found = outcome.get("partial_unexpected_index_list") or []
        rows += [int(item[_ROW]) for item in found[: SAMPLE - len(rows)]]
    return counted(considered, unexpected, float(check.arguments.get("mostly", 1))), rows


def _answer(check: Check, frame: Any) -> Any:
    arguments = {k: v for k, v in check.arguments.items() if k not in _LEFT_TO_SQL}
    expectation = _made(check.expectation, arguments)
    answer = (
        _batches()
        .get_batch(batch_parameters={"dataframe": frame})
        .validate(
            expectation,
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": SAMPLE,
                "unexpected_index_column_names": [_ROW],
                "return_unexpected_index_query": False,
            },
        )
    )
    for raised in _raised(answer.exception_info):
        raise CannotRun(f"great-expectations could not run the check: {raised}")
    return answer


def _made(name: str, arguments: dict[str, Any]) -> Any:
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        return get_expectation_impl(name)(**arguments)
    except (TypeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise CannotRun(f"great-expectations refuses the arguments of {name}: {told}") from None


def _raised(info: Any) -> Iterator[str]:
    """The messages in great-expectations' record of exceptions, flat or by metric."""
    items = [info] if "raised_exception" in info else list(info.values())
    for item in items:
        if item.get("raised_exception"):
            yield " ".join(str(item.get("exception_message")).split())


@functools.cache
def _batches() -> Any:
    """Great-expectations' way to take a frame; made once a process."""
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("headwater")
    return source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("all")


def _shown(
    connection: Connection, subject: Subject, column: str, rows: list[int]
) -> list[dict[str, Any]]:
    if not rows:
        return []
    ids = ", ".join(str(row) for row in rows)
    query = f"SELECT {listed(subject, [column])} FROM {subject.at(subject.table)}"
    return sample(connection, f"{query} WHERE rowid IN ({ids}) {order(subject)}")
