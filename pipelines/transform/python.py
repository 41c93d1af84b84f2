"""Python models: `build(inputs)` gets Arrow tables and returns one.

Belongs here: calling that function and staging what it returns. Does not belong
here: what the result must look like (see `shape`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from pipelines.catalog.problems import Problems
from pipelines.catalog.python import load_module
from pipelines.errors import ModelError
from pipelines.naming import quote_table
from pipelines.spec import Model
from pipelines.sqltypes import arrow_type
from pipelines.transform.explain import python_error
from resources.warehouse import Connection

Build = Callable[[Mapping[str, pa.Table]], pa.Table]


def run_python(tx: Connection, model: Model, result: str) -> None:
    """Run a Python model on its inputs as `tx` sees them, into a temporary table."""
    build = _function(model)
    inputs = {
        table: tx.execute(f"FROM {quote_table(table)}").to_arrow_table() for table in model.inputs
    }
    try:
        made = build(inputs)
    except Exception as error:
        raise python_error(model, error) from error
    if not isinstance(made, pa.Table):
        raise ModelError(
            f"{model.table} ({model.path}) must return a pyarrow.Table from build(inputs); got "
            f"{type(made).__name__}. Its table is as it was before."
        )
    tx.register("model_output", _typed(model, made))
    tx.execute(f"CREATE OR REPLACE TEMP TABLE {result.removeprefix('temp.')} AS FROM model_output")
    tx.unregister("model_output")


def _function(model: Model) -> Build:
    problems = Problems()
    module = load_module(Path(model.python or ""), problems.at(model.path))
    problems.raise_any()
    build: Build = getattr(module, "build")  # noqa: B009  (a module's attribute, typed by hand)
    return build


def _typed(model: Model, made: pa.Table) -> pa.Table:
    """Columns that are null throughout get their declared type, for they have none."""
    for position, field in enumerate(made.schema):
        declared = model.columns.get(field.name)
        if pa.types.is_null(field.type) and declared is not None and declared.type is not None:
            column = made.column(position).cast(arrow_type(declared.type))
            made = made.set_column(position, field.name, column)
    return made
