"""What tables there are in a snapshot: columns, comments, rows.

Belongs here: questions about tables, asked of a connection. Does not belong here:
transactions (see `warehouse`), since when a table is what it is (see `versions`).
"""

from __future__ import annotations

from pipelines.naming import literal, quote, quote_table
from resources.warehouse.connect import LAKE
from resources.warehouse.warehouse import METADATA, Connection, current_snapshot


def table_exists(connection: Connection, table: str) -> bool:
    """Whether `schema.name` is a table or view of the lake."""
    # duckdb_tables() would count every table's rows and files first.
    schema, name = table.split(".", 1)
    query = (
        f"SELECT 1 FROM duckdb_columns() WHERE database_name = '{LAKE}' "
        f"AND schema_name = {literal(schema)} AND table_name = {literal(name)} LIMIT 1"
    )
    return connection.execute(query).fetchone() is not None


def table_comments(connection: Connection) -> dict[str, str]:
    """Table → what was last committed as its comment, where there is one."""
    catalog = quote(METADATA)
    query = (
        "SELECT s.schema_name || '.' || t.table_name, tag.value "
        f"FROM {catalog}.ducklake_tag AS tag "
        f"JOIN {catalog}.ducklake_table AS t ON t.table_id = tag.object_id "
        f"JOIN {catalog}.ducklake_schema AS s ON s.schema_id = t.schema_id "
        "WHERE tag.key = 'comment' AND tag.end_snapshot IS NULL AND t.end_snapshot IS NULL "
        "AND s.end_snapshot IS NULL"
    )
    return dict(connection.execute(query).fetchall())


def table_comment(connection: Connection, table: str) -> str | None:
    """What was last committed as the comment of a table; None where there is none."""
    return table_comments(connection).get(table)


def all_columns(connection: Connection) -> dict[str, dict[str, str]]:
    """Table → column → SQL type, of every table and view; as fast as for one of them."""
    query = (
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        f"WHERE database_name = '{LAKE}' ORDER BY schema_name, table_name, column_index"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(query).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def table_columns(connection: Connection, table: str) -> dict[str, str]:
    """Column → SQL type of a table, in order; empty where there is no table."""
    schema, name = table.split(".", 1)
    query = (
        f"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = '{LAKE}' "
        f"AND schema_name = {literal(schema)} AND table_name = {literal(name)} "
        "ORDER BY column_index"
    )
    return dict(connection.execute(query).fetchall())


def all_row_counts(connection: Connection) -> dict[str, int]:
    """Table → rows, of all tables at once, as the catalog counts those in their files.

    Tables that may hold rows in the catalog itself are left out: `count_rows` knows.
    """
    now = current_snapshot(connection)
    there = f"begin_snapshot <= {now:d} AND (end_snapshot IS NULL OR end_snapshot > {now:d})"
    found = connection.execute(
        f"""
        WITH files AS (
            SELECT table_id, data_file_id, record_count
            FROM {METADATA}.ducklake_data_file WHERE {there}
        ), written AS (
            SELECT table_id, sum(record_count) AS rows FROM files GROUP BY table_id
        ), deletes AS (
            SELECT data_file_id, delete_count
            FROM {METADATA}.ducklake_delete_file WHERE {there}
        ), deleted AS (
            -- A file that goes as a whole leaves the record of what was deleted of it.
            SELECT table_id, sum(delete_count) AS rows
            FROM deletes JOIN files USING (data_file_id) GROUP BY table_id
        ), tables AS (
            SELECT table_id, schema_id, table_name
            FROM {METADATA}.ducklake_table WHERE {there}
        )
        SELECT s.schema_name || '.' || t.table_name,
            coalesce(written.rows, 0) - coalesce(deleted.rows, 0)
        FROM tables t
        JOIN {METADATA}.ducklake_schema s USING (schema_id)
        LEFT JOIN written USING (table_id)
        LEFT JOIN deleted USING (table_id)
        WHERE table_id NOT IN (SELECT table_id FROM {METADATA}.ducklake_inlined_data_tables)
        """
    ).fetchall()
    return {table: int(rows) for table, rows in found}


def count_rows(connection: Connection, table: str) -> int:
    """Rows of a table as this connection sees it."""
    row = connection.execute(f"SELECT count(*) FROM {quote_table(table)}").fetchone()
    return int(row[0]) if row else 0
