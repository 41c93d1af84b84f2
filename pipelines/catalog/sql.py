"""What the SQL of a model or a rule says of itself: tables read, columns made.

Belongs here: reading one statement with sqlglot. Does not belong here: whether
the tables exist (see `check`), or column lineage (transform). sqlglot costs half
a second to import, so it is imported only when a file isn't in the cache.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp

_OUTSIDE = ("read_", "query", "glob", "ducklake_", "duckdb_", "pragma_", "sniff_")
_OUTSIDE_ENDINGS = ("_scan", "_query", "_attach", "_scan_pushdown")


@dataclass(frozen=True)
class SqlFacts:
    """What was read from one statement.

    `tables` are `schema.name`, in order of appearance. `columns` are the names
    of the output columns, None where the SQL doesn't spell them out. `parsed` is
    False where sqlglot can't read SQL that DuckDB may well be able to.
    """

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    wrong: tuple[str, ...] = ()
    parsed: bool = True

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values, from which `from_json` makes equal facts."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> SqlFacts:
        """The facts that `to_json` wrote."""
        columns = value["columns"]
        return cls(
            tables=tuple(value["tables"]),
            columns=None if columns is None else tuple(columns),
            wrong=tuple(value["wrong"]),
            parsed=value["parsed"],
        )


def read_sql(sql: str, line: int) -> SqlFacts:
    """Read one statement, which begins at `line` of its file."""
    import sqlglot
    from sqlglot import exp

    if not sql.strip():
        return SqlFacts(wrong=("There is no SQL below the header; expected one SELECT.",))
    # sqlglot warns where it gives a statement up as a bare command; that is told below.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        statements = [s for s in sqlglot.parse(sql, dialect="duckdb") if s is not None]
    except sqlglot.errors.SqlglotError as error:
        return SqlFacts(wrong=(_parse_error(error, line),), parsed=False)
    if len(statements) != 1:
        return SqlFacts(wrong=(f"Got {len(statements)} statements; expected one SELECT.",))
    statement = statements[0]
    if isinstance(statement, exp.Command):
        return SqlFacts(wrong=("The SQL can't be read; expected one SELECT.",), parsed=False)
    if not isinstance(statement, exp.Query | exp.Pivot) or statement.find(exp.Into):
        kind = statement.key.upper()
        return SqlFacts(wrong=(f"Got {kind}; expected one SELECT, since a model only reads.",))
    wrong: list[str] = []
    tables = _tables(statement, wrong)
    return SqlFacts(tuple(tables), _outputs(statement), tuple(dict.fromkeys(wrong)))


def _parse_error(error: Exception, line: int) -> str:
    details = getattr(error, "errors", None)
    if not details:
        return f"The SQL can't be read: {str(error).splitlines()[0]}"
    first = details[0]
    where = line - 1 + (first.get("line") or 1)
    near = first.get("highlight") or ""
    return f"Line {where}: the SQL can't be read near {near!r}: {first.get('description')}"


def _tables(statement: exp.Expr, wrong: list[str]) -> list[str]:
    from sqlglot import exp

    found: dict[str, None] = {}
    for table in statement.find_all(exp.Table, bfs=False):
        if not isinstance(table.this, exp.Identifier):
            _check_function(table, wrong)
        elif table.catalog:
            wrong.append(f"Got {table.sql('duckdb')}; expected schema.table without a catalog.")
        elif table.db:
            found[f"{table.db}.{table.name}"] = None
        elif table.name.lower() not in _ctes_seen_by(table):
            wrong.append(
                f"Got the table {table.name!r}; expected schema.table, such as "
                "raw.crunchbase__rounds, or the name of a WITH clause."
            )
        if table.args.get("version") or table.args.get("when"):
            wrong.append(f"{table.sql('duckdb')} reads an old snapshot; a model reads the present.")
    return list(found)


def _ctes_seen_by(table: exp.Expr) -> set[str]:
    """Names of the WITH clauses around a table."""
    names: set[str] = set()
    node = table.parent
    while node is not None:
        clause = node.args.get("with_") or node.args.get("with")
        if clause is not None:
            names.update(cte.alias.lower() for cte in clause.expressions)
        node = node.parent
    return names


def _check_function(table: exp.Expr, wrong: list[str]) -> None:
    from sqlglot import exp

    function = table.this
    name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    lower = name.lower()
    if lower.startswith(_OUTSIDE) or lower.endswith(_OUTSIDE_ENDINGS) or lower == "readcsv":
        wrong.append(
            f"Got the table function {name}(); a model reads tables only, so that its inputs are "
            "known. Declare a source for files."
        )


def _outputs(statement: exp.Expr) -> tuple[str, ...] | None:
    """Names of the output columns, or None where some aren't spelled out."""
    from sqlglot import exp

    query = statement
    while isinstance(query, exp.SetOperation | exp.Subquery):
        if query.args.get("by_name"):
            return None
        query = query.this
    if not isinstance(query, exp.Select) or query.args.get("pivots"):
        return None
    names = []
    for item in query.expressions:
        inner = item.unalias()
        if inner.is_star or item.find(exp.Star, exp.Columns) is inner or _spreads(inner):
            return None
        if not item.output_name:
            return None
        names.append(item.output_name)
    return tuple(names)


def _spreads(item: exp.Expr) -> bool:
    """Whether one item of the SELECT may become several columns."""
    from sqlglot import exp

    spreading = (exp.Columns, exp.Unnest, exp.Explode)
    if isinstance(item, exp.Anonymous):
        return item.name.lower() in ("columns", "unnest")
    if any(isinstance(node, exp.Columns) for node in item.walk()):
        return True
    # unnest of a list is one column; of a struct, as many as it has fields.
    return isinstance(item, spreading)
