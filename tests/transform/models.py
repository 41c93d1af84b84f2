"""Helpers of these tests: tables to read and models over them."""

from __future__ import annotations

from typing import Any

from pipelines.flow import TableReport
from pipelines.spec import Column, Model
from pipelines.transform import build_model
from resources.warehouse import Warehouse


def run(warehouse: Warehouse, *statements: str) -> int:
    def work(tx: Any) -> None:
        for statement in statements:
            tx.execute(statement)

    return warehouse.commit(work, message="test").snapshot


def model(sql: str, described: str, **more: Any) -> Model:
    """A model over raw.t with its columns described; the first one is its key."""
    names = described.split()
    given: dict[str, Any] = {
        "table": "core.m",
        "description": "A table.",
        "owner": "team:data",
        "key": (names[0],),
        "columns": {name: Column(description=f"The {name}.") for name in names},
        "inputs": ("raw.t",),
        "sql": sql,
        "path": "assets/models/core/m.sql",
    }
    return Model(**{**given, **more})


def build(warehouse: Warehouse, declared: Model, **more: Any) -> TableReport:
    return build_model(warehouse, declared, run_id="run", **more)


def rows(warehouse: Warehouse, query: str = "FROM core.m ORDER BY ALL") -> list[Any]:
    with warehouse.read() as connection:
        return connection.execute(query).fetchall()
