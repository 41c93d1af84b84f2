"""What every model keeps, by existing: its key, its description, its right to rest."""

from __future__ import annotations

import pytest

from pipelines.engine import build_model
from pipelines.naming import quote, quote_table
from resources.warehouse import table_columns
from tests.assets.bench import catalog
from tests.assets.whole import Outcome

MODELS = catalog().models
every_model = pytest.mark.parametrize("table", sorted(MODELS))


@every_model
def test_its_columns_are_those_it_describes(lived_in: Outcome, table: str) -> None:
    with lived_in.engine.warehouse.read() as connection:
        columns = table_columns(connection, table)
    assert set(columns) == set(MODELS[table].columns)


@every_model
def test_its_key_is_a_key(lived_in: Outcome, table: str) -> None:
    key = ", ".join(quote(name) for name in MODELS[table].key)
    holes = " OR ".join(f"{quote(name)} IS NULL" for name in MODELS[table].key)
    name = quote_table(table)
    assert lived_in.rows(f"SELECT {key} FROM {name} WHERE {holes} LIMIT 5") == []
    repeated = f"SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1 LIMIT 5"
    assert lived_in.rows(repeated) == []


@every_model
def test_building_it_all_again_changes_no_row(lived_in: Outcome, table: str) -> None:
    report = build_model(lived_in.engine.warehouse, MODELS[table], run_id="b", full_refresh=True)
    assert "No row differs." in report.notes


@every_model
def test_a_second_build_finds_nothing_to_do(lived_in: Outcome, table: str) -> None:
    build_model(lived_in.engine.warehouse, MODELS[table], run_id="settle")
    before = lived_in.engine.warehouse.snapshot()
    report = build_model(lived_in.engine.warehouse, MODELS[table], run_id="again")
    assert report.status == "unchanged"
    assert lived_in.engine.warehouse.snapshot() == before


def test_no_critical_check_fails_on_the_made_up_firm(lived_in: Outcome) -> None:
    bad = [c for c in lived_in.not_passed if c.severity == "critical" or c.error]
    assert bad == []
