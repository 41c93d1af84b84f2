"""One installation on the made-up firm, in which everything declared was run once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from sandbox.firm import write_firm
from sandbox.vendors import start
from tests.assets.bench import catalog
from tests.assets.whole import Outcome, outcome


@pytest.fixture(scope="package")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Everything loaded, built and checked, by the made-up firm's files."""
    data = tmp_path_factory.mktemp("firm")
    write_firm(data)
    with closing(start(data)) as vendors:
        home = tmp_path_factory.mktemp("home")
        made = outcome(data, home, catalog(), vendors.environment)
        made.run(run_id="first")
        yield made
        made.engine.close()
