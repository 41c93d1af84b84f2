"""When each table last changed, by the lake's own record of its commits.

Belongs here: snapshot ids of changes to rows or schema, and how far back the
record goes. Does not belong here: what is done about a change, or which rows
changed (that is the change feed's).

A commit that only flushes, merges or rewrites files changes no row and doesn't
count. Snapshots expire; of a table whose last change lies further back than the
oldest one kept, no more is known than that it is no later than that one, which
is the answer then.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from resources.warehouse.warehouse import METADATA, Connection, current_snapshot

_CHANGES = "inserted_into_table|deleted_from_table|inlined_insert|inlined_delete|altered_table"


@dataclass(frozen=True)
class TableVersion:
    """Since which snapshot a table is what it is.

    `changed` is the snapshot of the last change of its rows or its schema,
    `created` the one that made the table (anew), `reshaped` the last that
    changed its columns, `rewritten` the last that only moved its rows to other
    files (0: none that is known). The change feed loses deletes that were made
    before such a snapshot, so it must not be asked across one.
    """

    changed: int
    created: int
    reshaped: int
    rewritten: int = 0


def table_version(connection: Connection, table: str) -> int | None:
    """Snapshot of the last change of a table's rows or schema; None without a table."""
    found = table_versions(connection, [table]).get(table)
    return found.changed if found else None


def table_versions(
    connection: Connection, tables: Collection[str] | None = None
) -> dict[str, TableVersion]:
    """The versions of the given tables, or of all, as the connection sees them.

    One query, whatever the number of tables; tables that don't exist are left out.
    """
    now = current_snapshot(connection)
    rows = connection.execute(
        f"""
        WITH told AS (
            SELECT snapshot_id, changes_made
            FROM {METADATA}.ducklake_snapshot_changes WHERE snapshot_id <= $now
        ), mentions AS (
            SELECT snapshot_id, changes_made,
                unnest(regexp_extract_all(changes_made, '(?:{_CHANGES}):(\\d+)', 1)) AS id
            FROM told
        ), changes AS (
            -- A flush tells of the deletes that it writes out as if they were new.
            SELECT id::BIGINT AS table_id, max(snapshot_id) AS changed FROM mentions
            WHERE NOT regexp_matches(changes_made, 'inline_flush:' || id || '(,|$)')
            GROUP BY id
        ), kinds AS (
            SELECT snapshot_id,
                unnest(regexp_extract_all(changes_made, '[a-z_]+:\\d+')) AS mention
            FROM told
        ), rewritten AS (
            SELECT split_part(mention, ':', 2)::BIGINT AS table_id, max(snapshot_id) AS rewritten
            FROM kinds
            WHERE NOT regexp_matches(mention, '^({_CHANGES}|[a-z]+_(table|schema|view)):')
            GROUP BY 1
        ), reshaped AS (
            SELECT table_id, max(greatest(begin_snapshot, coalesce(end_snapshot, 0))) AS reshaped
            FROM {METADATA}.ducklake_column
            WHERE greatest(begin_snapshot, coalesce(end_snapshot, 0)) <= $now GROUP BY table_id
        )
        SELECT s.schema_name || '.' || t.table_name, coalesce(changes.changed, 0),
            t.begin_snapshot, coalesce(reshaped.reshaped, t.begin_snapshot),
            coalesce(rewritten.rewritten, 0),
            (SELECT min(snapshot_id) FROM told)
        FROM {METADATA}.ducklake_table t
        JOIN {METADATA}.ducklake_schema s USING (schema_id)
        LEFT JOIN changes USING (table_id)
        LEFT JOIN reshaped USING (table_id)
        LEFT JOIN rewritten USING (table_id)
        WHERE t.begin_snapshot <= $now AND (t.end_snapshot IS NULL OR t.end_snapshot > $now)
        """,
        {"now": now},
    ).fetchall()
    return {
        name: TableVersion(
            changed=max(int(changed), int(created), int(oldest or 0)),
            created=int(created),
            reshaped=int(reshaped),
            rewritten=int(rewritten),
        )
        for name, changed, created, reshaped, rewritten, oldest in rows
        if tables is None or name in tables
    }
