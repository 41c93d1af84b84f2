"""`headwater tables`: what is in the warehouse, how much, and how fresh.

Belongs here: the listing. Does not belong here: table contents (`sql`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from pipelines.commands.lake import reading
from pipelines.commands.show import amount, console, moment, new_table, print_json, size
from resources.settings import load_settings
from resources.warehouse import LAKE, Connection, count_rows
from resources.warehouse.versions import table_versions


@dataclass(frozen=True)
class TableFacts:
    """One table: `bytes` of its current files, and its last change."""

    table: str
    rows: int
    bytes: int
    loaded_at: datetime | None
    snapshot: int


def tables(*, as_json: bool, everything: bool) -> None:
    """Print all tables of the lake; Headwater's own only if asked for."""
    with reading(load_settings()) as connection:
        found = list_tables(connection, everything=everything)
    if as_json:
        print_json([asdict(item) for item in found])
        return
    shown = new_table("table", "rows", "size", "last change (UTC)", "snapshot", numbers=("rows",))
    for item in found:
        shown.add_row(
            item.table,
            amount(item.rows),
            size(item.bytes),
            moment(item.loaded_at),
            str(item.snapshot),
        )
    console().print(shown)


def list_tables(connection: Connection, *, everything: bool) -> list[TableFacts]:
    """Every table with rows, bytes and last change, by name."""
    sizes = _sizes(connection)
    query = f"SELECT snapshot_id, snapshot_time FROM ducklake_snapshots('{LAKE}')"
    times = dict(connection.execute(query).fetchall())
    return [
        TableFacts(
            name,
            count_rows(connection, name),
            sizes.get(name, 0),
            times.get(version.changed),
            version.changed,
        )
        for name, version in sorted(table_versions(connection).items())
        if everything or not name.startswith("headwater.")
    ]


def _sizes(connection: Connection) -> dict[str, int]:
    """Table → bytes of its current data files (rows kept in the catalog count nothing)."""
    query = (
        "SELECT s.schema_name || '.' || i.table_name, i.file_size_bytes "
        f"FROM ducklake_table_info('{LAKE}') i "
        f"JOIN __ducklake_metadata_{LAKE}.ducklake_schema s USING (schema_id)"
    )
    return {name: int(count) for name, count in connection.execute(query).fetchall()}
