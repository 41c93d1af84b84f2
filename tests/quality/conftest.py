"""A table to check, and a short way to check it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipelines.flow import CheckReport
from pipelines.quality import run_checks
from pipelines.spec import Check, Severity
from resources.settings import Settings
from resources.warehouse import Warehouse

Made = Callable[[str], None]
Ask = Callable[..., CheckReport]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse for the tests of one module; each makes the tables that it needs."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
            environment.delenv(name)
        shared = Warehouse(Settings(home=home, data=home))
        yield shared
        shared.close()


@pytest.fixture
def made(warehouse: Warehouse) -> Made:
    """Make `core.round` from a SELECT; again, to change it."""

    def make(query: str) -> None:
        warehouse.commit(
            lambda tx: tx.execute(f"CREATE OR REPLACE TABLE core.round AS {query}"), message="made"
        )

    return make


@pytest.fixture
def ask(warehouse: Warehouse) -> Ask:
    """Run one check on `core.round`."""

    def run(expectation: str, severity: Severity = "critical", **arguments: Any) -> CheckReport:
        check = Check(expectation=expectation, arguments=arguments, severity=severity)
        (report,) = run_checks(warehouse, "core.round", [check], ["round_id"])
        return report

    return run
