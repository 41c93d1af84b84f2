"""What every stream keeps, by existing: no record lost, none without an origin."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.engine import replay_table, run_stream
from pipelines.load.hashing import table_hash
from pipelines.naming import quote, quote_table
from pipelines.spec import FileStream, raw_table
from resources.warehouse import table_columns, table_version
from tests.assets.bench import catalog
from tests.assets.whole import Outcome

STREAMS = {
    raw_table(source.name, stream.name): (source, stream) for source, stream in catalog().streams()
}
every_stream = pytest.mark.parametrize("table", sorted(STREAMS))


def _cases() -> list[Any]:
    """Every stream of files, and the first of each other source; the rest are slow."""
    first = {raw_table(s.name, s.streams[0].name) for s in catalog().sources.values()}
    return [
        table
        if isinstance(stream, FileStream) or table in first
        else pytest.param(table, marks=pytest.mark.slow)
        for table, (_, stream) in sorted(STREAMS.items())
    ]


some_streams = pytest.mark.parametrize("table", _cases())
"""What takes a second for each table, and is the same code for all of one source."""


def _version(lived_in: Outcome, table: str) -> int | None:
    """A cursor that is a time moves on with each run; the table must not."""
    with lived_in.engine.warehouse.read() as connection:
        return table_version(connection, table)


@every_stream
def test_the_made_up_firm_has_records_of_it(lived_in: Outcome, table: str) -> None:
    report = lived_in.tables[table]
    assert report.status == "loaded"
    assert report.rows_loaded > 0


@every_stream
def test_rows_in_are_rows_out(lived_in: Outcome, table: str) -> None:
    report = lived_in.tables[table]
    kept_apart = report.rows_quarantined + report.rows_blank + report.rows_duplicate
    assert report.rows_read == report.rows_loaded + kept_apart


@every_stream
def test_every_row_says_where_it_stood(lived_in: Outcome, table: str) -> None:
    homeless = lived_in.rows(
        f"SELECT * FROM {quote_table(table)} "
        "WHERE _file IS NULL OR _load_id IS NULL OR coalesce(_line::VARCHAR, _path) IS NULL LIMIT 5"
    )
    assert homeless == []


@every_stream
def test_every_declared_column_is_there_as_declared(lived_in: Outcome, table: str) -> None:
    _, stream = STREAMS[table]
    with lived_in.engine.warehouse.read() as connection:
        columns = table_columns(connection, table)
    assert set(stream.columns) <= set(columns)
    assert set(stream.key) <= set(columns)


@every_stream
def test_a_key_is_a_key(lived_in: Outcome, table: str) -> None:
    _, stream = STREAMS[table]
    if not stream.key:
        return
    key = ", ".join(quote(name) for name in stream.key)
    repeated = lived_in.rows(
        f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1 LIMIT 5"
    )
    assert repeated == []


@every_stream
def test_a_second_run_finds_nothing_new(lived_in: Outcome, table: str) -> None:
    before = _version(lived_in, table)
    report = run_stream(lived_in.engine, *STREAMS[table], run_id="again")
    assert report.status == "unchanged"
    assert _version(lived_in, table) == before


@some_streams
def test_reading_it_all_again_changes_no_row(lived_in: Outcome, table: str) -> None:
    own = ("_load_id",)
    with lived_in.engine.warehouse.read() as connection:
        before = table_hash(connection, table, ignore=own)
    run_stream(lived_in.engine, *STREAMS[table], run_id="full", full_refresh=True)
    with lived_in.engine.warehouse.read() as connection:
        assert table_hash(connection, table, ignore=own) == before


@some_streams
def test_landing_rebuilds_it_row_for_row(lived_in: Outcome, table: str) -> None:
    with lived_in.engine.warehouse.read() as connection:
        before = table_hash(connection, table)
    replay_table(lived_in.engine, table, run_id="replay")
    with lived_in.engine.warehouse.read() as connection:
        assert table_hash(connection, table) == before
