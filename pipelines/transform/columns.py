"""Column lineage: from which columns of which tables each column of a model is made.

Belongs here: reading it from the SQL with sqlglot. Does not belong here: storing
or showing it. What can't be told is left out and never guessed, and nothing in
here may break a build: the answer is then just shorter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipelines.spec import Model
from resources.warehouse import LAKE, Connection

Schemas = Mapping[str, Mapping[str, str]]
"""Table → column → SQL type."""
Origins = tuple[tuple[str, str], ...]
"""(table, column), sorted."""


def column_types(
    connection: Connection, tables: Collection[str] | None = None
) -> dict[str, dict[str, str]]:
    """Table → column → SQL type, of the given tables or all, in one query."""
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? ORDER BY 1, column_index",
        [LAKE],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        if tables is None or table in tables:
            found.setdefault(table, {})[column] = kind
    return found


def column_lineage(model: Model, schemas: Schemas) -> dict[str, Origins]:
    """Output column → the input columns that its value is made from.

    `schemas` should hold every input table; without it, stars and names without
    a table can't be told apart. A column that is missing in the answer couldn't
    be traced; one with no origins is made from nothing in the inputs (a
    constant, a count of rows). What only decides which rows there are (WHERE,
    JOIN, GROUP BY) is no origin. Python models have no answer.
    """
    if not model.sql:
        return {}
    from pipelines.transform.trace import trace

    # sqlglot can parse more than it can follow, and fails there in many ways.
    try:
        found = trace(model.sql, schemas)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return {}
    names = {name.lower(): name for name in model.columns}
    return {names[name]: origins for name, origins in found.items() if name in names}
