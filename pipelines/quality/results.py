"""What checks said, kept in `headwater.check_results`, and looked up again.

Belongs here: writing results, and finding those that still hold because neither
the rows nor the check changed since. Does not belong here: running checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa

from pipelines.flow import CheckReport
from pipelines.quality.standing import RESULTS, Standing, standing
from resources.warehouse import Connection, Warehouse

_COLUMNS = {
    "run_id": pa.string(),
    "table_name": pa.string(),
    "check_name": pa.string(),
    "expectation": pa.string(),
    "arguments": pa.string(),
    "description": pa.string(),
    "severity": pa.string(),
    "status": pa.string(),
    "failing_rows": pa.int64(),
    "observed": pa.string(),
    "sample": pa.string(),
    "error": pa.string(),
    "seconds": pa.float64(),
    "table_version": pa.int64(),
    "checked_at": pa.timestamp("us", tz="UTC"),
}
_CREATE = f"""
CREATE TABLE IF NOT EXISTS {RESULTS} (
    run_id VARCHAR, table_name VARCHAR, check_name VARCHAR, expectation VARCHAR,
    arguments VARCHAR, description VARCHAR, severity VARCHAR, status VARCHAR,
    failing_rows BIGINT, observed VARCHAR, sample VARCHAR, error VARCHAR, seconds DOUBLE,
    table_version BIGINT, checked_at TIMESTAMPTZ
)"""


def record(warehouse: Warehouse, run_id: str, reports: Iterable[CheckReport]) -> int:
    """Keep the results of one run in one commit; those taken over from an earlier run
    are there already. Returns how many were written; none, no commit.
    """
    now = datetime.now(UTC)
    rows = [_row(run_id, report, now) for report in reports if not report.reused]
    if not rows:
        return 0
    table = pa.Table.from_pylist(rows, schema=pa.schema(_COLUMNS))

    def write(transaction: Connection) -> None:
        transaction.execute(_CREATE)
        transaction.register("results_to_keep", table)
        transaction.execute(f"INSERT INTO {RESULTS} BY NAME FROM results_to_keep")
        transaction.unregister("results_to_keep")

    warehouse.commit(write, message=f"check results of run {run_id}", extra={"run_id": run_id})
    return len(rows)


def _row(run_id: str, report: CheckReport, now: datetime) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "table_name": report.table,
        "check_name": report.check,
        "expectation": report.expectation,
        "arguments": orjson.dumps(report.arguments, option=orjson.OPT_SORT_KEYS).decode(),
        "description": report.description,
        "severity": report.severity,
        "status": report.status,
        "failing_rows": report.failing_rows,
        "observed": report.observed,
        "sample": orjson.dumps(report.sample).decode(),
        "error": report.error,
        "seconds": report.seconds,
        "table_version": report.version,
        "checked_at": now,
    }


def last_results(warehouse: Warehouse, table: str) -> list[CheckReport]:
    """The newest result of each check of a table, in the order of their names."""
    known = standing(warehouse).results.get(table, {})
    return [replace(report) for report in known.values()]


def still_true(known: Standing, wanted: Sequence[CheckReport]) -> dict[str, CheckReport]:
    """Check name → earlier result that still holds: same declaration, same rows.

    `wanted` are reports as yet without an outcome. A result is not taken over
    when it is an error or when it's not known which rows it read.
    """
    return {
        report.check: replace(found)
        for report in wanted
        if (found := known.results.get(report.table, {}).get(report.check)) is not None
        and found.status != "error"
        and found.version is not None
        and _declared(found) == _declared(report)
        and found.version == report.version
    }


def _declared(report: CheckReport) -> tuple[object, ...]:
    arguments = orjson.dumps(report.arguments, option=orjson.OPT_SORT_KEYS)
    return report.expectation, arguments, report.severity, report.description
