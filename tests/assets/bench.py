"""A bench for models: raw tables from rows written by hand, then the models' own code.

Belongs here: laying out the tables that declarations name and building models
over them in memory. Does not belong here: the engine, which has its own tests.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.catalog.catalog import Catalog
from pipelines.catalog.load import load_catalog
from pipelines.naming import quote, quote_table
from pipelines.spec import Model, raw_table
from pipelines.sqltypes import arrow_type

Row = Mapping[str, Any]
_ORIGIN = {"_file": "VARCHAR", "_line": "BIGINT", "_path": "VARCHAR", "_load_id": "VARCHAR"}


@functools.cache
def catalog() -> Catalog:
    """Everything that assets/ declares."""
    return load_catalog()


class Bench:
    """An empty warehouse in memory with every raw table that is declared."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        for schema in ("raw", "staging", "core", "marts"):
            self.connection.execute(f"CREATE SCHEMA {schema}")
        self._columns: dict[str, dict[str, str]] = {}
        for source, stream in catalog().streams():
            columns = {name: c.type or "VARCHAR" for name, c in stream.columns.items()} | _ORIGIN
            table = raw_table(source.name, stream.name)
            self._columns[table] = columns
            spelled = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
            self.connection.execute(f"CREATE TABLE {quote_table(table)} ({spelled})")

    def put(self, table: str, *rows: Row) -> None:
        """Add rows to a raw table; columns left out are null, origins are made up."""
        columns = self._columns[table]
        unknown = {name for row in rows for name in row} - set(columns)
        assert not unknown, f"{table} declares no {unknown}"
        whole = [{"_file": "a file", "_line": n, **row} for n, row in enumerate(rows, 2)]
        made = pa.table(
            {
                name: pa.array([row.get(name) for row in whole], arrow_type(kind))
                for name, kind in columns.items()
            }
        )
        self.connection.register("made", made)
        self.connection.execute(f"INSERT INTO {quote_table(table)} BY NAME FROM made")
        self.connection.unregister("made")

    def build(self, table: str) -> list[dict[str, Any]]:
        """Build a model and all that it stands on; its rows, ordered by its key."""
        wanted = self._upstream(table)
        for name, model in catalog().models.items():
            if name in wanted:
                self._make(name, model)
        key = ", ".join(quote(name) for name in catalog().models[table].key)
        return self.rows(f"SELECT * FROM {quote_table(table)} ORDER BY {key}")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The answer to a query, a dict a row."""
        found: Sequence[dict[str, Any]] = (
            self.connection.execute(query).to_arrow_table().to_pylist()
        )
        return list(found)

    def _upstream(self, table: str) -> set[str]:
        models = catalog().models
        inputs = [name for name in models[table].inputs if name in models]
        return {table}.union(*(self._upstream(name) for name in inputs))

    def _make(self, name: str, model: Model) -> None:
        target = f"CREATE OR REPLACE TABLE {quote_table(name)} AS"
        if model.sql is not None:
            self.connection.execute(f"{target} {model.sql}")
            return
        inputs = {
            table: self.connection.execute(f"FROM {quote_table(table)}").to_arrow_table()
            for table in model.inputs
        }
        assert model.python is not None
        spec = importlib.util.spec_from_file_location("model", model.python)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.connection.register("made", module.build(inputs))
        self.connection.execute(f"{target} FROM made")
        self.connection.unregister("made")
