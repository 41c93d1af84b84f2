"""How staged rows become rows of the table: added, swapped, merged, kept as history.

Belongs here: the statements of each way, inside the commit's transaction. Does
not belong here: staging, columns, records of the load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipelines.load.attach import attach, fits
from pipelines.load.columns import HISTORY_TYPES, SYSTEM_COLUMNS
from pipelines.naming import constant, quote, quote_table
from resources.warehouse import Connection, table_columns
from resources.warehouse.rows import make_equal

Way = Literal["add", "swap", "upsert", "equal", "history"]
"""`add` inserts; `swap` puts the rows in the place of all others; `upsert` and
`equal` go by key and touch only rows that differ, `equal` also deletes keys
that are gone; `history` closes versions and opens new ones."""


@dataclass(frozen=True)
class Rows:
    """Rows for one table: `relation` may follow FROM and has exactly its columns.

    `files` are the Parquet files that it consists of, if they may be given to
    the lake as they are, and `folder` is where the table's files lie.
    """

    table: str
    relation: str
    key: tuple[str, ...]
    files: tuple[Path, ...] = ()
    folder: Path | None = None


def write_rows(tx: Connection, way: Way, rows: Rows, *, at: datetime, gone: str) -> None:
    """Write the rows the given way.

    `swap` expects the table to be empty: what was in it is deleted before its
    columns change. `at` is when versions begin and end. `gone` is a predicate over `target`:
    rows for which it holds and whose key isn't staged are closed (`history`)
    or deleted (`upsert`).
    """
    if way in ("add", "swap"):
        _add(tx, rows)
    elif way == "history":
        _history(tx, rows, at, gone)
    else:
        scope = gone if way == "upsert" else None
        make_equal(tx, rows.table, rows.relation, rows.key, scope=scope, ignore=SYSTEM_COLUMNS)


def empty(tx: Connection, table: str) -> None:
    """Delete every row, as the first half of a swap."""
    tx.execute(f"DELETE FROM {quote_table(table)}")


def _add(tx: Connection, rows: Rows) -> None:
    columns = table_columns(tx, rows.table)
    if rows.folder and rows.files and all(fits(tx, file, columns) for file in rows.files):
        for file in rows.files:
            attach(tx, rows.table, file, rows.folder)
        return
    names = ", ".join(quote(name) for name in columns)
    tx.execute(
        f"INSERT INTO {quote_table(rows.table)} ({names}) SELECT {names} FROM {rows.relation}"
    )


def _history(tx: Connection, rows: Rows, at: datetime, gone: str) -> None:
    table = quote_table(rows.table)
    same = _same(rows.key)
    ignored = {*HISTORY_TYPES, *SYSTEM_COLUMNS, *rows.key}
    names = [name for name in table_columns(tx, rows.table) if name not in HISTORY_TYPES]
    differs = " OR ".join(
        f"target.{quote(name)} IS DISTINCT FROM staged.{quote(name)}"
        for name in names
        if name not in ignored
    )
    at = _not_before(tx, table, at)
    tx.execute(
        f"UPDATE {table} AS target SET _valid_to = {constant(at)}, _is_current = false "
        "WHERE _is_current AND ("
        f"EXISTS (SELECT 1 FROM {rows.relation} AS staged WHERE {same} AND ({differs or 'false'}))"
        f" OR (({gone}) AND NOT EXISTS (SELECT 1 FROM {rows.relation} AS staged WHERE {same})))"
    )
    listed = ", ".join(quote(name) for name in names)
    tx.execute(
        f"INSERT INTO {table} ({listed}, _valid_from, _valid_to, _is_current) "
        f"SELECT {listed}, {constant(at)}, NULL, true FROM {rows.relation} AS staged "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} AS target WHERE target._is_current AND {same})"
    )


def _not_before(tx: Connection, table: str, at: datetime) -> datetime:
    """The moment, or just after the newest version where the clock went back."""
    row = tx.execute(
        f"SELECT greatest({constant(at)}, max(_valid_from) + INTERVAL 1 MICROSECOND) FROM {table}"
    ).fetchone()
    return row[0] if row and row[0] is not None else at


def _same(key: Sequence[str]) -> str:
    return " AND ".join(
        f"target.{quote(name)} IS NOT DISTINCT FROM staged.{quote(name)}" for name in key
    )
