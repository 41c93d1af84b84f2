"""The administrator's database as a source: every value exact, and only what changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from assets.sources.fund_admin import SOURCE
from pipelines.extract.readers import Reader, open_reader
from pipelines.flow import Pulled
from pipelines.spec import PulledStream
from resources.secrets import Given
from resources.settings import Settings
from sandbox.fund_admin import tables, write_fund_admin
from tests.connectors.contract import UNIVERSE

STREAMS = {stream.name: stream for stream in SOURCE.streams if isinstance(stream, PulledStream)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_fund_admin(tmp_path, UNIVERSE)


@pytest.fixture
def reader(path: Path, settings: Settings) -> Iterator[Reader]:
    given = Given(instead={"FUND_ADMIN_URL": f"sqlite:///{path}"})
    made = open_reader(SOURCE, settings, given)
    yield made
    made.close()


def _rows(pulled: list[Pulled]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in pulled:
        found += item.records.to_pylist()  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("name", STREAMS)
def test_every_row_arrives_with_every_cent(reader: Reader, name: str) -> None:
    found = _rows(list(reader.read(STREAMS[name], {})))
    expected = tables(UNIVERSE)[name]
    assert len(found) == len(expected)
    assert set(STREAMS[name].columns) == set(found[0])
    for row, told in zip(found, expected, strict=True):
        for value, given in zip(row.values(), told, strict=True):
            assert _plain(value) == _plain(given)
    assert not any(isinstance(value, float) for row in found for value in row.values())


def _plain(value: object) -> object:
    """A number without regard to zeros at its end, all else as text."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)


def test_only_what_the_administrator_changed_is_read_again(reader: Reader, path: Path) -> None:
    stream = STREAMS["call_payments"]
    first = list(reader.read(stream, {}))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE call_payments SET paid_on = '2026-04-14', updated_at = '2026-04-14 09:00:00' "
            "WHERE paid_on IS NULL AND call_id > 3000"
        )
    state = first[-1].state
    assert state
    again = _rows(list(reader.read(stream, state)))
    assert 1 <= len(again) < 10
    assert "2026-04-14" in {str(row["paid_on"]) for row in again}


def test_the_reader_finds_every_declared_table_with_its_key(reader: Reader) -> None:
    found = {stream.name.split(".")[-1]: stream for stream in reader.discover()}
    assert set(STREAMS) == set(found)
    for name, stream in STREAMS.items():
        assert set(found[name].key) == set(stream.key)
