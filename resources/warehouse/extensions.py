"""The one module that knows how DuckDB's extensions get onto the machine.

They come as Python packages by name, so nothing is downloaded at run time. Who installed
them trusts them as much as DuckDB's own library beside them, which nothing checks either.
So a connection may be made `UNCHECKED`, which saves 0.3 s at every start; what is loaded
after `checked_from_now` must bear DuckDB's signature again. `headwater doctor` checks all.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

from pipelines.errors import WarehouseError

UNCHECKED = {"allow_unsigned_extensions": True}
"""The option to connect with, for who loads the extensions that come with Headwater."""


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one extension (`ducklake`, `sqlite_scanner`, …) from its package."""
    package = f"duckdb_extension_{name}"
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise WarehouseError(
            f"The Python package duckdb-extension-{name.replace('_', '-')} is not installed, so "
            f"DuckDB {duckdb.__version__} can't open the lake. Run `make install`."
        )
    root = Path(next(iter(spec.submodule_search_locations)))
    found = root / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not found.exists():
        raise WarehouseError(
            f"{package} holds no build for DuckDB {duckdb.__version__}. The versions of duckdb and "
            "of its extension packages must be the same: run `make install`."
        )
    # Unlike SQL's LOAD this lets go of the interpreter while the file is linked.
    connection.load_extension(str(found))


def checked_from_now(connection: duckdb.DuckDBPyConnection) -> None:
    """Load nothing more without DuckDB's signature; it can't be undone."""
    connection.execute("SET allow_unsigned_extensions = false")
