"""The lake: DuckLake on DuckDB, read by snapshots and written through one door."""

from resources.warehouse.connect import LAKE, READING, LakeAddress, confine, open_lake
from resources.warehouse.rows import Changes, make_equal, relation_columns
from resources.warehouse.tables import (
    all_columns,
    all_row_counts,
    count_rows,
    table_columns,
    table_comment,
    table_comments,
    table_exists,
)
from resources.warehouse.versions import (
    TableVersion,
    table_version,
    table_versions,
)
from resources.warehouse.warehouse import (
    SCHEMAS,
    Committed,
    Connection,
    Warehouse,
    begin,
    current_snapshot,
    is_transient,
    oldest_snapshot,
)

__all__ = [
    "LAKE",
    "READING",
    "SCHEMAS",
    "Changes",
    "Committed",
    "Connection",
    "LakeAddress",
    "TableVersion",
    "Warehouse",
    "all_columns",
    "all_row_counts",
    "begin",
    "confine",
    "count_rows",
    "current_snapshot",
    "is_transient",
    "make_equal",
    "oldest_snapshot",
    "open_lake",
    "relation_columns",
    "table_columns",
    "table_comment",
    "table_comments",
    "table_exists",
    "table_version",
    "table_versions",
]
