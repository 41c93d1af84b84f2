"""polars' typed readers, handed to DuckDB without a copy."""

from __future__ import annotations

import sys

import polars as pl
from lake import TYPES, fresh_lake, report

kind, source, folder = sys.argv[1:4]
KINDS = {
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "VARCHAR": pl.String,
    "DATE": pl.Date,
    "BOOLEAN": pl.Boolean,
    "DOUBLE": pl.Float64,
    "DECIMAL(18,2)": pl.Decimal(18, 2),
    "TIMESTAMP": pl.Datetime("us"),
}
schema = {name: KINDS[sql] for name, sql in TYPES.items()}
connection = fresh_lake(folder)
if kind == "csv":
    frame = pl.read_csv(source, schema=schema)
elif kind == "jsonl":
    # Its JSON reader knows neither decimals nor dates: read as near as it can.
    near = {
        name: pl.Float64
        if sql.startswith("DECIMAL")
        else pl.String
        if sql in ("DATE", "TIMESTAMP")
        else KINDS[sql]
        for name, sql in TYPES.items()
    }
    frame = pl.read_ndjson(source, schema=near)
else:
    frame = pl.read_excel(source, engine="calamine")
casts = ", ".join(f'"{name}"::{sql} AS "{name}"' for name, sql in TYPES.items())
connection.execute(f"CREATE TABLE lake.t AS SELECT {casts} FROM frame")
report(connection)
