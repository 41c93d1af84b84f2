"""The lists that the accelerator's directory writes in Python's notation.

A cell such as `["Sam O'Keefe", 'Zoë Li']` mixes both kinds of quote and uses
Python's escapes, which only a reader of Python's literals gets right. A cell
that is no list of texts becomes one row without a value, and says so.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pyarrow as pa

from pipelines.spec import Check, Column, Model

MODEL = Model(
    table="",
    description="One row an item of the lists `tags` and `founders_names`, in their order.",
    owner="data@headwater.example",
    key=("company_id", "list_name", "position"),
    columns={
        "company_id": Column(description="The company whose list it is."),
        "list_name": Column(description="tags or founders_names."),
        "position": Column(description="Place in the list, from 1."),
        "item": Column(description="The text; null where the cell is no list."),
        "cell_raw": Column(description="The cell, where it is no list of texts; else null."),
    },
    inputs=("raw.yc__companies",),
    checks=(
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "item"},
            severity="warning",
            description="Every cell could be read as a list of texts.",
        ),
    ),
)

LISTS = ("tags", "founders_names")


def read_list(cell: str) -> list[str] | None:
    """The texts of a list in Python's notation; None where it is something else."""
    try:
        value = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [item.strip() for item in value]
    return None


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row an item, ordered by company, list and position."""
    table = inputs["raw.yc__companies"]
    rows: list[tuple[str, str, int, str | None, str | None]] = []
    ids = table["company_id"].to_pylist()
    for name in LISTS:
        for company, cell in zip(ids, table[name].to_pylist(), strict=True):
            if not cell:
                continue
            items = read_list(cell)
            if items is None:
                rows.append((company, name, 1, None, cell))
            else:
                rows += [(company, name, at, item, None) for at, item in enumerate(items, 1)]
    rows.sort(key=lambda row: (row[0], row[1], row[2]))
    schema = pa.schema(
        [
            ("company_id", pa.string()),
            ("list_name", pa.string()),
            ("position", pa.int32()),
            ("item", pa.string()),
            ("cell_raw", pa.string()),
        ]
    )
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
