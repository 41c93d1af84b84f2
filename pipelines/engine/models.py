"""Models seen from the whole installation: built, and traced to their inputs.

Belongs here: bringing transform and the warehouse together. Does not belong
here: how a model is built or traced.
"""

from __future__ import annotations

from pipelines.spec import Model
from pipelines.transform.build import build_model
from pipelines.transform.columns import Origins, column_types
from pipelines.transform.columns import column_lineage as trace_columns
from resources.warehouse import Warehouse

__all__ = ["build_model", "column_lineage"]


def column_lineage(warehouse: Warehouse, model: Model) -> dict[str, Origins]:
    """Output column → the (table, column) pairs that its value is made from."""
    with warehouse.read() as connection:
        schemas = column_types(connection, model.inputs)
    return trace_columns(model, schemas)
