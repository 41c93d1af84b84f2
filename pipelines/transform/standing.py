"""How the lake stands in one snapshot, as far as builds need to know it.

Belongs here: the few queries that answer for all models at once, so that the
warehouse can keep the answer while its snapshot stays the same. Does not belong
here: deciding anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.transform.record import Build, last_builds
from resources.warehouse import (
    LAKE,
    Connection,
    TableVersion,
    current_snapshot,
    oldest_snapshot,
    table_comments,
    table_versions,
)


@dataclass(frozen=True)
class Standing:
    """Versions, last builds and comments of all tables in one snapshot.

    `oldest` is the first snapshot that has not expired. `comments` are those of
    the columns, and under an empty name that of the table.
    """

    snapshot: int
    oldest: int
    versions: Mapping[str, TableVersion]
    builds: Mapping[str, Build]
    comments: Mapping[str, Mapping[str, str | None]]


def standing(connection: Connection) -> Standing:
    """How the lake stands in the connection's snapshot; for `Warehouse.known`."""
    return Standing(
        snapshot=current_snapshot(connection),
        oldest=oldest_snapshot(connection),
        versions=table_versions(connection),
        builds=last_builds(connection),
        comments=_comments(connection),
    )


def _comments(connection: Connection) -> dict[str, dict[str, str | None]]:
    columns = connection.execute(
        "SELECT schema_name || '.' || table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = ?",
        [LAKE],
    ).fetchall()
    comments: dict[str, dict[str, str | None]] = {}
    for table, column, comment in columns:
        comments.setdefault(table, {})[column] = comment
    for table, comment in table_comments(connection).items():
        comments.setdefault(table, {})[""] = comment
    return comments
