"""Headwater's own tables about loads: headwater.loads and headwater.cursors.

Belongs here: their columns, reading and writing them inside a transaction.
Does not belong here: what a load does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson

from pipelines.flow import StreamState, TableReport
from pipelines.naming import constant, literal
from resources.warehouse import Connection, Warehouse, table_exists

LOADS = "headwater.loads"
CURSORS = "headwater.cursors"

_LOADS_COLUMNS = """
    load_id VARCHAR, table_name VARCHAR, mode VARCHAR, kind VARCHAR, status VARCHAR,
    run_id VARCHAR, created_at TIMESTAMPTZ, committed_at TIMESTAMPTZ, files BIGINT,
    rows_read BIGINT, rows_loaded BIGINT, rows_quarantined BIGINT, rows_blank BIGINT,
    rows_duplicate BIGINT, rows_repeated BIGINT, declaration VARCHAR, notes VARCHAR[]
"""
_CURSORS_COLUMNS = """
    table_name VARCHAR, state VARCHAR, load_id VARCHAR, updated_at TIMESTAMPTZ
"""


@dataclass(frozen=True)
class LoadRecord:
    """One row of headwater.loads: a package, and what became of it."""

    load_id: str
    kind: str
    status: Literal["committed", "abandoned"]
    created_at: datetime
    declaration: str
    files: int
    run_id: str


def read_state(connection: Connection, table: str) -> StreamState:
    """What the stream of a raw table remembers; an empty state before the first load."""
    if not table_exists(connection, CURSORS):
        return StreamState()
    query = f"SELECT state FROM {CURSORS} WHERE table_name = {literal(table)}"
    row = connection.execute(query).fetchone()
    return StreamState.from_json(orjson.loads(row[0])) if row else StreamState()


def known_state(warehouse: Warehouse, table: str) -> StreamState:
    """What the stream of a raw table remembers in the newest snapshot."""
    text = warehouse.known(_states).get(table)
    return StreamState.from_json(orjson.loads(text)) if text else StreamState()


def known_loads(warehouse: Warehouse, table: str) -> dict[str, str]:
    """What `recorded_loads` gives for the newest snapshot."""
    return dict(warehouse.known(_loads).get(table, {}))


def _states(connection: Connection) -> dict[str, str]:
    """Table → its stream's state as JSON, of all tables."""
    if not table_exists(connection, CURSORS):
        return {}
    return dict(connection.execute(f"SELECT table_name, state FROM {CURSORS}").fetchall())


def _loads(connection: Connection) -> dict[str, dict[str, str]]:
    """Table → load id → status, of all tables."""
    if not table_exists(connection, LOADS):
        return {}
    query = f"SELECT table_name, load_id, status FROM {LOADS} ORDER BY committed_at, load_id"
    found: dict[str, dict[str, str]] = {}
    for table, load_id, status in connection.execute(query).fetchall():
        found.setdefault(table, {})[load_id] = status
    return found


def write_state(tx: Connection, table: str, state: StreamState, load_id: str | None) -> None:
    """Put the state in the place of the one before."""
    tx.execute(f"CREATE TABLE IF NOT EXISTS {CURSORS} ({_CURSORS_COLUMNS})")
    tx.execute(f"DELETE FROM {CURSORS} WHERE table_name = {literal(table)}")
    text = orjson.dumps(state.to_json(), option=orjson.OPT_SORT_KEYS).decode()
    values = ", ".join(map(constant, (table, text, load_id)))
    tx.execute(f"INSERT INTO {CURSORS} VALUES ({values}, now())")


def recorded_loads(connection: Connection, table: str) -> dict[str, str]:
    """Load id → status of every package of a table that was dealt with, oldest first."""
    if not table_exists(connection, LOADS):
        return {}
    query = (
        f"SELECT load_id, status FROM {LOADS} WHERE table_name = {literal(table)} "
        "ORDER BY committed_at, load_id"
    )
    return dict(connection.execute(query).fetchall())


def record_load(tx: Connection, record: LoadRecord, report: TableReport) -> None:
    """Write down what became of a package."""
    tx.execute(f"CREATE TABLE IF NOT EXISTS {LOADS} ({_LOADS_COLUMNS})")
    values = [
        constant(record.load_id),
        constant(report.table),
        constant(report.mode),
        constant(record.kind),
        constant(record.status),
        constant(record.run_id),
        constant(record.created_at),
        "now()",
        constant(record.files),
        constant(report.rows_read),
        constant(report.rows_loaded),
        constant(report.rows_quarantined),
        constant(report.rows_blank),
        constant(report.rows_duplicate),
        constant(report.rows_repeated),
        constant(record.declaration),
        constant(report.notes),
    ]
    tx.execute(f"INSERT INTO {LOADS} VALUES ({', '.join(values)})")
