"""Connectors into the lake: all rows, none set aside, of the declared types, and only once."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from pydantic import SecretStr

from pipelines.engine import Engine, run_stream
from resources.http.tokens import new_key
from resources.settings import Settings
from resources.warehouse import Warehouse
from sandbox import apis
from sandbox.faults import Fault
from sandbox.server import Running, serving
from tests.assets.bench import catalog
from tests.connectors.contract import CONNECTORS, UNIVERSE


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with serving([apis.stand_in(request.param, UNIVERSE)]) as made:
        yield made


@pytest.fixture
def engine(
    settings: Settings, running: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    key = SecretStr(new_key())
    local = settings.model_copy(update={"allow_hosts": ("127.0.0.1",), "token_key": key})
    made = Engine(local, catalog(), warehouse=Warehouse(local))
    yield made
    made.close()


QUICK = ("gleif",)
"""The others bring many tables, and each costs the lake a few commits."""


@pytest.mark.parametrize(
    ("running", "name"),
    [
        pytest.param(name, name, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name in CONNECTORS
    ],
    indirect=["running"],
)
def test_every_table_is_filled_as_declared_and_a_second_run_doubles_nothing(
    engine: Engine, running: Running, name: str
) -> None:
    source = engine.catalog.sources[name]
    for stream in source.streams:
        table = f"raw.{name}__{stream.name}"
        report = run_stream(engine, source, stream, run_id="1")
        assert report.rows_quarantined == 0, table
        assert report.rows_read == report.rows_loaded > 0, table
        children = [f"raw.{name}__{child.into}" for child in stream.unnest]
        with engine.warehouse.read() as lake:
            rows = {each: _rows(lake, each) for each in (table, *children)}
            described = dict(
                lake.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall()
            )
        assert all(rows.values()), f"empty among {rows}"
        for column, declared in stream.columns.items():
            assert described[column].startswith((declared.type or "")[:7]), f"{table}.{column}"
        run_stream(engine, source, stream, run_id="2")
        with engine.warehouse.read() as lake:
            assert {each: _rows(lake, each) for each in rows} == rows


@pytest.mark.parametrize("running", ["gleif"], indirect=True)
def test_a_field_added_without_notice_becomes_a_column(engine: Engine, running: Running) -> None:
    source = engine.catalog.sources["gleif"]
    stream = source.streams[0]
    running.faults.add(Fault("drift", after=1))
    report = run_stream(engine, source, stream, run_id="1")
    assert report.rows_read == report.rows_loaded + report.rows_quarantined > 50
    with engine.warehouse.read() as lake:
        changed = _rows(lake, "raw.gleif__lei_records WHERE added_without_notice IS NOT NULL")
        unchanged = _rows(lake, "raw.gleif__lei_records WHERE added_without_notice IS NULL")
    assert 0 < changed < report.rows_loaded
    assert changed + unchanged == report.rows_loaded


def _rows(lake: duckdb.DuckDBPyConnection, table: str) -> int:
    found = lake.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert found
    return int(found[0])
