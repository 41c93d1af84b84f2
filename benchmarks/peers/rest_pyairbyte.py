"""PyAirbyte with the same manifest, into its own DuckDB file."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

url, folder = sys.argv[1:3]
shutil.rmtree(folder, ignore_errors=True)
Path(folder).mkdir(parents=True)
os.environ["DO_NOT_TRACK"] = "1"
os.environ["AIRBYTE_OFFLINE_MODE"] = "1"
os.chdir(folder)

import airbyte as ab
from airbyte.caches import DuckDBCache

source = ab.get_source(
    "source-benchmark",
    config={"url": url},
    source_manifest=json.loads(os.environ["BENCHMARK_MANIFEST"]),
    streams="*",
)
cache = DuckDBCache(db_path=f"{folder}/cache.duckdb", schema_name="bench")
result = source.read(cache=cache)
print(len(result["records"]))
