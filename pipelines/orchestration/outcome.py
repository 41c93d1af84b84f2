"""What a run found out, as Dagster's events carry it.

Belongs here: turning reports into materializations and check results with
metadata that reads well in the UI. Does not belong here: doing the work
(`steps`) or anything known before it (`specs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.expectations import check_names, describe
from pipelines.flow import ORIGIN_COLUMNS, CheckReport, TableReport
from pipelines.naming import quote, quote_table
from pipelines.orchestration.keys import asset_key
from pipelines.orchestration.specs import table_schema
from pipelines.spec import Check, Column
from resources.warehouse import (
    Connection,
    Warehouse,
    all_columns,
    all_row_counts,
    count_rows,
    table_exists,
)

SAMPLE_ROWS = 5
SAMPLE_COLUMNS = 12
CELL = 80


@dataclass(frozen=True)
class Declared:
    """What the declaration says of the table that a result is about."""

    columns: Mapping[str, Column]
    key: Sequence[str]
    checks: Sequence[Check]


@dataclass(frozen=True)
class Contents:
    """The table as it stands now: columns, rows, and the first few of them."""

    types: dict[str, str]
    rows: int
    sample: list[dict[str, Any]]


def look(warehouse: Warehouse, table: str, *, changed: bool = True) -> Contents:
    """Read what the result says of a table; empty where there is no table yet.

    Of a table that did not change, no rows are read: the result of the run that made
    it what it is has shown some.
    """
    if not changed and (known := warehouse.known(_standing).get(table)):
        return known
    with warehouse.read() as connection:
        types = warehouse.known(all_columns, connection).get(table)
        if not types:
            return Contents({}, 0, [])
        shown = [name for name in types if name not in ORIGIN_COLUMNS][:SAMPLE_COLUMNS]
        columns = ", ".join(f"left({quote(name)}::VARCHAR, {CELL + 1})" for name in shown)
        query = f"SELECT {columns} FROM {quote_table(table)} LIMIT {SAMPLE_ROWS}"
        rows = connection.execute(query).fetchall() if shown else []
        sample = [dict(zip(shown, row, strict=True)) for row in rows]
        return Contents(dict(types), count_rows(connection, table), sample)


def _standing(connection: Connection) -> dict[str, Contents]:
    """Columns and rows of every table whose rows the catalog counts, without a sample."""
    columns = all_columns(connection)
    counts = all_row_counts(connection)
    return {name: Contents(columns[name], counts[name], []) for name in columns.keys() & counts}


def count_of_load(warehouse: Warehouse, table: str, load_id: str) -> int:
    """Rows of a table that one load brought; 0 where there is no table."""
    with warehouse.read() as connection:
        if not table_exists(connection, table):
            return 0
        query = f"SELECT count(*) FROM {quote_table(table)} WHERE _load_id = ?"
        row = connection.execute(query, [load_id]).fetchone()
        return int(row[0]) if row else 0


def materialized(
    report: TableReport,
    contents: Contents,
    declared: Declared,
    *,
    links: Mapping[str, dg.MetadataValue[Any]],
    lineage: dg.TableColumnLineage | None = None,
) -> dg.MaterializeResult[Any]:
    """The materialization of one table; numbers stay numbers, so the UI plots them."""
    metadata: dict[str, Any] = {
        "dagster/row_count": contents.rows,
        "dagster/table_name": report.table,
        "status": report.status,
        "mode": report.mode,
        "rows_read": report.rows_read,
        "rows_loaded": report.rows_loaded,
        "rows_quarantined": report.rows_quarantined,
        "rows_blank": report.rows_blank,
        "rows_duplicate": report.rows_duplicate,
        "rows_repeated": report.rows_repeated,
        "seconds": round(report.seconds, 3),
        **links,
    }
    if contents.types:
        schema = table_schema(contents.types, declared.columns, declared.key, declared.checks)
        metadata["dagster/column_schema"] = schema
    if contents.sample:
        metadata["sample"] = dg.MetadataValue.md(markdown(contents.sample))
    if report.snapshot is not None:
        metadata["snapshot"] = report.snapshot
    if report.load_id:
        metadata["load_id"] = report.load_id
    if report.notes:
        metadata["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in report.notes))
    if lineage is not None:
        metadata["dagster/column_lineage"] = lineage
    return dg.MaterializeResult(asset_key=asset_key(report.table), metadata=metadata)


def unchecked(table: str, checks: Sequence[Check]) -> list[CheckReport]:
    """Reports for the checks of a table that has not been filled yet."""
    return [
        CheckReport(
            table,
            name,
            check.severity,
            "skipped",
            observed="There is no file yet, so there are no rows to check.",
            description=describe(check),
        )
        for name, check in zip(check_names(checks), checks, strict=True)
    ]


def checked(report: CheckReport) -> dg.AssetCheckResult:
    """The outcome of one check; failing rows are shown as a table."""
    metadata: dict[str, Any] = {
        "outcome": report.status,
        "failing_rows": report.failing_rows,
        "seconds": round(report.seconds, 3),
    }
    if report.observed:
        metadata["observed"] = report.observed
    if report.error:
        metadata["error"] = report.error
    if report.sample:
        metadata["sample"] = dg.MetadataValue.md(markdown(report.sample))
    serious = report.severity == "critical" and report.status != "skipped"
    return dg.AssetCheckResult(
        asset_key=asset_key(report.table),
        check_name=report.check,
        passed=report.status == "passed",
        severity=dg.AssetCheckSeverity.ERROR if serious else dg.AssetCheckSeverity.WARN,
        description=report.error or report.description or report.observed or None,
        metadata=metadata,
    )


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table; the columns are those that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([_cell(row.get(name)) for name in columns]) for row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: Any) -> str:
    if value is None:
        return "∅"
    text = " ".join(str(value).split())
    text = text if len(text) <= CELL else text[: CELL - 1] + "…"
    for character in ("\\", "|", "<", "`", "*", "_"):
        text = text.replace(character, "\\" + character)
    return text
