"""pandas with its Arrow engine and types, handed to DuckDB as Arrow."""

from __future__ import annotations

import sys

import pandas as pd
import pyarrow as pa
from lake import TYPES, fresh_lake, report

kind, source, folder = sys.argv[1:4]
connection = fresh_lake(folder)
if kind == "csv":
    frame = pd.read_csv(source, engine="pyarrow", dtype_backend="pyarrow")
elif kind == "jsonl":
    frame = pd.read_json(source, lines=True, engine="pyarrow", dtype_backend="pyarrow")
else:
    frame = pd.read_excel(source, engine="calamine", dtype_backend="pyarrow")
rows = pa.Table.from_pandas(frame, preserve_index=False)
casts = ", ".join(f'"{name}"::{sql} AS "{name}"' for name, sql in TYPES.items())
connection.execute(f"CREATE TABLE lake.t AS SELECT {casts} FROM rows")
report(connection)
