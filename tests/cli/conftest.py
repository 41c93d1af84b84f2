"""The command as people run it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.catalog.load import load_catalog
from pipelines.engine import Engine, run_stream
from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.orchestration.conftest import DATA, FILES, write

Ran = subprocess.CompletedProcess[bytes]
Headwater = Callable[..., Ran]
COMMAND = [sys.executable, "-c", "from pipelines.cli import main; main()"]


@pytest.fixture
def headwater(settings: Settings, tmp_path: Path) -> Headwater:
    """Runs `headwater …` on an installation of its own and returns what it did."""

    def call(*arguments: str, **environment: str | None) -> Ran:
        ours = {
            **{name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"},
            "HEADWATER_HOME": str(settings.home),
            "HEADWATER_DATA": str(settings.data),
            **environment,
        }
        given = {name: value for name, value in ours.items() if value is not None}
        return subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, env=given, capture_output=True, timeout=180
        )

    return call


@pytest.fixture
def assets(settings: Settings, tmp_path: Path) -> str:
    """The shop's declarations, to stand beside Headwater's own, and its files."""
    assert settings.data is not None
    write(tmp_path / "assets", FILES)
    write(settings.data, DATA)
    return str(tmp_path / "assets")


def load_sales(settings: Settings, assets: str) -> None:
    """Load the shop's sales as a run would, without a process and Dagster."""
    engine = Engine(settings, load_catalog([Path(assets)], built_in=False))
    source, stream = next(each for each in engine.catalog.streams() if each[1].name == "sales")
    run_stream(engine, source, stream, run_id="before")
    engine.close()


@pytest.fixture
def filled(settings: Settings) -> Settings:
    """A warehouse with two small tables, and a third version of one of them."""
    warehouse = Warehouse(settings)
    warehouse.commit(
        lambda c: c.execute(
            "CREATE TABLE core.deal AS SELECT 1::BIGINT AS deal_id, 1234567890123456.78::"
            "DECIMAL(18,2) AS amount_usd, NULL::VARCHAR AS note, TIMESTAMPTZ "
            "'2024-02-29 12:00:00+02' AS closed_at, [1.5::DECIMAL(3,1)] AS parts"
        ),
        message="one deal",
    )
    warehouse.commit(
        lambda c: c.execute("CREATE TABLE headwater.loads AS SELECT 1 AS load_id"), message="own"
    )
    warehouse.commit(
        lambda c: c.execute("INSERT INTO core.deal (deal_id, note) VALUES (2, '')"), message="two"
    )
    warehouse.close()
    return settings
