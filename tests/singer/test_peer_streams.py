"""The streams with which others test their targets, through the whole engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine, run_stream
from pipelines.errors import SourceError
from pipelines.naming import quote_table
from pipelines.spec import PulledStream, Source, raw_table
from resources.settings import Settings
from resources.warehouse import table_exists
from tests.singer.bench import replaying_tap, source_of

FOLDER = "peers/singer-meltano-sdk"
LOADED = {
    "array_data": ["test_array_data"],
    "camelcase": ["TestCamelcase"],
    "duplicate_records": ["test_duplicate_records"],
    "encoded_string_data": [
        "test_strings",
        "test_strings_in_objects",
        "test_strings_in_arrays",
    ],
    "multiple_state_messages": [
        "test_multiple_state_messages_a",
        "test_multiple_state_messages_b",
    ],
    "no_primary_keys": ["test_no_pk"],
    "optional_attributes": ["test_optional_attributes"],
    "schema_updates": ["test_schema_updates"],
    "user_location_data": ["test_users", "test_locations", "test_user_in_location"],
    "user_location_upsert_data": ["test_users", "test_locations", "test_user_in_location"],
}
REFUSED = {
    "record_before_schema": ("test_record_before_schema", "before its schema"),
    "record_missing_key_property": ("test_record_missing_key_property", "without 'id'"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One warehouse for all; each file is a source of its own."""
    home = tmp_path_factory.mktemp("home")
    made = Engine(Settings(home=home, data=home), Catalog())
    yield made
    made.close()


def source_from(file: Path, folder: Path, *streams: PulledStream, name: str = "") -> Source:
    return replace(source_of(replaying_tap(folder, file), *streams), name=name or file.stem)


def stream_of(name: str, key: tuple[str, ...]) -> PulledStream:
    return PulledStream(
        name=name.lower(), of=name, description="x", mode="merge" if key else "append", key=key
    )


def said(file: Path, stream: str) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The key and the records of a stream, as the file has them."""
    messages = [json.loads(line) for line in file.read_text().splitlines()]
    own = [m for m in messages if m.get("stream") == stream]
    key = next(m["key_properties"] for m in own if m["type"] == "SCHEMA")
    return tuple(key), [m["record"] for m in own if m["type"] == "RECORD"]


def table_of(engine: Engine, source: Source, stream: PulledStream) -> list[dict[str, Any]]:
    with engine.warehouse.read() as connection:
        table = quote_table(raw_table(source.name, stream.name))
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    return [
        {n: value for n, value in zip(names, row, strict=True) if not n.startswith("_")}
        for row in rows
    ]


def as_row(record: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """A record as the table holds it: snake case, and NULL for what it lacks."""
    low = {name.replace("clientName", "client_name").lower(): v for name, v in record.items()}
    filled = {name: low.get(name) for name in like}
    for name, value in filled.items():
        if isinstance(value, dict) and isinstance(like[name], dict):
            filled[name] = {inner: value.get(inner) for inner in like[name]}
    return filled


def ordered(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.mark.parametrize("name", LOADED)
def test_what_their_targets_load_is_loaded_value_by_value(
    name: str, shared: Path, engine: Engine, tmp_path: Path
) -> None:
    file = shared / FOLDER / "target_test_streams" / f"{name}.singer"
    expected = {stream: said(file, stream) for stream in LOADED[name]}
    streams = {
        stream: stream_of(stream, tuple(k.lower() for k in key))
        for stream, (key, _) in expected.items()
    }
    source = source_from(file, tmp_path, *streams.values())
    for stream, (key, records) in expected.items():
        report = run_stream(engine, source, streams[stream], run_id="r")
        rows = table_of(engine, source, streams[stream])
        last = {tuple(r[k] for k in key): r for r in records}.values() if key else records
        assert report.rows_read == len(records)
        assert report.rows_quarantined == 0
        assert ordered(rows) == ordered([as_row(record, rows[0]) for record in last])


@pytest.mark.parametrize("name", REFUSED)
def test_what_their_targets_refuse_is_refused_and_nothing_is_loaded(
    name: str, shared: Path, engine: Engine, tmp_path: Path
) -> None:
    stream, reason = REFUSED[name]
    file = shared / FOLDER / "target_test_streams" / f"{name}.singer"
    declared = stream_of(stream, ("id",))
    source = source_from(file, tmp_path, declared)
    with pytest.raises(SourceError, match=reason):
        run_stream(engine, source, declared, run_id="r")
    with engine.warehouse.read() as connection:
        assert not table_exists(connection, raw_table(source.name, declared.name))


def test_no_stream_of_theirs_is_left_untried(shared: Path) -> None:
    found = {path.stem for path in (shared / FOLDER / "target_test_streams").glob("*.singer")}
    assert found == {*LOADED, *REFUSED}


def test_a_second_file_of_the_same_keys_updates_the_first(
    shared: Path, engine: Engine, tmp_path: Path
) -> None:
    folder = shared / FOLDER / "target_test_streams"
    declared = stream_of("test_users", ("id",))
    expected: dict[int, str] = {}
    for name in ("user_location_data", "user_location_upsert_data"):
        source = source_from(folder / f"{name}.singer", tmp_path, declared, name="upserted")
        run_stream(engine, source, declared, run_id=name)
        expected |= {r["id"]: r["name"] for r in said(folder / f"{name}.singer", "test_users")[1]}
        rows = table_of(engine, source, declared)
    assert {row["id"]: row["name"] for row in rows} == expected
    assert len(rows) == len(expected)


def test_all_that_a_real_tap_sent_is_loaded(shared: Path, engine: Engine, tmp_path: Path) -> None:
    file = shared / FOLDER / "tap_countries.tap.jsonl"
    for stream in ("continents", "countries"):
        key, records = said(file, stream)
        declared = stream_of(stream, key)
        source = source_from(file, tmp_path, declared, name="countries")
        run_stream(engine, source, declared, run_id="r")
        rows = table_of(engine, source, declared)
        assert ordered(rows) == ordered([as_row(record, rows[0]) for record in records])
