"""Fixtures that every part's tests may use: settings, warehouse, real inputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.settings import Settings
from resources.warehouse import Warehouse

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("HEADWATER_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the checkout."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"The real inputs are not here: {folder} is absent.")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation of its own, empty."""
    home = tmp_path / "home"
    home.mkdir()
    data = tmp_path / "data"
    data.mkdir()
    return Settings(home=home, data=data)


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    """An empty warehouse."""
    made = Warehouse(settings)
    yield made
    made.close()
