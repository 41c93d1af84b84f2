from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.catalog import Catalog
from pipelines.errors import DeclarationError
from pipelines.orchestration import build_definitions
from resources.settings import Settings
from tests.conftest import ROOT
from tests.orchestration.conftest import write


@pytest.fixture
def definitions(shop: Settings, catalog: Catalog) -> dg.Definitions:
    return build_definitions(shop, catalog)


@pytest.fixture
def graph(definitions: dg.Definitions):  # type: ignore[no-untyped-def]
    return definitions.resolve_asset_graph()


def test_every_declared_table_and_custom_asset_is_an_asset(graph) -> None:  # type: ignore[no-untyped-def]
    assert sorted(key.to_user_string() for key in graph.get_all_asset_keys()) == [
        "core/person",
        "core/sale",
        "marts/turnover",
        "raw/people__staff",
        "raw/shop__basket_items",
        "raw/shop__baskets",
        "raw/shop__sales",
        "sale_count",
    ]


def test_checks_carry_severity_as_blocking(graph) -> None:  # type: ignore[no-untyped-def]
    checks = {
        (key.asset_key.to_user_string(), key.name): graph.get_check_spec(key).blocking
        for key in graph.asset_check_keys
    }
    assert checks["core/sale", "odd_names"] is False
    assert checks["raw/shop__sales", "expect_column_values_to_be_between__price"] is True
    assert checks["raw/shop__sales", "expect_column_values_to_be_between__price_2"] is False
    assert checks["core/sale", "expect_column_values_to_be_unique__sale_id"] is True


def test_an_asset_says_what_its_declaration_says(graph) -> None:  # type: ignore[no-untyped-def]
    sales = graph.get(dg.AssetKey(["raw", "shop__sales"]))
    assert sales.group_name == "shop"
    assert sales.owners == ["data@shop.example"]
    assert sales.kinds == {"csv", "file"}
    assert "Every sale." in sales.description
    schema = sales.metadata["dagster/column_schema"]
    price = next(column for column in schema.columns if column.name == "price")
    assert (price.type, price.description) == ("decimal(12,2)", "What was paid. Unit: EUR.")
    staff = graph.get(dg.AssetKey(["raw", "people__staff"]))
    assert staff.owners == ["team:people"]


def test_models_stand_behind_what_they_read(graph) -> None:  # type: ignore[no-untyped-def]
    sale = graph.get(dg.AssetKey(["core", "sale"]))
    assert sale.parent_keys == {dg.AssetKey(["raw", "shop__sales"])}
    assert {key.to_user_string() for key in sale.child_keys} == {"marts/turnover", "sale_count"}


def test_the_nightly_job_holds_everything_and_is_scheduled(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("nightly")
    assert len(job.asset_layer.selected_asset_keys) == 8
    schedule = definitions.resolve_schedule_def("nightly_sync")
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_broken_custom_file_is_named(shop: Settings, catalog: Catalog, tmp_path: Path) -> None:
    write(tmp_path / "assets", {"custom/counts.py": "import nowhere"})
    with pytest.raises(DeclarationError, match=r"counts\.py failed while it was imported"):
        build_definitions(shop, catalog)


def test_dagster_loads_the_entry_from_pyproject(shop: Settings) -> None:
    """What `dagster dev` and `dg check defs` do first, on Headwater's own assets too."""
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate"],
        cwd=ROOT,
        env={**os.environ, "HEADWATER_HOME": str(shop.home), "HEADWATER_DATA": str(shop.data)},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]
