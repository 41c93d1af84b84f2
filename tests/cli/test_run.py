from __future__ import annotations

import json
from pathlib import Path

import pytest

from resources.settings import Settings
from tests.cli.conftest import Headwater, load_sales
from tests.orchestration.conftest import write

RUN_KEYS = {"run_id", "status", "seconds", "tables", "checks", "errors"}
TABLE_KEYS = {
    "table",
    "mode",
    "status",
    "rows_read",
    "rows_loaded",
    "rows_quarantined",
    "rows_blank",
    "rows_duplicate",
    "rows_repeated",
    "seconds",
    "notes",
}
SHOP = "group:shop or core.sale or marts.turnover"


def test_a_run_tells_people_and_programs_and_a_second_finds_nothing_new(
    headwater: Headwater, settings: Settings, assets: str, tmp_path: Path
) -> None:
    first = headwater("run", SHOP, "--json", "run.json", HEADWATER_ASSETS=assets)
    assert first.returncode == 0, first.stderr
    text = first.stdout.decode()
    assert "raw.shop__sales" in text
    assert str(settings.home) in text or "home" in text
    assert "headwater tables" in text
    run = json.loads((tmp_path / "run.json").read_bytes())
    assert set(run) == RUN_KEYS
    assert run["status"] == "success"
    sales = next(table for table in run["tables"] if table["table"] == "raw.shop__sales")
    assert set(sales) == TABLE_KEYS
    assert (sales["rows_read"], sales["rows_loaded"], sales["rows_quarantined"]) == (2, 2, 0)
    kept = settings.reports / f"{run['run_id']}.json"
    assert json.loads(kept.read_bytes()) == run
    assert kept.with_suffix(".html").is_file()

    second = headwater("run", SHOP, "--json", "-", HEADWATER_ASSETS=assets)
    assert second.returncode == 0
    assert "Nothing new" in second.stderr.decode()
    again = json.loads(second.stdout)
    assert {table["status"] for table in again["tables"]} == {"unchanged"}


def test_exit_codes_say_what_went_wrong(
    headwater: Headwater, settings: Settings, assets: str
) -> None:
    assert settings.data is not None
    sales = settings.data / "shop/sales.csv"
    sales.write_text("sale_id,price\n1,-5.00\n2,ten\n")
    blocked = headwater("run", SHOP, "--json", "-", HEADWATER_ASSETS=assets)
    assert blocked.returncode == 1
    run = json.loads(blocked.stdout)
    assert run["status"] == "checks_failed"
    failed = [check for check in run["checks"] if check["status"] == "failed"]
    assert [(check["severity"], check["failing_rows"]) for check in failed] == [("critical", 1)]
    told = blocked.stderr.decode()
    assert "-5.00" in told
    assert "headwater quarantine show raw.shop__sales" in told
    statuses = {table["table"]: table["status"] for table in run["tables"]}
    assert statuses["core.sale"] == statuses["marts.turnover"] == "skipped"

    sales.unlink()
    broken = headwater("run", SHOP, "--json", "-", HEADWATER_ASSETS=assets)
    assert broken.returncode == 3
    run = json.loads(broken.stdout)
    assert run["status"] == "failed"
    assert [error["table"] for error in run["errors"]] == ["raw.shop__sales"]
    assert run["errors"][0]["message"] in broken.stderr.decode().replace("\n", " ").replace(
        "  ", " "
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "hint"),
    [
        (["run", "core.organisation"], {}, "core.organization"),
        (["run", "core.sale and ("], {}, "understood"),
        (["run"], {"HEADWATER_DATA": "/nowhere"}, "/nowhere"),
        (["run"], {"HEADWATER_THREADS": "many"}, "HEADWATER_THREADS"),
        (["run", "--json", "/nowhere/run.json"], {}, "/nowhere/run.json"),
    ],
)
def test_what_was_asked_wrongly_ends_with_2_and_runs_nothing(
    headwater: Headwater,
    settings: Settings,
    arguments: list[str],
    environment: dict[str, str],
    hint: str,
) -> None:
    done = headwater(*arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert hint in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert not (settings.home / "catalog.sqlite").exists()


def test_a_broken_declaration_ends_with_2_and_names_the_file(
    headwater: Headwater, assets: str
) -> None:
    write(Path(assets), {"models/core/broken.sql": "SELECT 1"})
    done = headwater("run", HEADWATER_ASSETS=assets)
    assert done.returncode == 2
    assert "models/core/broken.sql" in done.stderr.decode()


def test_quarantined_rows_are_shown_and_replayed(
    headwater: Headwater, settings: Settings, assets: str
) -> None:
    assert settings.data is not None
    write(settings.data, {"shop/sales.csv": "sale_id,price\n1,10.50\n2,ten\n"})
    load_sales(settings, assets)
    (held,) = json.loads(headwater("quarantine", "list", "--json").stdout)
    assert (held["table"], held["rows"]) == ("raw.shop__sales", 1)
    (row,) = json.loads(headwater("quarantine", "show", "raw.shop__sales", "--json").stdout)
    assert (row["_file"], row["_line"]) == ("shop/sales.csv", 3)
    assert "ten" in row["_raw"]
    shop = Path(assets, "sources/shop.py")
    shop.write_text(shop.read_text().replace('type="DECIMAL(12,2)", ', 'type="VARCHAR", '))
    again = headwater("quarantine", "replay", "raw.shop__sales", HEADWATER_ASSETS=assets)
    assert again.returncode == 0, again.stderr
    assert "1 row loaded" in again.stdout.decode()
    assert json.loads(headwater("quarantine", "list", "--json").stdout) == []


def test_a_table_is_rebuilt_from_landing(
    headwater: Headwater, settings: Settings, assets: str
) -> None:
    load_sales(settings, assets)
    query = "SELECT sale_id, price FROM raw.shop__sales ORDER BY ALL"
    before = headwater("sql", query, "--format", "csv").stdout
    assert settings.data is not None
    (settings.data / "shop/sales.csv").unlink()
    done = headwater("replay", "raw.shop__sales", "--json", HEADWATER_ASSETS=assets)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows_loaded"] == 2
    assert headwater("sql", query, "--format", "csv").stdout == before
    wrong = headwater("replay", "raw.nothing", HEADWATER_ASSETS=assets)
    assert wrong.returncode == 2


def test_without_a_data_folder_the_made_up_firm_is_read(
    headwater: Headwater, settings: Settings
) -> None:
    done = headwater("run", "raw.ecb_fx__daily", HEADWATER_DATA=None)
    assert done.returncode == 0, done.stderr
    assert "made-up firm" in done.stdout.decode()
    assert any(settings.sandbox.rglob("*.csv"))
