"""Following columns through one SELECT, from its output back to its tables.

Belongs here: the walk over the scopes that sqlglot finds. Does not belong here:
models, or the lake. Where a step can't be told, the whole column is given up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from pipelines.transform.unpivot import write_out

Schemas = Mapping[str, Mapping[str, str]]
Found = frozenset[tuple[str, str]]
_NOTHING: Found = frozenset()


class _Lost(Exception):
    """The trail of a column ends where it can't be followed."""


def trace(sql: str, schemas: Schemas) -> dict[str, tuple[tuple[str, str], ...]]:
    """Output column (in small letters) → its origins (table, column), sorted."""
    try:
        statement = write_out(sqlglot.parse_one(sql, dialect="duckdb"), schemas)
        if not isinstance(statement, exp.Query):
            return {}
        qualified = qualify(
            statement,
            schema=_nested(schemas),
            dialect="duckdb",
            validate_qualify_columns=False,
            identify=False,
        )
        root = build_scope(qualified)
    except SqlglotError:
        return {}
    if root is None:
        return {}
    walk = _Walk(schemas, root)
    answer = {}
    for name in _names(root.expression):
        with contextlib.suppress(_Lost):
            answer[name.lower()] = tuple(sorted(walk.column(root, name)))
    return answer


def _nested(schemas: Schemas) -> dict[str, object]:
    nested: dict[str, dict[str, dict[str, str]]] = {}
    for table, columns in schemas.items():
        layer, name = table.split(".", 1)
        # Only names are needed, and not every type of the lake is known to sqlglot.
        nested.setdefault(layer, {})[name] = dict.fromkeys(columns, "VARCHAR")
    return dict(nested)


def _names(query: exp.Expr) -> list[str]:
    """The output columns of a query, in order; empty names for those it can't say."""
    if isinstance(query, exp.SetOperation):
        names = _names(query.left)
        if query.args.get("by_name"):
            names += [name for name in _names(query.right) if name not in names]
        return names
    if isinstance(query, exp.Subquery):
        return _names(query.this)
    return [item.alias_or_name for item in query.selects] if isinstance(query, exp.Select) else []


class _Walk:
    """Follows columns; remembers where it is, since a recursive query meets itself."""

    def __init__(self, schemas: Schemas, root: Scope) -> None:
        # Inside a recursive query its own name stands for a copy without sources.
        self._scopes = {id(scope.expression): scope for scope in root.traverse()}
        self._schemas = {
            table: {column.lower() for column in columns} for table, columns in schemas.items()
        }
        self._under_way: set[tuple[int, str]] = set()

    def column(self, scope: Scope, name: str) -> Found:
        """Origins of one output column of a scope."""
        step = (id(scope), name.lower())
        if step in self._under_way:
            return _NOTHING
        self._under_way.add(step)
        try:
            if scope.set_operation_scopes:
                return self._union(scope, name)
            return self._expression(scope, _projection(scope.expression, name))
        finally:
            self._under_way.remove(step)

    def _union(self, scope: Scope, name: str) -> Found:
        query = scope.expression
        parts = list(scope.set_operation_scopes)
        if isinstance(query, exp.Except):
            parts = parts[:1]
        found = _NOTHING
        if query.args.get("by_name"):
            having = [part for part in parts if name in _names(part.expression)]
            return found.union(*(self.column(part, name) for part in having))
        position = _position(_names(parts[0].expression), name)
        for part in parts:
            names = _names(part.expression)
            if position >= len(names) or _stars(part.expression):
                raise _Lost
            found |= self.column(part, names[position])
        return found

    def _expression(self, scope: Scope, expression: exp.Expr) -> Found:
        """Origins of everything that an expression looks at."""
        found = _NOTHING
        for node in _nodes(expression):
            if isinstance(node, exp.Query):
                found |= self._subquery(scope, node)
            elif isinstance(node, exp.Columns | exp.TableColumn) or _is_bare_star(node):
                raise _Lost
            elif isinstance(node, exp.Column) and not _is_parameter(node):
                found |= self._reference(scope, node)
        return found

    def _subquery(self, scope: Scope, query: exp.Expr) -> Found:
        inner = query.unnest()
        for child in scope.subquery_scopes:
            if child.expression is inner or child.expression is query:
                names = _names(child.expression)
                return _NOTHING.union(*(self.column(child, name) for name in names))
        raise _Lost

    def _reference(self, scope: Scope, column: exp.Column) -> Found:
        source = _source(scope, column.table)
        if isinstance(source, exp.Table):
            return self._table(source, column.name)
        if not isinstance(source, Scope):
            raise _Lost
        source = self._scopes.get(id(source.expression), source)
        if isinstance(source.expression, exp.Query):
            return self.column(source, column.name)
        if source.subquery_scopes:
            return self.column(source.subquery_scopes[0], column.name)
        if isinstance(source.expression, exp.Unnest | exp.Lateral | exp.Values):
            return self._expression(scope, source.expression)
        raise _Lost

    def _table(self, table: exp.Table, column: str) -> Found:
        if not isinstance(table.this, exp.Identifier):
            # A function such as range(10): it is made from its arguments, which are constants.
            if table.find(exp.Column):
                raise _Lost
            return _NOTHING
        if not table.db:
            raise _Lost
        name = f"{table.db}.{table.name}"
        known = self._schemas.get(name)
        if known is not None and column.lower() not in known:
            raise _Lost
        for pivot in table.args.get("pivots") or ():
            # What a pivot makes is its own; columns that it doesn't name pass through.
            made = {node.name.lower() for node in pivot.find_all(exp.Identifier)}
            if known is None or column.lower() in made:
                raise _Lost
        return frozenset({(name, column)})


def _projection(query: exp.Expr, name: str) -> exp.Expr:
    if isinstance(query, exp.Select):
        for item in query.selects:
            if item.alias_or_name.lower() == name.lower() and name:
                return item
    raise _Lost


def _position(names: list[str], name: str) -> int:
    lowered = [other.lower() for other in names]
    if not name or name.lower() not in lowered:
        raise _Lost
    return lowered.index(name.lower())


def _stars(query: exp.Expr) -> bool:
    """Whether positions can't be counted, for one item may be several columns."""
    if not isinstance(query, exp.Select):
        return False
    return any(_is_bare_star(item) or item.find(exp.Columns) for item in query.selects)


def _is_bare_star(node: exp.Expr) -> bool:
    if isinstance(node, exp.Column):
        return isinstance(node.this, exp.Star)
    return isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count)


def _is_parameter(column: exp.Column) -> bool:
    """Whether a name is the parameter of a lambda or of a list comprehension."""
    if column.table:
        return False
    node = column.parent
    while node is not None and not isinstance(node, exp.Query):
        if isinstance(node, exp.Lambda) and any(p.name == column.name for p in node.expressions):
            return True
        if isinstance(node, exp.Comprehension):
            names = {found.name for found in node.expression.find_all(exp.Identifier)}
            if column.name in names:
                return True
        node = node.parent
    return False


def _nodes(expression: exp.Expr) -> Iterator[exp.Expr]:
    """All nodes, but a subquery as one, and nothing behind a column's own name."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, exp.Query | exp.Column):
            waiting.extend(node.iter_expressions())


def _source(scope: Scope, alias: str) -> exp.Expr | Scope | None:
    """What a table's alias stands for, here or in a query around this one."""
    if not alias:
        raise _Lost
    here: Scope | None = scope
    while here is not None:
        # `sources` also knows WITH clauses that this query doesn't read from.
        if alias in here.selected_sources:
            return here.selected_sources[alias][1]
        if alias in here.lateral_sources:
            return here.lateral_sources[alias]
        here = here.parent
    raise _Lost
