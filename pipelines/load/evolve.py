"""Changing a raw table's columns, and saying in comments what they are.

Belongs here: the statements, inside the transaction that also brings the rows.
Does not belong here: which columns there shall be (`columns`).

A column that changes its type is rebuilt: it is dropped, added again and filled
with the old values. DuckLake could widen some types by ALTER alone, but then
statistics and pushed-down filters of the older files are read under the wrong
type, and queries give wrong rows. Row ids stay as they are. Fields added to a
struct keep the older files' types, so these are added in place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipelines.load.columns import same_type
from pipelines.load.expressions import convert
from pipelines.load.widen import grows_in_place
from pipelines.naming import literal, quote, quote_table
from pipelines.spec import Stream
from pipelines.sqltypes import arrow_type
from resources.warehouse import LAKE, Connection, table_columns, table_comment


def evolve(
    tx: Connection,
    table: str,
    wanted: Mapping[str, str],
    *,
    hollow: Collection[str] = (),
    unwanted: Collection[str] = (),
) -> bool:
    """Create the table or bring its columns to `wanted`; whether anything changed.

    `wanted` maps column → SQL type; a column that the table has beyond these
    stays unless it is `unwanted`. `hollow` are columns whose present values
    needn't be kept.
    """
    existing = table_columns(tx, table)
    if not existing:
        columns = ", ".join(f"{quote(name)} {kind}" for name, kind in wanted.items())
        tx.execute(f"CREATE TABLE {quote_table(table)} ({columns})")
        return True
    gone = [name for name in unwanted if name in existing]
    for name in gone:
        tx.execute(f"ALTER TABLE {quote_table(table)} DROP COLUMN {quote(name)}")
    changed = bool(gone)
    for name, kind in wanted.items():
        if name not in existing:
            tx.execute(f"ALTER TABLE {quote_table(table)} ADD COLUMN {quote(name)} {kind}")
        elif same_type(existing[name], kind):
            continue
        elif grows_in_place(arrow_type(existing[name]), arrow_type(kind)):
            tx.execute(f"ALTER TABLE {quote_table(table)} ALTER {quote(name)} TYPE {kind}")
        else:
            _rebuild(tx, table, name, existing[name], kind, hollow=name in hollow)
        changed = True
    return changed


def _rebuild(
    tx: Connection, table: str, name: str, before: str, after: str, *, hollow: bool
) -> None:
    place, column = quote_table(table), quote(name)
    if not hollow:
        value = convert(column, before, after)
        tx.execute(
            f"CREATE OR REPLACE TEMP TABLE kept_values AS "
            f"SELECT rowid AS row, {value} AS value FROM {place} WHERE {column} IS NOT NULL"
        )
    # Renaming a column that was added in the same transaction would be shorter,
    # but DuckLake then writes a catalog that can't be opened again.
    tx.execute(f"ALTER TABLE {place} DROP COLUMN {column}")
    tx.execute(f"ALTER TABLE {place} ADD COLUMN {column} {after}")
    if not hollow:
        tx.execute(
            f"UPDATE {place} AS target SET {column} = kept.value "
            f"FROM temp.main.kept_values AS kept WHERE target.rowid = kept.row"
        )


def describe(tx: Connection, table: str, stream: Stream, names: Mapping[str, str]) -> None:
    """Make the comments say what the declaration says; `names`: source name → column."""
    schema, name = table.split(".", 1)
    if table_comment(tx, table) != stream.description:
        tx.execute(f"COMMENT ON TABLE {quote_table(table)} IS {literal(stream.description)}")
    said = dict(
        tx.execute(
            f"SELECT column_name, comment FROM duckdb_columns() WHERE database_name = '{LAKE}' "
            f"AND schema_name = {literal(schema)} AND table_name = {literal(name)}"
        ).fetchall()
    )
    for column, comment in _comments(stream, names).items():
        if column in said and said[column] != comment:
            tx.execute(
                f"COMMENT ON COLUMN {quote_table(table)}.{quote(column)} IS {literal(comment)}"
            )


def _comments(stream: Stream, names: Mapping[str, str]) -> dict[str, str]:
    """Description, unit, and what the source calls it where that differs."""
    source = {column: name for name, column in names.items()}
    comments = {}
    for column in dict.fromkeys([*stream.columns, *source]):
        declared = stream.columns.get(column)
        said = [declared.description] if declared and declared.description else []
        if declared and declared.unit:
            said.append(f"[{declared.unit}]")
        if source.get(column, column) != column:
            said.append(f"In the source: {source[column].strip()}")
        if said:
            comments[column] = " ".join(said)
    return comments
