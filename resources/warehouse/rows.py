"""Make a table equal to a relation while touching only the rows that differ.

Belongs here: the comparison and the few statements that carry it out, inside a
transaction that the caller holds. Does not belong here: where the rows come
from, what is recorded about it, and which tables there are.

Only true changes are written, because everything downstream stands on the
change feed: a row that was written again unchanged would look like news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.errors import DuplicateKeys, WarehouseError
from pipelines.naming import quote, quote_table
from resources.warehouse.tables import count_rows, table_columns
from resources.warehouse.warehouse import Connection

_KEYS_SHOWN = 5


@dataclass(frozen=True)
class Changes:
    """How many rows a table gained, changed and lost."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


def make_equal(
    tx: Connection,
    table: str,
    staged: str,
    key: Sequence[str],
    *,
    scope: str | None = None,
    ignore: Sequence[str] = (),
) -> Changes:
    """Make the rows of `table` those of `staged`, in the caller's transaction.

    `staged` is what may follow FROM: a table's name or a subquery in brackets;
    it is read several times, so long work belongs in a temporary table. `key`
    says which rows are the same row (nulls equal each other); without one the
    rows are compared as a whole. Columns in `ignore` don't make a row differ,
    but are written with one that does. With `scope`, a predicate in which the
    table is called `target`, rows outside it are left alone unless their key is
    staged. A table that is absent is created; new columns are added; any other
    difference in names or types makes the table anew, which a scope forbids.

    Raises DuplicateKeys when a key is staged twice, WarehouseError when `key`
    names no column or a scope meets a table of another shape. Names and types
    are matched by column name; the order of columns counts for nothing.
    """
    columns = relation_columns(tx, staged)
    _check_key(tx, table, staged, key, columns)
    existing = table_columns(tx, table)
    if existing != columns:
        added = [name for name in columns if name not in existing]
        kept = {name: kind for name, kind in columns.items() if name in existing}
        if not existing or kept != existing:
            return _make_anew(tx, table, staged, existing, scope)
        for name in added:
            tx.execute(f"ALTER TABLE {quote_table(table)} ADD COLUMN {quote(name)} {columns[name]}")
    compared = [name for name in columns if name not in ignore]
    if not key:
        return _replace_rows(tx, table, staged, list(columns), compared, scope)
    return _merge_rows(tx, table, staged, list(columns), compared, key, scope)


def relation_columns(connection: Connection, relation: str) -> dict[str, str]:
    """Column → SQL type of anything that may follow FROM, in order."""
    rows = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {row[0]: row[1] for row in rows}


def _check_key(
    tx: Connection, table: str, staged: str, key: Sequence[str], columns: dict[str, str]
) -> None:
    missing = [name for name in key if name not in columns]
    if missing:
        raise WarehouseError(
            f"The key of {table} names {', '.join(missing)}, which the rows to be written don't "
            f"have. Their columns: {', '.join(columns)}."
        )
    if not key:
        return
    names = ", ".join(quote(name) for name in key)
    repeated = tx.execute(
        f"SELECT {names}, count(*) FROM {staged} AS staged GROUP BY {names} "
        f"HAVING count(*) > 1 ORDER BY ALL LIMIT {_KEYS_SHOWN + 1}"
    ).fetchall()
    if repeated:
        shown = "; ".join(_show(key, row) for row in repeated[:_KEYS_SHOWN])
        more = "; and more" if len(repeated) > _KEYS_SHOWN else ""
        raise DuplicateKeys(
            f"The rows to be written to {table} hold a key more than once, so its key "
            f"({', '.join(key)}) is no key: {shown}{more}. Nothing was written. Drop the "
            "repeated rows or declare a key that tells them apart."
        )


def _show(key: Sequence[str], row: tuple[object, ...]) -> str:
    values = ", ".join(f"{name} = {value!r}" for name, value in zip(key, row, strict=False))
    return f"{values} ({row[-1]} times)"


def _make_anew(
    tx: Connection, table: str, staged: str, existing: dict[str, str], scope: str | None
) -> Changes:
    if existing and scope is not None:
        raise WarehouseError(
            f"Only some rows of {table} were to be replaced, but the new rows have other columns "
            "or types, so the whole table must be rebuilt. Nothing was written. Run it again with "
            "--full-refresh."
        )
    before = count_rows(tx, table) if existing else 0
    tx.execute(f"CREATE OR REPLACE TABLE {quote_table(table)} AS SELECT * FROM {staged} AS staged")
    return Changes(inserted=count_rows(tx, table), deleted=before)


def _merge_rows(
    tx: Connection,
    table: str,
    staged: str,
    columns: list[str],
    compared: list[str],
    key: Sequence[str],
    scope: str | None,
) -> Changes:
    same = " AND ".join(f"target.{quote(k)} IS NOT DISTINCT FROM staged.{quote(k)}" for k in key)
    before = count_rows(tx, table)
    # DuckLake's MERGE takes one updating or deleting action, hence two statements.
    deleted = _run(
        tx,
        f"DELETE FROM {quote_table(table)} AS target WHERE {scope or 'true'} AND NOT EXISTS "
        f"(SELECT 1 FROM {staged} AS staged WHERE {same})",
    )
    touched = _run(tx, _merge(table, staged, columns, compared, key, same))
    inserted = count_rows(tx, table) - (before - deleted)
    changes = Changes(inserted=inserted, updated=touched - inserted, deleted=deleted)
    if scope is None and count_rows(tx, table) != _count(tx, staged):
        # The table held its key twice, from a time when the key was another one.
        return _replace_rows(tx, table, staged, columns, compared, None)
    return changes


def _merge(
    table: str, staged: str, columns: list[str], compared: list[str], key: Sequence[str], same: str
) -> str:
    names = ", ".join(quote(name) for name in columns)
    values = ", ".join(f"staged.{quote(name)}" for name in columns)
    others = [name for name in columns if name not in key]
    differs = " OR ".join(
        f"target.{quote(name)} IS DISTINCT FROM staged.{quote(name)}"
        for name in compared
        if name not in key
    )
    update = ""
    if differs:
        sets = ", ".join(f"{quote(name)} = staged.{quote(name)}" for name in others)
        update = f"WHEN MATCHED AND ({differs}) THEN UPDATE SET {sets} "
    return (
        f"MERGE INTO {quote_table(table)} AS target USING {staged} AS staged ON {same} {update}"
        f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
    )


def _replace_rows(
    tx: Connection,
    table: str,
    staged: str,
    columns: list[str],
    compared: list[str],
    scope: str | None,
) -> Changes:
    shown = ", ".join(quote(name) for name in compared)
    old = f"SELECT {shown} FROM {quote_table(table)} AS target WHERE {scope or 'true'}"
    new = f"SELECT {shown} FROM {staged} AS staged"
    different = (
        f"SELECT 1 FROM (({old}) EXCEPT ALL ({new})) UNION ALL "
        f"SELECT 1 FROM (({new}) EXCEPT ALL ({old})) LIMIT 1"
    )
    if compared and tx.execute(different).fetchone() is None:
        return Changes()
    names = ", ".join(quote(name) for name in columns)
    deleted = _run(tx, f"DELETE FROM {quote_table(table)} AS target WHERE {scope or 'true'}")
    inserted = _run(
        tx, f"INSERT INTO {quote_table(table)} ({names}) SELECT {names} FROM {staged} AS staged"
    )
    return Changes(inserted=inserted, deleted=deleted)


def _run(tx: Connection, statement: str) -> int:
    """Execute a statement that changes rows, and say how many it changed."""
    row = tx.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _count(tx: Connection, relation: str) -> int:
    row = tx.execute(f"SELECT count(*) FROM {relation} AS staged").fetchone()
    return int(row[0]) if row else 0
