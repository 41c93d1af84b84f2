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
from resources.warehouse import Connection, Warehouse, current_snapshot
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


_latest: WeakKeyDictionary[Warehouse, Standing] = WeakKeyDictionary()


def standing(warehouse: Warehouse, connection: Connection) -> Standing:
    """How tables and checks stand in the connection's snapshot."""
    snapshot, known = current_snapshot(connection), _latest.get(warehouse)
    if known is not None and known.snapshot == snapshot:
        return known
    changed = {name: found.changed for name, found in table_versions(connection).items()}
    if known is not None and known.changed.get(RESULTS) == changed.get(RESULTS):
        results = known.results
    else:
        results = _last(connection) if RESULTS in changed else {}
    _latest[warehouse] = Standing(snapshot, changed, results)
    return _latest[warehouse]


def _last(connection: Connection) -> dict[str, dict[str, CheckReport]]:
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
