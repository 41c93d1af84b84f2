from __future__ import annotations

import json

from resources.settings import Settings
from tests.cli.conftest import Headwater


def test_json_lists_tables_without_headwaters_own(headwater: Headwater, filled: Settings) -> None:
    done = headwater("tables", "--json")
    assert done.returncode == 0, done.stderr
    (deal,) = json.loads(done.stdout)
    assert set(deal) == {"table", "rows", "bytes", "loaded_at", "snapshot"}
    assert (deal["table"], deal["rows"], deal["snapshot"]) == ("core.deal", 2, 4)
    assert deal["loaded_at"].endswith("+00:00")


def test_all_lists_headwaters_own_too(headwater: Headwater, filled: Settings) -> None:
    names = [item["table"] for item in json.loads(headwater("tables", "--all", "--json").stdout)]
    assert names == ["core.deal", "headwater.loads"]


def test_people_see_rows_and_time(headwater: Headwater, filled: Settings) -> None:
    text = headwater("tables").stdout.decode()
    assert "core.deal" in text
    assert "last change (UTC)" in text
