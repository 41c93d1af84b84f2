from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine
from pipelines.flow import TableReport
from pipelines.orchestration.build import planned_tables
from pipelines.orchestration.session import Session
from resources.settings import Settings
from tests.orchestration.conftest import Kept, Nightly, write


def metadata(result: dg.ExecuteInProcessResult, key: str) -> dict[str, object]:
    events = result.asset_materializations_for_node(key.replace(".", "__"))
    return {name: value.value for name, value in events[0].metadata.items()}


def test_a_run_fills_every_table_and_keeps_its_reports(
    shop: Settings, nightly: Nightly, kept: Kept
) -> None:
    result = nightly()
    assert result.success
    assert kept.last.status == "success"
    assert set(kept.statuses().values()) == {"loaded", "built"}
    run = json.loads((shop.reports / f"{result.run_id}.json").read_bytes())
    assert run["run_id"] == result.run_id
    assert set(run) == {"run_id", "status", "seconds", "tables", "checks", "errors"}
    assert set(run["checks"][0]) == {"table", "check", "severity", "status", "failing_rows"}
    assert (shop.reports / f"{result.run_id}.html").read_text().startswith("<!")


def test_dagster_is_told_rows_schema_sample_and_links(nightly: Nightly) -> None:
    result = nightly()
    sales = metadata(result, "raw.shop__sales")
    assert sales["dagster/row_count"] == 2
    assert sales["rows_loaded"] == 2
    assert sales["dagster/table_name"] == "raw.shop__sales"
    assert "10.50" in str(sales["sample"])
    assert Path(str(sales["landing_package"])).is_dir()
    assert sales["homepage"] == "https://shop.example"
    columns = {column.name for column in sales["dagster/column_schema"].columns}  # type: ignore[attr-defined]
    assert {"sale_id", "price", "_file"} <= columns
    lineage = metadata(result, "core.sale")["dagster/column_lineage"]
    (origin,) = lineage.deps_by_column["price_eur"]  # type: ignore[attr-defined]
    assert (origin.asset_key, origin.column_name) == (
        dg.AssetKey(["raw", "shop__sales"]),
        "price",
    )


def test_child_tables_and_custom_assets_are_materialized(nightly: Nightly) -> None:
    result = nightly()
    children = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    assert children["raw/shop__basket_items"]["dagster/row_count"].value == 2
    assert children["sale_count"]["sales"].value == 2


def test_a_second_run_finds_nothing_new(nightly: Nightly, kept: Kept) -> None:
    nightly()
    nightly()
    assert {
        table: status for table, status in kept.statuses().items() if table != "sale_count"
    } == dict.fromkeys(kept.statuses().keys() - {"sale_count"}, "unchanged")


def test_dagster_is_told_of_a_table_that_did_not_change(nightly: Nightly) -> None:
    first, second = nightly(), nightly()
    for table in ("raw.shop__sales", "core.sale"):
        before, after = metadata(first, table), metadata(second, table)
        assert after["status"] == "unchanged"
        assert after["dagster/row_count"] == before["dagster/row_count"]
        assert after["dagster/column_schema"] == before["dagster/column_schema"]
        assert "sample" in before
        assert "sample" not in after


def test_one_source_that_fails_does_not_stop_the_others(
    shop: Settings, nightly: Nightly, kept: Kept
) -> None:
    nightly()
    assert shop.data is not None
    (shop.data / "people/staff.csv").unlink()
    write(shop.data, {"shop/sales-2.csv": "sale_id,price\n3,1.00\n"})
    result = nightly()
    assert not result.success
    report = kept.last
    assert (report.status, report.exit_code) == ("failed", 3)
    assert [problem.table for problem in report.errors] == ["raw.people__staff"]
    statuses = kept.statuses()
    assert statuses["raw.people__staff"] == "failed"
    assert statuses["core.person"] == "skipped"
    assert statuses["core.sale"] == "built"
    failure = next(event for event in result.all_events if event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert told.description == report.errors[0].message


def test_a_critical_check_that_fails_blocks_what_is_downstream(
    shop: Settings, nightly: Nightly, kept: Kept
) -> None:
    assert shop.data is not None
    write(shop.data, {"shop/sales.csv": "sale_id,price\n1,-5.00\n"})
    result = nightly()
    report = kept.last
    assert (report.status, report.exit_code) == ("checks_failed", 1)
    statuses = kept.statuses()
    assert statuses["raw.shop__sales"] == "loaded"
    assert statuses["core.sale"] == statuses["marts.turnover"] == "skipped"
    assert statuses["core.person"] == "built"
    failed = [check for check in report.checks if check.status == "failed"]
    assert [(check.check, check.failing_rows) for check in failed] == [
        ("expect_column_values_to_be_between__price", 1)
    ]
    evaluation = next(e for e in result.get_asset_check_evaluations() if not e.passed)
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert "-5" in str(evaluation.metadata["sample"].value)


def test_a_warning_is_told_and_blocks_nothing(shop: Settings, nightly: Nightly, kept: Kept) -> None:
    assert shop.data is not None
    write(shop.data, {"shop/sales.csv": "sale_id,price\n1,5000.00\n"})
    result = nightly()
    assert kept.last.status == "success"
    assert kept.statuses()["marts.turnover"] == "built"
    evaluation = next(e for e in result.get_asset_check_evaluations() if not e.passed)
    assert evaluation.severity is dg.AssetCheckSeverity.WARN


def test_only_what_is_selected_is_done(nightly: Nightly, kept: Kept) -> None:
    nightly("raw.people__staff", "core.person")
    assert set(kept.statuses()) == {"raw.people__staff", "core.person"}


def test_no_value_goes_through_an_io_manager(
    nightly: Nightly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert nightly(instance=instance).success
    assert not list((tmp_path / "storage").glob("raw*"))


def test_a_run_that_is_broken_off_is_no_success(shop: Settings, catalog: Catalog) -> None:
    session = Session(
        Engine(shop, catalog), "broken-off", catalog.tables(), full_refresh=False, observer=Kept()
    )
    session.done(TableReport("raw.shop__sales", mode="merge", status="loaded"))
    report = session.close()
    assert (report.status, report.exit_code) == ("failed", 3)
    (problem,) = report.errors
    assert problem.kind == "Interrupted"
    skipped = [table.table for table in report.tables if table.status == "skipped"]
    assert len(skipped) == len(catalog.tables()) - 1


def test_a_child_table_waits_for_its_parent_that_failed(
    shop: Settings, nightly: Nightly, kept: Kept
) -> None:
    assert shop.data is not None
    write(shop.data, {"shop/baskets.json": "[{"})
    nightly("raw.shop__baskets", "raw.shop__basket_items")
    assert [problem.table for problem in kept.last.errors] == ["raw.shop__baskets"]
    notes = {table.table: table.notes for table in kept.last.tables}
    assert "raw.shop__baskets (failed)" in notes["raw.shop__basket_items"][0]


def test_a_run_taken_up_again_means_only_the_steps_that_were_left() -> None:
    places = {"raw.a": "raw__a", "raw.b": "raw__b", "core.c": "core__c"}
    run = dg.DagsterRun(job_name="nightly", step_keys_to_execute=["raw__b", "core__c"])
    assert planned_tables(run, places) == ["raw.b", "core.c"]
    chosen = run._replace(asset_selection=frozenset({dg.AssetKey(["core", "c"])}))
    assert planned_tables(chosen, places) == ["core.c"]
    assert planned_tables(None, places) == list(places)
