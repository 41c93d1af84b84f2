"""What is known of all tables and checks in one snapshot, asked for once.

Belongs here: since when each table is what it is, and the last result of every
check, kept while they stay the same: a run in which nothing changed asks for
every table, and must be fast. Does not belong here: deciding anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from pipelines.flow import CheckReport
from resources.warehouse import Connection, Warehouse, current_snapshot, table_exists
from resources.warehouse.versions import table_versions

RESULTS = "headwater.check_results"


@dataclass(frozen=True)
class Standing:
    """`changed`: table → the snapshot since which it is what it is, of all there are.
    `results`: table → check name → its last recorded result.
    """

    snapshot: int
    changed: Mapping[str, int]
    results: Mapping[str, Mapping[str, CheckReport]]


_results: WeakKeyDictionary[Warehouse, tuple[int | None, Mapping[str, Mapping[str, CheckReport]]]]
_results = WeakKeyDictionary()


def standing(warehouse: Warehouse, at: Connection | None = None) -> Standing:
    """How tables and checks stand in the newest snapshot, or in that of a transaction."""
    snapshot, changed = warehouse.known(_changed, at)
    kept = _results.get(warehouse)
    # Loads and builds make snapshots all the time, but results only at the end of a run.
    if kept is None or kept[0] != changed.get(RESULTS):
        kept = _results[warehouse] = (changed.get(RESULTS), warehouse.known(_last, at))
    return Standing(snapshot, changed, kept[1])


def _changed(connection: Connection) -> tuple[int, dict[str, int]]:
    changed = {name: found.changed for name, found in table_versions(connection).items()}
    return current_snapshot(connection), changed


def _last(connection: Connection) -> dict[str, dict[str, CheckReport]]:
    if not table_exists(connection, RESULTS):
        return {}
    found = connection.execute(
        f"""
        SELECT table_name, check_name, severity, status, failing_rows, observed, description,
            sample, error, seconds, expectation, arguments, table_version
        FROM {RESULTS}
        QUALIFY row_number() OVER (
            PARTITION BY table_name, check_name ORDER BY checked_at DESC) = 1
        ORDER BY ALL
        """
    ).fetchall()
    results: dict[str, dict[str, CheckReport]] = {}
    for row in found:
        results.setdefault(row[0], {})[row[1]] = _report(row)
    return results


def _report(row: Sequence[Any]) -> CheckReport:
    return CheckReport(
        table=row[0],
        check=row[1],
        severity=row[2],
        status=row[3],
        failing_rows=row[4],
        observed=row[5],
        description=row[6],
        sample=orjson.loads(row[7]),
        error=row[8],
        seconds=row[9],
        expectation=row[10],
        arguments=orjson.loads(row[11]),
        version=row[12],
        reused=True,
    )
