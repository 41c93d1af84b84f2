"""Does a result have the columns that its header describes, and does the lake say so?

Belongs here: columns and types of a result against the declaration, and the
comments that carry descriptions into the lake. Does not belong here: values.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.naming import literal, quote, quote_table
from pipelines.spec import Column, Model
from pipelines.sqltypes import arrow_type
from pipelines.transform.explain import wrong_result
from resources.warehouse import LAKE, Connection, table_comment


def check_shape(model: Model, columns: dict[str, str]) -> None:
    """Raise ModelError unless the result's columns (name → SQL type) are the header's."""
    wrong = []
    missing = [name for name in model.columns if name not in columns]
    if missing:
        wrong.append(f"The header describes {', '.join(missing)}, which the result doesn't have.")
    undescribed = [name for name in columns if name not in model.columns]
    if undescribed:
        wrong.append(f"The result has {', '.join(undescribed)}, which the header doesn't describe.")
    for name, kind in columns.items():
        declared = model.columns.get(name)
        if declared is not None and not _fits(declared, kind):
            wrong.append(f"{name} is {kind}, and the header says {declared.type}.")
    if wrong:
        raise wrong_result(model, wrong)


def _fits(declared: Column, kind: str) -> bool:
    if declared.type is None:
        return True
    try:
        return bool(arrow_type(declared.type).equals(arrow_type(kind)))
    except ValueError:
        return declared.type.upper() == kind.upper()


def comments_needed(connection: Connection, model: Model) -> list[str]:
    """Statements that make the lake's comments say what the header says; often none."""
    schema, name = model.table.split(".", 1)
    said = dict(
        connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = ? "
            "AND schema_name = ? AND table_name = ?",
            [LAKE, schema, name],
        ).fetchall()
    )
    if not said:
        return []
    table = quote_table(model.table)
    statements = [
        f"COMMENT ON COLUMN {table}.{quote(column)} IS {literal(comment)}"
        for column, declared in model.columns.items()
        if column in said and said[column] != (comment := _comment(declared))
    ]
    # A table made anew in this very transaction has lost all comments, its own too.
    if statements or table_comment(connection, model.table) != model.description:
        statements.append(f"COMMENT ON TABLE {table} IS {literal(model.description)}")
    return statements


def comments_differ(model: Model, said: Mapping[str, str | None]) -> bool:
    """Whether the lake's comments (column → comment, the table's under "") are old."""
    if said.get("") != model.description:
        return True
    return any(
        name in said and said[name] != _comment(column) for name, column in model.columns.items()
    )


def _comment(column: Column) -> str:
    return f"{column.description} [{column.unit}]" if column.unit else column.description
