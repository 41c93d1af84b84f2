"""Column lineage: what is told is true, and what can't be told is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.catalog.sql import read_sql
from pipelines.spec import Column
from pipelines.transform import column_lineage, column_types
from resources.warehouse import Warehouse
from tests.transform.models import model, run

SCHEMAS = {
    "raw.t": dict.fromkeys(["a", "b", "l", "s", "v1", "v2"], "INTEGER"),
    "raw.u": dict.fromkeys(["a", "b", "c"], "INTEGER"),
}
TRACED = {
    "SELECT a, b AS x, a + v1 AS y, 1 AS z, count(*) AS n FROM raw.t GROUP BY ALL": (
        "a: t.a, x: t.b, y: t.a t.v1, z:, n:"
    ),
    "WITH w AS (SELECT * FROM raw.t) SELECT w.* EXCLUDE (l, s) FROM w JOIN raw.u USING (a)": (
        "a: t.a, b: t.b, v1: t.v1, v2: t.v2"
    ),
    "WITH x AS (SELECT a AS k FROM raw.t), y AS (SELECT k + 1 AS k FROM x) SELECT k FROM y": (
        "k: t.a"
    ),
    "SELECT a FROM raw.t UNION ALL SELECT c FROM raw.u": "a: t.a u.c",
    "SELECT a, b FROM raw.t UNION ALL BY NAME SELECT b, a FROM raw.u": "a: t.a u.a, b: t.b u.b",
    "SELECT a FROM raw.t EXCEPT SELECT c FROM raw.u": "a: t.a",
    "SELECT x.a, unnest(x.l) AS item FROM raw.t AS x": "a: t.a, item: t.l",
    "SELECT x.a, i.item FROM raw.t AS x, unnest(x.l) AS i(item)": "a: t.a, item: t.l",
    "SELECT x.a, i FROM raw.t AS x, LATERAL (SELECT unnest(x.l) AS i)": "a: t.a, i: t.l",
    "SELECT s.x AS sx, t.s.y FROM raw.t": "sx: t.s, y: t.s",
    "SELECT q.x.y AS y FROM (SELECT s AS x FROM raw.t) AS q": "y: t.s",
    "SELECT a, name, v FROM raw.t UNPIVOT (v FOR name IN (v1, v2))": "a: t.a, name:, v: t.v1 t.v2",
    "WITH p AS (UNPIVOT raw.t ON COLUMNS('^v') INTO NAME n VALUE v) SELECT a, n, v FROM p": (
        "a: t.a, n:, v: t.v1 t.v2"
    ),
    "SELECT b, v FROM (UNPIVOT raw.u ON COLUMNS(* EXCLUDE (b)) INTO NAME n VALUE v)": (
        "b: u.b, v: u.a u.c"
    ),
    "SELECT * REPLACE (a + v1 AS a) FROM raw.t": (
        "a: t.a t.v1, b: t.b, l: t.l, s: t.s, v1: t.v1, v2: t.v2"
    ),
    "SELECT a, row_number() OVER (PARTITION BY b ORDER BY v1) AS n FROM raw.t QUALIFY n = 1": (
        "a: t.a, n: t.b t.v1"
    ),
    "SELECT (SELECT max(c) FROM raw.u AS u WHERE u.a = t.a) AS m FROM raw.t AS t": "m: u.c",
    "SELECT (SELECT max(c + r.b) FROM raw.u) AS m FROM raw.t AS r": "m: t.b u.c",
    "SELECT list_transform(l, lambda x: x + a) AS q, [x * 2 FOR x IN l] AS r FROM raw.t": (
        "q: t.a t.l, r: t.l"
    ),
    "WITH RECURSIVE r AS (SELECT a, 1 AS n FROM raw.t UNION ALL SELECT a, n + 1 FROM r WHERE n < 5)"
    " SELECT a, n FROM r": "a: t.a, n:",
    "SELECT a FROM raw.t FULL JOIN raw.u USING (a)": "a: t.a u.a",
    "SELECT x.k, t.a FROM raw.t JOIN (VALUES (1, 'a')) AS x(k, n) ON x.k = t.a": "k:, a: t.a",
    "SELECT r.i, t.a FROM raw.t, range(3) AS r(i)": "i:, a: t.a",
    # What can't be told:
    "SELECT a, COLUMNS('v.*') FROM raw.t": "a: t.a",
    "SELECT t AS whole, a FROM raw.t AS t": "a: t.a",
    "SELECT nope, a FROM raw.missing": "",
    "SELECT m.nope AS nope, t.a FROM raw.t, raw.missing AS m": "nope: missing.nope, a: t.a",
    "SELECT t.nope AS nope, t.a FROM raw.t": "",
    "PIVOT raw.t ON a USING sum(b)": "",
    "SELECT a, m FROM (PIVOT raw.t ON b IN ('m') USING sum(v1) GROUP BY a)": "",
    "SELECT #1 FROM raw.t": "",
    "this is no SQL (": "",
}


@pytest.mark.parametrize("sql", TRACED)
def test_columns_are_traced_or_left_out(sql: str) -> None:
    names = "a b c i item k l m n name nope q r s sx v v1 v2 whole x y z"
    found = column_lineage(model(sql, names), SCHEMAS)
    told = [
        f"{name}: {' '.join(f'{table[4:]}.{column}' for table, column in origins)}".strip()
        for name, origins in found.items()
    ]
    assert sorted(told) == sorted(filter(None, TRACED[sql].split(", ")))


def test_every_origin_lies_in_a_table_that_is_read() -> None:
    for sql in TRACED:
        facts = read_sql(sql, 1)
        found = column_lineage(model(sql, "a b c k l m n v x y z"), SCHEMAS)
        for origins in found.values():
            assert {table for table, _ in origins} <= set(facts.tables)


def test_names_are_the_headers_own() -> None:
    declared = replace(
        model('SELECT a AS "Total" FROM raw.t', "a"), columns={"total": Column(description="T.")}
    )
    assert column_lineage(declared, SCHEMAS) == {"total": (("raw.t", "a"),)}


def test_types_of_built_tables_come_at_once(warehouse: Warehouse) -> None:
    run(
        warehouse,
        "CREATE TABLE raw.t (a INTEGER, b DECIMAL(18,2)[])",
        "CREATE TABLE core.m (x STRUCT(y VARCHAR))",
    )
    with warehouse.read() as connection:
        assert column_types(connection) == {
            "raw.t": {"a": "INTEGER", "b": "DECIMAL(18,2)[]"},
            "core.m": {"x": "STRUCT(y VARCHAR)"},
        }
        assert set(column_types(connection, ["raw.t"])) == {"raw.t"}
