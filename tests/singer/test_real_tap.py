"""A tap that others publish, installed into an environment of its own."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.engine import run_stream
from pipelines.errors import SourceError
from pipelines.load.records import read_state
from pipelines.spec import PulledStream
from resources.settings import Settings
from tests.singer.bench import engine_of, source_of

pytestmark = pytest.mark.slow

PACKAGE = ("tap-jsonl==0.3.1",)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that the environment is made once."""
    return tmp_path_factory.mktemp("home")


def write(folder: Path, *numbers: int) -> None:
    lines = [json.dumps({"id": n, "amount": n + 0.25, "tags": ["a", n]}) for n in numbers]
    with (folder / "deals.jsonl").open("a") as file:
        file.write("".join(line + "\n" for line in lines))


def test_a_published_tap_is_installed_discovered_and_read_on_from_its_state(
    home: Path, tmp_path: Path
) -> None:
    settings = Settings(home=home, data=tmp_path)
    stream = PulledStream(name="deals", description="x", mode="merge", key=("id",))
    config = {"path": str(tmp_path / "deals.jsonl"), "stream_name": "deals", "primary_keys": ["id"]}
    source = source_of("tap-jsonl", stream, package=PACKAGE, config=config)
    engine = engine_of(source, settings)
    reader = engine.reader(source)
    write(tmp_path, *range(1, 1_001))
    assert reader.check() == "tap-jsonl has one stream; deals gave a record."
    (found,) = reader.discover()
    assert (found.name, found.key) == ("deals", ("id",))
    assert run_stream(engine, source, stream, run_id="a").rows_loaded == 1_000
    write(tmp_path, 1_001, 1_002)
    second = run_stream(engine, source, stream, run_id="b")
    with engine.warehouse.read() as connection:
        query = "SELECT count(*), count(DISTINCT id), sum(amount) FROM raw.tapped__deals"
        counted = connection.execute(query).fetchone()
        bookmarks = read_state(connection, "raw.tapped__deals").cursor["bookmarks"]
    engine.close()
    total = sum(range(1, 1_003)) + Decimal("0.25") * 1_002
    assert counted == (1_002, 1_002, total)
    # This tap goes on file by file: one that has changed is read anew.
    assert second.rows_read == 1_002
    assert bookmarks["deals"]["replication_key"] == found.cursor


def test_a_command_that_the_package_lacks_is_told_with_those_it_has(
    home: Path, tmp_path: Path
) -> None:
    source = source_of("tap-json", package=PACKAGE, config={})
    engine = engine_of(source, Settings(home=home, data=tmp_path))
    with pytest.raises(SourceError, match=r"no command 'tap-json'(?s:.)*tap-jsonl"):
        engine.reader(source).discover()
    engine.close()
