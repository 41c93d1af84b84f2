"""Computing a model's rows into a temporary table, in one snapshot.

Belongs here: running the SQL or the Python of a model, whole or for the rows
that changed. Does not belong here: writing to the lake, which only the commit
does; everything here happens before the door is taken.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence

import duckdb

from pipelines.errors import ModelError
from pipelines.naming import literal, quote, quote_table
from pipelines.spec import Incremental, Model
from pipelines.transform.explain import sql_error
from pipelines.transform.python import run_python
from pipelines.transform.stale import Plan, make_plan
from pipelines.transform.standing import standing
from resources.warehouse import LAKE, Connection, Warehouse, begin, is_transient

RESULT = "temp.model_result"
AFFECTED = "temp.model_affected"


def compute(warehouse: Warehouse, tx: Connection, model: Model, *, full_refresh: bool) -> Plan:
    """Fill RESULT with the model's rows; with an incremental plan, AFFECTED too.

    Holds a transaction of its own, so that plan and rows come from one snapshot.
    Nothing is filled where the plan is `unchanged`. Raises ModelError when the
    code fails; errors of the lake itself pass through.
    """
    shadow = f"shadow_{uuid.uuid4().hex}"
    begin(tx)
    try:
        plan = make_plan(warehouse.known(standing, tx), model, full_refresh=full_refresh)
        if plan.mode != "unchanged":
            _fill(tx, model, plan, shadow)
        tx.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            tx.execute("ROLLBACK")
        raise
    finally:
        tx.execute(f"USE {LAKE}")
        tx.execute(f"DETACH DATABASE IF EXISTS {shadow}")
    return plan


def _fill(tx: Connection, model: Model, plan: Plan, shadow: str) -> None:
    if model.python is not None:
        run_python(tx, model, RESULT)
        return
    _check_single(tx, model)
    if plan.mode == "incremental" and model.incremental is not None:
        _narrow(tx, model, model.incremental, plan, shadow)
        # Rows that the SQL gives for other `by` values were made without their inputs.
        agree = same_values(model.incremental.by, "affected", "result")
        where = f" AS result WHERE EXISTS (FROM {AFFECTED} AS affected WHERE {agree})"
    else:
        where = " AS result"
    statement = f"CREATE OR REPLACE TEMP TABLE model_result AS SELECT * FROM (\n{model.sql}\n)"
    try:
        tx.execute(statement + where)
    except duckdb.Error as error:
        if is_transient(error):
            raise
        raise sql_error(model, error, lines_before=1) from None


def same_values(columns: Sequence[str], left: str, right: str) -> str:
    """A predicate: two relations agree in these columns, nulls included."""
    return " AND ".join(
        f"{left}.{quote(name)} IS NOT DISTINCT FROM {right}.{quote(name)}" for name in columns
    )


def _narrow(tx: Connection, model: Model, rule: Incremental, plan: Plan, shadow: str) -> None:
    """Let the model's SQL, as it is, see only the affected rows of its driving table.

    Its inputs become views in a database of their own, which stands in place of
    the lake while the SQL runs.
    """
    by = ", ".join(quote(name) for name in rule.by)
    schema, name = rule.table.split(".", 1)
    tx.execute(
        f"CREATE OR REPLACE TEMP TABLE model_affected AS SELECT DISTINCT {by} "
        f"FROM ducklake_table_changes({literal(LAKE)}, {literal(schema)}, {literal(name)}, "
        f"{plan.since + 1}, {plan.snapshot})"
    )
    tx.execute(f"ATTACH ':memory:' AS {shadow}")
    for layer in sorted({table.split(".", 1)[0] for table in model.inputs}):
        tx.execute(f"CREATE SCHEMA {shadow}.{quote(layer)}")
    agree = same_values(rule.by, "affected", "driving")
    for table in model.inputs:
        where = ""
        if table == rule.table:
            where = f" WHERE EXISTS (FROM {AFFECTED} AS affected WHERE {agree})"
        tx.execute(
            f"CREATE VIEW {shadow}.{quote_table(table)} AS "
            f"SELECT * FROM {LAKE}.{quote_table(table)} AS driving{where}"
        )
    tx.execute(f"SET search_path = '{shadow}.main'")


def _check_single(tx: Connection, model: Model) -> None:
    """The catalog has asked sqlglot; this is DuckDB's own word that the SQL only reads."""
    try:
        statements = tx.extract_statements(model.sql or "")
    except duckdb.Error as error:
        raise sql_error(model, error, lines_before=0) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in statements)
        raise ModelError(
            f"{model.table} ({model.path}) must be one SELECT, since a model only reads; got "
            f"{len(statements)} statements ({kinds}). Nothing was run."
        )
