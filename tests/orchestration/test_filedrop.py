from __future__ import annotations

import os
from collections.abc import Callable

import dagster as dg
import pytest

from pipelines.catalog import Catalog
from pipelines.orchestration import build_definitions
from resources.settings import Settings
from tests.orchestration.conftest import write

Look = Callable[[], dg.SensorResult]


@pytest.fixture
def look(shop: Settings, catalog: Catalog) -> Look:
    """One look of the sensor, each as if by a daemon that was just started."""
    cursor: list[str | None] = [None]

    def tick() -> dg.SensorResult:
        definitions = build_definitions(shop, catalog)
        sensor = definitions.resolve_sensor_def("file_drop")
        context = dg.build_sensor_context(
            cursor=cursor[0], repository_def=definitions.get_repository_def()
        )
        result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        cursor[0] = result.cursor
        return result

    return tick


def drop(settings: Settings, name: str, text: str) -> None:
    assert settings.data is not None
    write(settings.data, {name: text})


def test_files_that_are_there_at_first_start_no_run(look: Look) -> None:
    assert not look().run_requests
    assert not look().run_requests


def test_a_new_file_starts_one_run_for_its_stream_and_downstream(
    look: Look, shop: Settings
) -> None:
    look()
    drop(shop, "shop/sales-2.csv", "sale_id,price\n3,1.00\n")
    assert not look().run_requests, "it may still be being written"
    (request,) = look().run_requests or ()
    assert [key.to_user_string() for key in request.asset_selection or ()] == [
        "core/sale",
        "marts/turnover",
        "raw/shop__sales",
        "sale_count",
    ]
    assert not look().run_requests


def test_a_file_that_keeps_growing_waits(look: Look, shop: Settings) -> None:
    look()
    for size in range(1, 4):
        drop(shop, "people/new.csv", "name\n" + "x\n" * size)
        assert not look().run_requests
    assert look().run_requests


def test_several_streams_are_one_run_and_a_touched_file_counts(look: Look, shop: Settings) -> None:
    look()
    drop(shop, "people/new.csv", "name\nx\n")
    assert shop.data is not None
    os.utime(shop.data / "shop/baskets.json", ns=(1, 1))
    look()
    (request,) = look().run_requests or ()
    keys = {key.to_user_string() for key in request.asset_selection or ()}
    assert keys == {
        "raw/people__staff",
        "core/person",
        "raw/shop__baskets",
        "raw/shop__basket_items",
    }
