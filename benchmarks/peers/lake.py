"""A fresh DuckLake for the peers' scripts, from the extension packages."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
from pathlib import Path

import duckdb

TYPES: dict[str, str] = json.loads(os.environ["BENCHMARK_TYPES"])


def extension(name: str) -> Path:
    """The file of one DuckDB extension."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"duckdb-extension-{name} is not installed here.")
    root = Path(next(iter(spec.submodule_search_locations)))
    return root / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def fresh_lake(folder: str, *more: str) -> duckdb.DuckDBPyConnection:
    """An empty lake called `lake` below `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder, "data").mkdir(parents=True)
    with sqlite3.connect(f"{folder}/catalog.sqlite") as catalog:
        catalog.execute("PRAGMA journal_mode=WAL")
    connection = duckdb.connect()
    for name in ("ducklake", "sqlite_scanner", *more):
        connection.execute(f"LOAD '{extension(name)}'")
    connection.execute(
        f"ATTACH 'ducklake:sqlite:{folder}/catalog.sqlite' AS lake (DATA_PATH '{folder}/data')"
    )
    return connection


def report(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the rows of `lake.t`, the last thing that a peer's script says."""
    row = connection.execute("SELECT count(*) FROM lake.t").fetchone()
    print(row[0] if row else 0)
