"""dlt's file readers at their fastest documented settings, into its own DuckLake."""

from __future__ import annotations

import sys
from pathlib import Path

from dlt_home import prepare
from lake import TYPES

kind, source, folder = sys.argv[1:4]
prepare(folder)

import dlt
from dlt.destinations import ducklake
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials
from dlt.sources.filesystem import filesystem, read_csv_duckdb, read_jsonl

credentials = DuckLakeCredentials(
    catalog=f"sqlite:///{folder}/catalog.sqlite", storage=f"{folder}/data"
)
files = filesystem(bucket_url=Path(source).parent.as_uri(), file_glob=Path(source).name)
if kind == "csv":
    # Its Arrow path: the reader that its documentation names for large files.
    rows = files | read_csv_duckdb(chunk_size=100_000, use_pyarrow=True, columns=TYPES, header=True)
else:
    rows = files | read_jsonl(chunksize=50_000)
pipeline = dlt.pipeline(
    "benchmark",
    destination=ducklake(credentials=credentials),
    dataset_name="bench",
    pipelines_dir=f"{folder}/pipelines",
)
pipeline.run(rows.with_name("t"), loader_file_format="parquet")
with pipeline.sql_client() as client:
    print(client.execute_sql("SELECT count(*) FROM t")[0][0])
