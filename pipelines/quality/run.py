"""Running a table's checks and the rules over several tables.

Belongs here: which engine runs which check, and turning outcomes into reports.
Does not belong here: the engines (`sweep` for SQL, `frames` for
great-expectations), keeping results (`results`), or deciding what a failure
stops (orchestration does).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.expectations import check_names, describe, validate_check
from pipelines.expectations.vocabulary import EXPECTATIONS
from pipelines.flow import CheckReport
from pipelines.quality.plain import plain_all
from pipelines.quality.results import still_true
from pipelines.quality.rows import ROWS
from pipelines.quality.scan import Scan, Verdict
from pipelines.quality.standing import Standing, standing
from pipelines.quality.subject import CannotRun, Subject
from pipelines.quality.sweep import one_query, sample, sentence, sweep
from pipelines.quality.totals import TOTALS
from pipelines.spec import Check, Rule
from resources.warehouse import Connection, Warehouse, table_columns

MAKERS = {**ROWS, **TOTALS}
"""Expectation → how its SQL is made; all others run through great-expectations."""


@dataclass
class _Work:
    """One check on its way to its report."""

    check: Check
    report: CheckReport
    scan: Scan | None = None


def run_checks(
    warehouse: Warehouse,
    table: str,
    checks: Sequence[Check],
    key: Sequence[str] = (),
    *,
    again: bool = True,
) -> list[CheckReport]:
    """Run the checks of one table on one snapshot; one report each, in their order.

    `key` are the columns that tell failing rows apart. A check that can't be run
    (no such table or column, a wrong argument) is reported as an error. With
    `again=False` a check whose declaration and rows are those of its last
    recorded result is not run: that result is returned, marked as reused.
    """
    works = [
        _Work(check, _report(table, name, check))
        for check, name in zip(checks, check_names(checks), strict=True)
    ]
    known = {} if again else _known(standing(warehouse), works)
    if len(known) < len(works):
        with warehouse.read() as connection:
            now = standing(warehouse, connection)
            known = _due(connection, now, table, key, works, again=again)
    return [known.get(work.report.check, work.report) for work in works]


def _known(now: Standing, works: Sequence[_Work]) -> dict[str, CheckReport]:
    """Check name → the earlier result that holds in this snapshot still."""
    _date(now, works)
    return still_true(now, [work.report for work in works])


def _due(
    connection: Connection,
    now: Standing,
    table: str,
    key: Sequence[str],
    works: Sequence[_Work],
    *,
    again: bool,
) -> dict[str, CheckReport]:
    """Run what is due in the connection's snapshot; the results that hold still."""
    if table not in now.changed:
        for work in works:
            _fails(work.report, f"There is no table {table}, so it can't be checked.")
        return {}
    found = _known(now, works)
    known = {} if again else found
    due = [work for work in works if work.report.check not in known]
    columns = table_columns(connection, table)
    _run(connection, Subject(table, columns, tuple(key), now.snapshot), due)
    return known


def _run(connection: Connection, subject: Subject, works: Sequence[_Work]) -> None:
    ready = [work for work in works if _prepare(work, subject)]
    _in_sql(connection, subject, [work for work in ready if work.scan is not None])
    _in_frames(connection, subject, [work for work in ready if work.scan is None])


def _date(now: Standing, works: Sequence[_Work]) -> None:
    """Note in each report since when the rows that the check reads are what they are."""
    for work in works:
        given = work.check.arguments
        tables = {work.report.table, str(given.get("other_table_name") or work.report.table)}
        # Which further tables a query reads is not known, so it's always run again.
        if "unexpected_rows_query" not in given and tables <= now.changed.keys():
            work.report.version = max(now.changed[table] for table in tables)


def _report(table: str, name: str, check: Check) -> CheckReport:
    return CheckReport(
        table=table,
        check=name,
        severity=check.severity,
        status="passed",
        description=describe(check),
        expectation=check.expectation,
        arguments={name: plain_all(value) for name, value in check.arguments.items()},
    )


def _prepare(work: _Work, subject: Subject) -> bool:
    """Make the check's SQL if it has one; false where the check can't be run."""
    if wrong := validate_check(work.check):
        _fails(work.report, " ".join(wrong))
        return False
    maker = MAKERS.get(work.check.expectation)
    try:
        work.scan = maker(work.check, subject) if maker else None
    except CannotRun as error:
        _fails(work.report, str(error))
        return False
    return True


def _in_sql(connection: Connection, subject: Subject, works: Sequence[_Work]) -> None:
    began = time.monotonic()
    outcomes = sweep(connection, subject, [work.scan for work in works if work.scan])
    share = (time.monotonic() - began) / max(len(works), 1)
    for work, outcome in zip(works, outcomes, strict=True):
        began = time.monotonic()
        _judge(work.report, outcome)
        failed = work.report.status in ("failed", "warned")
        if failed and work.scan and work.scan.failing:
            work.report.sample = sample(connection, work.scan.failing)
        work.report.seconds = share + time.monotonic() - began


def _in_frames(connection: Connection, subject: Subject, works: Sequence[_Work]) -> None:
    if not works:
        return
    from pipelines.quality.frames import run_in_frame

    for work in works:
        began = time.monotonic()
        whole = EXPECTATIONS[work.check.expectation].whole
        try:
            outcome, work.report.sample = run_in_frame(connection, subject, work.check, whole=whole)
        except CannotRun as error:
            _fails(work.report, str(error))
        else:
            _judge(work.report, outcome)
        work.report.seconds = time.monotonic() - began


def _judge(report: CheckReport, outcome: Verdict | str) -> None:
    if isinstance(outcome, str):
        _fails(report, outcome)
        return
    report.failing_rows = outcome.failing_rows
    report.observed = outcome.observed
    if not outcome.passed:
        report.status = "failed" if report.severity == "critical" else "warned"


def _fails(report: CheckReport, why: str) -> None:
    report.status = "error"
    report.error = why


def run_rule(warehouse: Warehouse, rule: Rule, *, again: bool = True) -> CheckReport:
    """Run one rule over several tables: every row its SQL returns breaks it.

    With `again=False` the last recorded result is returned where neither the
    rule nor a table that it reads has changed since.
    """
    began = time.monotonic()
    report = CheckReport(
        table=rule.table,
        check=rule.name,
        severity=rule.severity,
        status="passed",
        description=rule.description,
        expectation="rule",
        arguments={"sql_sha256": hashlib.sha256(rule.sql.encode()).hexdigest()},
    )
    if not again and (known := _known_rule(standing(warehouse), rule, report)):
        return known
    with warehouse.read() as connection:
        now = standing(warehouse, connection)
        known = _known_rule(now, rule, report)
        missing = [table for table in rule.inputs if table not in now.changed]
        if missing:
            _fails(report, f"There is no table {' or '.join(missing)}, so it can't be checked.")
            return report
        if known and not again:
            return known
        try:
            query = one_query(connection, rule.sql)
            found = connection.execute(f"SELECT count(*) FROM ({query}\n)").fetchone() or (0,)
            count = int(found[0])
            _judge(report, Verdict(count == 0, count, f"{count:,} rows found"))
            report.sample = sample(connection, query) if count else []
        except CannotRun as error:
            _fails(report, str(error))
        except duckdb.Error as error:
            _fails(report, sentence(error))
    report.seconds = time.monotonic() - began
    return report


def _known_rule(now: Standing, rule: Rule, report: CheckReport) -> CheckReport | None:
    """Note since when the rule's tables are what they are; the result that holds still."""
    if not all(table in now.changed for table in rule.inputs):
        return None
    report.version = max((now.changed[table] for table in rule.inputs), default=None)
    return still_true(now, [report]).get(rule.name)
