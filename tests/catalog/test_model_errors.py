"""Broken models and rules: each is named, with file, field, and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.declared import ORDERS, check_named

PARTS = "key: [id]\nmaterialized: incremental\nincremental: "
BROKEN = {
    "unknown field": (
        ORDERS,
        ("owner:", "ownr:"),
        "ownr: There is no such field. Did you mean owner?",
    ),
    "no owner": (ORDERS, ("owner: data@headwater.example\n", ""), "owner: Got nothing; expected"),
    "bad owner": (ORDERS, ("data@headwater.example", "me"), "owner: Got 'me'; expected a mail"),
    "no description": (ORDERS, ("description: Orders, typed.\n", ""), "description: Got nothing"),
    "no key": (ORDERS, ("key: [id]\n", ""), "key: Got nothing; expected a list of names"),
    "key is text": (ORDERS, ("key: [id]", "key: id"), "key: Got 'id'; expected a list of names"),
    "key is no column": (
        ORDERS,
        ("[id]", "[idd]"),
        "'idd' is not among the columns. Did you mean id?",
    ),
    "undescribed column": (
        ORDERS,
        ("  id: Number of the order.\n", ""),
        "columns.id: The SQL makes this column, but",
    ),
    "column not made": (
        ORDERS,
        ("SELECT id,", "SELECT"),
        "columns.id: The header describes this column, but",
    ),
    "empty description": (
        ORDERS,
        ("Number of the order.", ""),
        "columns.id.description: Got nothing",
    ),
    "unknown column field": (
        ORDERS,
        ("unit: USD", "units: USD"),
        "columns.total_usd.units: There is no such field. Did you mean unit?",
    ),
    "bad type": (ORDERS, ("DECIMAL(18,2)", "MONEY"), "columns.total_usd.type: 'MONEY' is no type"),
    "unknown expectation": (
        ORDERS,
        ("to_not_be_null", "to_not_be_nul"),
        "Did you mean expect_column_values_to_not_be_null",
    ),
    "unknown argument": (ORDERS, ("severity: warning", "colum: x"), "takes no argument 'colum'"),
    "check of no column": (
        ORDERS,
        ("{column: total_usd", "{column: total"),
        "names the column 'total', which there is not. Did you mean total_usd?",
    ),
    "bad severity": (
        ORDERS,
        ("severity: warning", "severity: bad"),
        "checks[1].severity: Got 'bad'; expected critical or",
    ),
    "bad yaml": (ORDERS, ("key: [id]", "key: [id"), "header: The YAML can't be read in line"),
    "field twice": (
        ORDERS,
        ("key: [id]", "key: [id]\nkey: [id]"),
        "the field 'key' is given twice",
    ),
    "no header": (ORDERS, ("/*\ndes", "-- des"), "must begin with a header"),
    "bad sql": (ORDERS, ("FROM raw", "FRM raw.x raw"), "sql: Line 11: the SQL can't be read near"),
    "no sql": (
        ORDERS,
        ("SELECT id, total_usd FROM raw.shop__orders", ""),
        "There is no SQL below the header",
    ),
    "two statements": (
        ORDERS,
        ("shop__orders", "shop__orders; SELECT 1"),
        "Got 2 statements; expected one SELECT",
    ),
    "writes": (
        ORDERS,
        ("SELECT id", "DELETE FROM raw.shop__orders; SELECT id"),
        "expected one SELECT",
    ),
    "insert": (
        ORDERS,
        ("SELECT id", "INSERT INTO raw.shop__orders SELECT id"),
        "Got INSERT; expected one SELECT",
    ),
    "reads a file": (ORDERS, ("raw.shop__orders", "read_csv('x.csv')"), "table function"),
    "reads any table": (
        ORDERS,
        ("raw.shop__orders", "query_table('raw.x')"),
        "table function query_table()",
    ),
    "no schema": (
        ORDERS,
        ("raw.shop__orders", "shop__orders"),
        "Got the table 'shop__orders'; expected schema.table",
    ),
    "CTE of another query": (
        ORDERS,
        ("raw.shop__orders", "(WITH a AS (SELECT 1) SELECT * FROM a), a"),
        "Got the table 'a'",
    ),
    "other catalog": (ORDERS, ("raw.shop", "lake.raw.shop"), "without a catalog"),
    "undeclared table": (
        ORDERS,
        ("shop__orders", "shop__order"),
        "No file declares the table 'raw.shop__order'. Did you mean raw.shop__orders?",
    ),
    "inputs told twice": (
        ORDERS,
        ("key: [id]", "key: [id]\ninputs: [raw.shop__orders]"),
        "inputs are read from the SQL",
    ),
    "incremental alone": (
        ORDERS,
        ("key: [id]", "key: [id]\nmaterialized: incremental"),
        "Expected materialized: incremental together with",
    ),
    "incremental by what": (
        ORDERS,
        (
            "key: [id]",
            PARTS + "{table: raw.shop__orders, by: [no]}",
        ),
        "incremental.by: 'no' is no column here",
    ),
    "incremental of what": (
        ORDERS,
        (
            "key: [id]",
            PARTS + "{table: raw.x, by: [id]}",
        ),
        "'raw.x' is none of the inputs",
    ),
    "rule on nothing": (
        "checks/unpaid.sql",
        ("table: staging.orders", "table: staging.order"),
        "No file declares the table 'staging.order'. Did you mean staging.orders?",
    ),
    "rule without table": (
        "checks/unpaid.sql",
        ("table: staging.orders\n", ""),
        "table: Got nothing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_declaration_is_named_with_file_and_field(tmp_path: Path, name: str) -> None:
    check_named(tmp_path, BROKEN[name])
