"""Models as a run sees them: build one, and say what its columns are made from.

Belongs here: fetching from the lake what transform needs. Does not belong here:
how a model is built or traced.
"""

from __future__ import annotations

from pipelines.spec import Model
from pipelines.transform import build_model, column_types
from pipelines.transform import column_lineage as trace_columns
from resources.warehouse import Warehouse

__all__ = ["build_model", "column_lineage"]


def column_lineage(warehouse: Warehouse, model: Model) -> dict[str, tuple[tuple[str, str], ...]]:
    """Output column → (table, column) it is made from, with the lake's present columns.

    Columns that can't be traced are left out; Python models have no answer.
    """
    if not model.sql:
        return {}
    with warehouse.read() as connection:
        schemas = column_types(connection, model.inputs)
    return trace_columns(model, schemas)
