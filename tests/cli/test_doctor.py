from __future__ import annotations

import json
from pathlib import Path

import pytest

from resources.settings import Settings
from tests.cli.conftest import Headwater, load_sales
from tests.orchestration.conftest import write


def findings(headwater: Headwater, **environment: str | None) -> dict[str, list[str]]:
    """What is wrong: about → what was found. The exit code must agree."""
    done = headwater("doctor", "--json", **environment)
    told = json.loads(done.stdout)
    wrong: dict[str, list[str]] = {}
    for finding in told["findings"]:
        if finding["state"] == "wrong":
            assert finding["advice"], finding
            wrong.setdefault(finding["about"], []).append(finding["found"])
    assert told["healthy"] is not bool(wrong)
    assert done.returncode == (1 if wrong else 0)
    return wrong


@pytest.fixture
def ran(settings: Settings, assets: str) -> str:
    """The shop after one load; where its declarations are."""
    load_sales(settings, assets)
    return assets


def test_a_fresh_and_a_used_installation_are_healthy(headwater: Headwater, ran: str) -> None:
    assert findings(headwater, HEADWATER_ASSETS=ran) == {}
    text = headwater("doctor", HEADWATER_ASSETS=ran).stdout.decode()
    assert "landing packages" in text


def test_nothing_is_made_by_looking(headwater: Headwater, settings: Settings) -> None:
    assert findings(headwater) == {}
    assert not any(settings.home.iterdir())


def test_a_wrong_setting_is_named(headwater: Headwater) -> None:
    wrong = findings(headwater, HEADWATER_MEMORY_LIMIT="lots")
    assert "HEADWATER_MEMORY_LIMIT" in wrong["settings"][0]


def test_an_absent_data_folder_is_named(headwater: Headwater) -> None:
    assert "/nowhere" in findings(headwater, HEADWATER_DATA="/nowhere")["data"][0]


def test_broken_declarations_are_named(headwater: Headwater, ran: str) -> None:
    write(Path(ran), {"models/core/broken.sql": "SELECT 1"})
    assert "broken.sql" in findings(headwater, HEADWATER_ASSETS=ran)["declarations"][0]


def test_a_lake_file_that_is_gone_is_named(
    headwater: Headwater, settings: Settings, ran: str
) -> None:
    file = next((settings.home / "lake").rglob("*.parquet"))
    file.unlink()
    assert file.name in findings(headwater, HEADWATER_ASSETS=ran)["lake files"][0]


def test_a_changed_landing_package_is_named(
    headwater: Headwater, settings: Settings, ran: str
) -> None:
    part = next(settings.landing.rglob("*.parquet"))
    part.chmod(0o644)
    damaged = bytearray(part.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    part.write_bytes(bytes(damaged))
    wrong = findings(headwater, HEADWATER_ASSETS=ran)
    assert part.name in wrong["landing packages"][0]


def test_a_damaged_catalog_is_named(headwater: Headwater, settings: Settings, ran: str) -> None:
    (settings.home / "catalog.sqlite").write_bytes(b"this is no catalog" * 100)
    assert "catalog" in findings(headwater, HEADWATER_ASSETS=ran)
