"""The catalog of valid declarations: found, ordered, and answering questions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.header import read_header, split_header
from pipelines.catalog.load import load_catalog
from pipelines.catalog.problems import Problems
from pipelines.catalog.sql import SqlFacts, read_sql
from pipelines.spec import Check
from tests.catalog.declared import GOOD, MODEL, ORDERS, write


def load(folder: Path, files: dict[str, str] | None = None) -> Catalog:
    return load_catalog([write(folder, files or GOOD)], built_in=False)


def test_one_file_is_one_table(tmp_path: Path) -> None:
    catalog = load(tmp_path)
    assert catalog.tables() == ("raw.shop__orders", "staging.orders", "core.copied")
    orders = catalog.models["staging.orders"]
    assert (orders.key, orders.inputs, orders.line) == (("id",), ("raw.shop__orders",), 11)
    assert orders.columns["total_usd"].unit == "USD"
    declared = Check(
        expectation="expect_column_values_to_not_be_null",
        arguments={"column": "total_usd"},
        severity="warning",
    )
    assert declared in orders.checks
    rule = catalog.rules["unpaid"]
    assert (rule.inputs, rule.severity, rule.sql[-4:]) == (("staging.orders",), "warning", "NULL")


def test_upstream_and_downstream(tmp_path: Path) -> None:
    quarantine = MODEL.replace("raw.shop__orders", "quarantine.shop__orders, headwater.loads")
    catalog = load(tmp_path, {**GOOD, "models/marts/refused.sql": quarantine})
    assert catalog.upstream("marts.refused") == ("raw.shop__orders",)
    assert catalog.upstream("core.copied") == ("staging.orders",)
    assert catalog.upstream("raw.shop__orders") == ()
    assert set(catalog.downstream("raw.shop__orders")) == {"staging.orders", "marts.refused"}
    assert [rule.name for rule in catalog.rules_of("staging.orders")] == ["unpaid"]


def test_models_stand_behind_what_they_read(tmp_path: Path) -> None:
    chain = {
        f"models/core/{name}.sql": MODEL.replace("raw.shop__orders", f"core.{needs}")
        for name, needs in [("a", "b"), ("b", "c"), ("c", "copied")]
    }
    copied = GOOD["models/core/copied.py"]
    catalog = load(tmp_path, {**GOOD, **chain, "models/core/copied.py": copied})
    order = list(catalog.models)
    expected = ["staging.orders", "core.copied", "core.c", "core.b", "core.a"]
    assert order == expected


def test_the_same_stem_in_two_folders_is_two_modules(tmp_path: Path) -> None:
    other = GOOD["sources/shop.py"].replace('"shop"', '"other"')
    first = write(tmp_path / "a", GOOD)
    second = write(tmp_path / "b", {"sources/shop.py": other})
    assert set(load_catalog([first, second], built_in=False).sources) == {"shop", "other"}


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    load(tmp_path)
    changed = MODEL.replace("Orders, typed.", "Orders, better told.")
    catalog = load(tmp_path, {ORDERS: changed})
    assert catalog.models["staging.orders"].description == "Orders, better told."


def test_the_cache_gives_the_same_catalog_without_reading_sql(tmp_path: Path) -> None:
    folder = write(tmp_path / "assets", GOOD)
    cache = tmp_path / "cache"
    first = load_catalog([folder], built_in=False, cache=cache)
    code = (
        "import sys; from pathlib import Path; from pipelines.catalog.load import load_catalog\n"
        f"folder, cache = Path({str(folder)!r}), Path({str(cache)!r})\n"
        "found = load_catalog([folder], built_in=False, cache=cache)\n"
        "print(list(found.models), sorted({'sqlglot', 'dagster', 'duckdb'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == f"{list(first.models)} []"
    assert load_catalog([folder], built_in=False, cache=cache) == first
    (cache / "catalog.json").write_text("not json")
    assert load_catalog([folder], built_in=False, cache=cache) == first


READ = {
    "WITH a AS (SELECT * FROM raw.x) SELECT i FROM a JOIN core.y USING (i)": ("raw.x", "core.y"),
    "FROM raw.x": ("raw.x",),
    "SELECT (SELECT max(b) FROM raw.y) AS m FROM raw.x WHERE EXISTS (FROM raw.z)": (
        "raw.y", "raw.x", "raw.z",
    ),
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r": (),
    "SELECT u.i FROM raw.x AS x, unnest(x.items) AS u(i), range(3)": ("raw.x",),
    "WITH u AS (UNPIVOT raw.x ON COLUMNS(* EXCLUDE a) INTO NAME n VALUE v) FROM u": ("raw.x",),
    "PIVOT raw.x ON a USING sum(b)": ("raw.x",),
    "SELECT a FROM raw.x ASOF LEFT JOIN raw.y ON x.a >= y.a QUALIFY true": ("raw.x", "raw.y"),
}  # fmt: skip


@pytest.mark.parametrize("sql", READ)
def test_the_tables_of_a_statement_are_read_from_it(sql: str) -> None:
    facts = read_sql(sql, 1)
    assert (set(facts.tables), facts.wrong) == (set(READ[sql]), ())


OUTPUTS = {
    "SELECT a, b AS c, x.d, count(*) AS n FROM raw.x AS x": ("a", "c", "d", "n"),
    "SELECT a FROM raw.x UNION ALL SELECT b FROM raw.y": ("a",),
    "WITH w AS (SELECT 1 AS q) SELECT q FROM w": ("q",),
    "SELECT * FROM raw.x": None,
    "SELECT x.* EXCLUDE (a), b FROM raw.x AS x": None,
    "SELECT COLUMNS('a.*') FROM raw.x": None,
    "SELECT unnest(s) AS a FROM raw.x": None,
    "SELECT count(*) FROM raw.x": None,
    "SELECT a FROM raw.x UNION ALL BY NAME SELECT b FROM raw.y": None,
    "FROM raw.x": None,
}


@pytest.mark.parametrize("sql", OUTPUTS)
def test_output_columns_are_known_or_said_to_be_unknown(sql: str) -> None:
    facts = read_sql(sql, 1)
    assert facts.columns == OUTPUTS[sql]
    assert SqlFacts.from_json(facts.to_json()) == facts


def test_yaml_keeps_what_was_written() -> None:
    text = (
        "/* \na: [NO, yes, 12:30, 2020-01-01, 010, true, 1e3, 1.50, ~, '', NA]\n*/\n\n\nSELECT 1;\n"
    )
    parts = split_header(text)
    assert parts is not None
    assert parts[1:] == ("SELECT 1", 6)
    problems = Problems()
    header = read_header(parts[0], problems.at("x"))
    assert header == {
        "a": ["NO", "yes", "12:30", "2020-01-01", 10, True, 1000.0, 1.5, None, "", "NA"]
    }
    assert problems.found == []


def test_our_own_declarations_are_valid() -> None:
    catalog = load_catalog()
    assert catalog.sources
    assert all(path.suffix == ".py" for path in catalog.custom)
