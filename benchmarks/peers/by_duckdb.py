"""DuckDB's own typed readers, straight into the lake."""

from __future__ import annotations

import sys

from lake import TYPES, fresh_lake, report

kind, source, folder = sys.argv[1:4]
if kind == "xlsx":
    connection = fresh_lake(folder, "excel")
    casts = ", ".join(f'"{name}"::{sql} AS "{name}"' for name, sql in TYPES.items())
    connection.execute(f"CREATE TABLE lake.t AS SELECT {casts} FROM read_xlsx('{source}')")
elif kind == "csv":
    connection = fresh_lake(folder)
    connection.execute(
        f"CREATE TABLE lake.t AS FROM read_csv('{source}', columns = {TYPES}, header = true, "
        "auto_detect = false, delim = ',', quote = '\"', escape = '\"')"
    )
else:
    connection = fresh_lake(folder)
    connection.execute(
        f"CREATE TABLE lake.t AS FROM read_json('{source}', columns = {TYPES}, "
        "format = 'newline_delimited')"
    )
report(connection)
