"""UNPIVOT written out as a SELECT of the same lineage, which sqlglot can follow.

Belongs here: which columns an UNPIVOT turns into rows. The SELECT is never run:
its value column is made from all of them at once, and its name column is a
constant. What can't be said exactly is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

Schemas = Mapping[str, Mapping[str, str]]


def write_out(statement: exp.Expr, schemas: Schemas) -> exp.Expr:
    """The statement with every UNPIVOT of a known table written out, in place."""
    for pivot in list(statement.find_all(exp.Pivot)):
        if not pivot.args.get("unpivot"):
            continue
        table = pivot.this if isinstance(pivot.this, exp.Table) else pivot.parent
        if not isinstance(table, exp.Table) or f"{table.db}.{table.name}" not in schemas:
            continue
        columns = list(schemas[f"{table.db}.{table.name}"])
        parts = _parts(pivot, columns)
        if parts is None:
            continue
        select = _select(table, columns, *parts)
        if table is pivot.this:
            pivot.replace(select)
        elif len(table.args["pivots"]) == 1:
            alias = pivot.alias or table.alias or table.name
            table.replace(exp.Subquery(this=select, alias=exp.TableAlias(this=_name(alias))))
    return statement


def _parts(pivot: exp.Pivot, columns: list[str]) -> tuple[str, str, list[str]] | None:
    """(name column, value column, columns turned into rows), None for other forms."""
    into = pivot.args.get("into")
    if into is not None:
        items, name, values = pivot.expressions, into.this, into.expressions
    else:
        fields = pivot.args.get("fields") or []
        if len(fields) != 1 or not isinstance(fields[0], exp.In):
            return None
        items, name, values = fields[0].expressions, fields[0].this, pivot.expressions
    if len(values) != 1:
        return None
    turned: list[str] = []
    for item in items:
        found = _matching(item, columns)
        if found is None:
            return None
        turned += found
    return name.name, values[0].name, turned


def _matching(item: exp.Expr, columns: list[str]) -> list[str] | None:
    if isinstance(item, exp.Column):
        return [column for column in columns if column.lower() == item.name.lower()] or None
    if not isinstance(item, exp.Columns):
        return None
    chosen = item.this
    if isinstance(chosen, exp.Literal) and chosen.is_string:
        try:
            return [column for column in columns if re.search(chosen.this, column)]
        except re.error:
            return None
    if isinstance(chosen, exp.Star) and not chosen.args.get("replace"):
        without = {column.name.lower() for column in chosen.args.get("except_") or ()}
        return [column for column in columns if column.lower() not in without]
    return None


def _select(
    table: exp.Table, columns: list[str], name: str, value: str, turned: list[str]
) -> exp.Select:
    source = exp.Table(this=_name(table.name), db=_name(table.db))
    kept = [exp.column(_name(column)) for column in columns if column not in turned]
    made = [exp.column(_name(column)) for column in turned]
    return exp.select(
        *kept,
        exp.alias_(exp.Literal.string(""), _name(name)),
        exp.alias_(exp.Array(expressions=made), _name(value)),
    ).from_(source)


def _name(text: str) -> exp.Identifier:
    return exp.to_identifier(text, quoted=True)
