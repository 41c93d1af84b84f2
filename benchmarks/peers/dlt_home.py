"""What dlt needs before it is imported: an empty home with DuckDB's extensions in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
from lake import extension


def prepare(folder: str) -> None:
    """Empty the folder and make it dlt's home.

    dlt installs the extensions by name into the home folder, so they are laid there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    os.environ["HOME"] = folder
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    row = duckdb.sql("PRAGMA platform").fetchone()
    assert row is not None
    home = Path(folder) / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / row[0]
    home.mkdir(parents=True)
    for name in ("ducklake", "sqlite_scanner"):
        shutil.copy(extension(name), home)
