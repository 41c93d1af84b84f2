"""The lake: DuckLake on DuckDB, read by snapshots and written through one door."""

from resources.warehouse.connect import LAKE, READING, LakeAddress, confine, open_lake
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
    "Committed",
    "Connection",
    "LakeAddress",
    "Warehouse",
    "confine",
    "count_rows",
    "current_snapshot",
    "open_lake",
    "table_columns",
    "table_exists",
]
