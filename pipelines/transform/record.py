"""The record of builds: `headwater.builds`, one row for each time a model was built.

Belongs here: writing and reading that table. A build is recorded in the same
transaction as its rows, so the record never says more than what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from resources.warehouse import Changes, Connection, table_exists

BUILDS = "headwater.builds"
_CREATE = f"""
CREATE TABLE IF NOT EXISTS {BUILDS} (
    build_id VARCHAR, table_name VARCHAR, run_id VARCHAR, code_hash VARCHAR, inputs JSON,
    mode VARCHAR, rows BIGINT, inserted BIGINT, updated BIGINT, deleted BIGINT, seconds DOUBLE,
    built_at TIMESTAMPTZ, snapshot BIGINT
)
"""


@dataclass(frozen=True)
class Build:
    """One build of one model.

    `snapshot` is the one in which all inputs were read; `inputs` says it for
    each table. `rows` is what the query gave, which for an incremental build is
    only the part that was computed again.
    """

    build_id: str
    table: str
    run_id: str
    code_hash: str
    inputs: Mapping[str, int]
    mode: str
    rows: int
    changes: Changes
    seconds: float
    snapshot: int


def last_build(connection: Connection, table: str) -> Build | None:
    """The newest build of a table, or None when it was never built."""
    return last_builds(connection, table).get(table)


def last_builds(connection: Connection, table: str | None = None) -> dict[str, Build]:
    """The newest build of each table, or of the one that is named."""
    if not table_exists(connection, BUILDS):
        return {}
    rows = connection.execute(
        "SELECT build_id, table_name, run_id, code_hash, inputs, mode, rows, inserted, updated, "
        f"deleted, seconds, snapshot FROM {BUILDS} WHERE $table IS NULL OR table_name = $table "
        "QUALIFY row_number() OVER (PARTITION BY table_name ORDER BY built_at DESC, "
        "snapshot DESC) = 1",
        {"table": table},
    ).fetchall()
    return {row[1]: _build(row) for row in rows}


def _build(row: tuple[Any, ...]) -> Build:
    return Build(
        build_id=row[0],
        table=row[1],
        run_id=row[2],
        code_hash=row[3],
        inputs=orjson.loads(row[4]),
        mode=row[5],
        rows=row[6],
        changes=Changes(row[7], row[8], row[9]),
        seconds=row[10],
        snapshot=row[11],
    )


def record_build(tx: Connection, build: Build) -> None:
    """Add a build to the record."""
    tx.execute(_CREATE)
    changes = build.changes
    tx.execute(
        f"INSERT INTO {BUILDS} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now(), ?)",
        [
            build.build_id,
            build.table,
            build.run_id,
            build.code_hash,
            orjson.dumps(dict(build.inputs)).decode(),
            build.mode,
            build.rows,
            changes.inserted,
            changes.updated,
            changes.deleted,
            build.seconds,
            build.snapshot,
        ],
    )
