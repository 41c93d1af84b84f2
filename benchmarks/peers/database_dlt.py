"""dlt's sql_database at its fastest documented settings, into its own DuckLake.

Called as `database_dlt.py BACKEND SOCKET-FOLDER TABLE FOLDER`.
"""

from __future__ import annotations

import sys
from urllib.parse import quote

from dlt_home import prepare

backend, socket, table, folder = sys.argv[1:5]
prepare(folder)

import dlt
from dlt.destinations import ducklake
from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials
from dlt.sources.sql_database import sql_table

credentials = DuckLakeCredentials(
    catalog=f"sqlite:///{folder}/catalog.sqlite", storage=f"{folder}/data"
)
options: dict[str, object] = {"chunk_size": 100_000}
if backend == "connectorx":
    # Its documentation: the address for connectorx, and Arrow tables in batches.
    options["backend_kwargs"] = {
        "conn": f"postgresql://postgres@{quote(socket, safe='')}/postgres",
        "return_type": "arrow_stream",
        "batch_size": 100_000,
    }
rows = sql_table(
    credentials=f"postgresql+psycopg2://postgres:@/postgres?host={socket}",
    table=table,
    backend=backend,
    reflection_level="full_with_precision",
    **options,
)
pipeline = dlt.pipeline(
    "benchmark",
    destination=ducklake(credentials=credentials),
    dataset_name="bench",
    pipelines_dir=f"{folder}/pipelines",
)
pipeline.run(rows, loader_file_format="parquet", write_disposition="replace")
with pipeline.sql_client() as client:
    print(client.execute_sql(f"SELECT count(*) FROM {table}")[0][0])
