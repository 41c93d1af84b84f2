"""One installation on the made-up firm, in which everything declared was run once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.firm import write_firm
from sandbox.vendors import serving_all
from tests.assets.bench import catalog
from tests.assets.whole import Outcome, outcome


@pytest.fixture(scope="package")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Everything loaded, built and checked, by the made-up firm's files."""
    data = tmp_path_factory.mktemp("firm")
    write_firm(data)
    with serving_all(data) as given:
        made = outcome(data, tmp_path_factory.mktemp("home"), catalog(), given)
        made.run(run_id="first")
        yield made
        made.engine.close()
