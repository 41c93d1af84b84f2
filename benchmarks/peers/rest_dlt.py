"""dlt's rest_api source with Parquet, without child tables, into its own DuckLake.

Its guide to performance advises files of a bounded size and as many workers as cores.
"""

from __future__ import annotations

import os
import sys

from dlt_home import prepare

url, folder = sys.argv[1:3]
ROWS_A_FILE = 50_000


def main() -> None:
    """Load everything and print how many rows there are."""
    prepare(folder)
    os.environ["DATA_WRITER__FILE_MAX_ITEMS"] = str(ROWS_A_FILE)
    os.environ["NORMALIZE__WORKERS"] = str(os.cpu_count())

    import dlt
    from dlt.destinations import ducklake
    from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": url,
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "next",
                    "cursor_param": "cursor",
                },
            },
            "resources": [
                {
                    "name": "t",
                    "primary_key": "id",
                    "max_table_nesting": 0,
                    "endpoint": {"path": "records", "data_selector": "data"},
                }
            ],
        }
    )
    source.max_table_nesting = 0
    credentials = DuckLakeCredentials(
        catalog=f"sqlite:///{folder}/catalog.sqlite", storage=f"{folder}/data"
    )
    pipeline = dlt.pipeline(
        "benchmark",
        destination=ducklake(credentials=credentials),
        dataset_name="bench",
        pipelines_dir=f"{folder}/pipelines",
    )
    pipeline.run(source, loader_file_format="parquet")
    with pipeline.sql_client() as client:
        print(client.execute_sql("SELECT count(*) FROM t")[0][0])


if __name__ == "__main__":
    main()
