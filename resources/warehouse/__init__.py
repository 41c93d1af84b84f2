"""The lake: DuckLake on DuckDB, read by snapshots and written through one door."""

from resources.warehouse.connect import LAKE, READING, LakeAddress, confine, open_lake
from resources.warehouse.rows import Changes, make_equal, relation_columns
from resources.warehouse.warehouse import (
    SCHEMAS,
    Committed,
    Connection,
    Warehouse,
    count_rows,
    current_snapshot,
    table_columns,
    table_exists,
)

__all__ = [
    "LAKE",
    "READING",
    "SCHEMAS",
    "Changes",
    "Committed",
    "Connection",
    "LakeAddress",
    "Warehouse",
    "confine",
    "count_rows",
    "current_snapshot",
    "make_equal",
    "open_lake",
    "relation_columns",
    "table_columns",
    "table_exists",
]
