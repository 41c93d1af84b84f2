"""Rows set aside: the quarantine tables, and questions about them.

Belongs here: their layout, filling and reading. Does not belong here: deciding
that a row is set aside (`stage`, extract), or giving it another try (`release`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.flow import ORIGIN_COLUMNS
from pipelines.load.landing import Package
from pipelines.load.stage import void_filter
from pipelines.naming import constant, literal, quote_table
from resources.warehouse import LAKE, Connection, table_exists

_LAYOUT = """
    _load_id VARCHAR, _file VARCHAR, _line BIGINT, _path VARCHAR, _column VARCHAR,
    _reason VARCHAR, _raw VARCHAR, _quarantined_at TIMESTAMPTZ
"""
WHOLE_FILE = "_line IS NULL AND _path IS NULL AND _raw IS NULL"
"""The predicate of a file that was refused whole."""
_COLUMNS = "_load_id, _file, _line, _path, _column, _reason, _raw, _quarantined_at"


@dataclass(frozen=True)
class Quarantined:
    """How many rows of one raw table are set aside for one kind of reason.

    `example` is the reason in full of one of them.
    """

    table: str
    column: str | None
    rows: int
    example: str
    since: datetime


def quarantine_table(table: str) -> str:
    """`raw.x__y` → `quarantine.x__y`."""
    return "quarantine." + table.split(".", 1)[1]


def ensure_quarantine(tx: Connection, table: str) -> None:
    """Create the quarantine table of a raw table if there is none."""
    tx.execute(f"CREATE TABLE IF NOT EXISTS {quote_table(quarantine_table(table))} ({_LAYOUT})")


def forget(tx: Connection, table: str, files: Iterable[str] | None) -> None:
    """Delete the rows set aside from some files (None: all), which were read again."""
    place = quote_table(quarantine_table(table))
    if tx.execute(f"SELECT 1 FROM {place} LIMIT 1").fetchone() is None:
        return
    if files is None:
        tx.execute(f"DELETE FROM {place}")
        return
    tx.execute(
        f"DELETE FROM {place} "
        f"WHERE list_contains({constant(list(files))}, split_part(_file, '!/', 1))"
    )


def set_aside(tx: Connection, package: Package, misfits: str | None) -> int:
    """Insert a package's rejects, refused files and misfits; how many rows."""
    manifest = package.manifest
    place = quote_table(quarantine_table(manifest.table))
    head = f"INSERT INTO {place} ({_COLUMNS})"
    load_id, created = constant(manifest.load_id), constant(manifest.created)
    count = 0
    if manifest.rejects:
        count += _inserted(
            tx,
            f"{head} SELECT {load_id}, _file, _line, _path, _column, _reason, _raw, {created} "
            f"FROM read_parquet({literal(str(package.path(manifest.rejects)))}) "
            f"WHERE {void_filter(manifest.refused)}",
        )
    if misfits:
        count += _inserted(
            tx,
            f"{head} SELECT _load_id, _file, _line, _path, _column, _reason, _raw, {created} "
            f"FROM {misfits} AS misfits",
        )
    for item in manifest.refused:
        file, reason = constant(item.file), constant(item.reason)
        values = f"{load_id}, {file}, NULL, NULL, NULL, {reason}, NULL, {created}"
        count += _inserted(tx, f"{head} VALUES ({values})")
    return count


def take_out(tx: Connection, table: str, rows: str, files: Iterable[str]) -> None:
    """Delete what was set aside of the records in `rows`, and of whole `files`."""
    place = quote_table(quarantine_table(table))
    same = " AND ".join(
        f"aside.{name} IS NOT DISTINCT FROM released.{name}" for name in ORIGIN_COLUMNS
    )
    tx.execute(
        f"DELETE FROM {place} AS aside WHERE EXISTS (SELECT 1 FROM {rows} AS released WHERE {same})"
    )
    tx.execute(
        f"DELETE FROM {place} WHERE {WHOLE_FILE} AND list_contains({constant(list(files))}, _file)"
    )


def list_quarantine(connection: Connection) -> list[Quarantined]:
    """What is set aside, by table and column, tables in order of name."""
    query = (
        "SELECT DISTINCT table_name FROM duckdb_columns() "
        f"WHERE database_name = '{LAKE}' AND schema_name = 'quarantine' ORDER BY table_name"
    )
    found = []
    for (name,) in connection.execute(query).fetchall():
        rows = connection.execute(
            f"SELECT _column, count(*), min(_reason), min(_quarantined_at) "
            f"FROM {quote_table('quarantine.' + name)} GROUP BY _column ORDER BY 2 DESC, 1"
        ).fetchall()
        found += [Quarantined(f"raw.{name}", *row) for row in rows]
    return found


def show_quarantine(connection: Connection, table: str, limit: int) -> list[dict[str, Any]]:
    """Rows set aside of one raw table, newest first, as column → value."""
    place = quarantine_table(table)
    if not table_exists(connection, place):
        return []
    result = connection.execute(
        f"SELECT {_COLUMNS} FROM {quote_table(place)} "
        f"ORDER BY _quarantined_at DESC, _file, _line, _path LIMIT {limit:d}"
    )
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _inserted(tx: Connection, statement: str) -> int:
    row = tx.execute(statement).fetchone()
    return int(row[0]) if row else 0
