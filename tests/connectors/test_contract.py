"""What every connector in assets/sources must keep; a new file is tested by existing."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import yaml

from pipelines.errors import CredentialsRefused
from sandbox import apis
from sandbox.faults import Fault, Kind
from tests.conftest import ROOT
from tests.connectors.contract import (
    CONNECTORS,
    SOURCES,
    UNIVERSE,
    Record,
    bench,
    column_of,
    connector,
    keys_of,
    records,
)

_LOSSLESS: tuple[Kind, ...] = (
    "too_many", "unavailable", "server_error", "reset", "truncated",
)  # fmt: skip
EVERY = pytest.mark.parametrize("name", CONNECTORS)
_FIELDS = {
    "of", "mode", "key", "contract", "personal", "columns", "description", "checks", "unnest",
    "duplicates",
}  # fmt: skip


@EVERY
def test_a_connector_says_what_it_is_whose_it_is_and_on_which_terms(name: str) -> None:
    block = connector(name).block
    assert set(block) == {"description", "owner", "homepage", "licence", "config", "streams"}
    assert block["description"].strip().endswith(".")
    assert re.fullmatch(r"[\w.]+@[\w.]+", block["owner"])
    assert block["homepage"].startswith("https://")
    assert block["licence"].strip()


@EVERY
def test_a_manifest_leaves_no_doubt(name: str) -> None:
    assert connector(name).manifest.warnings == ()


@EVERY
def test_every_setting_is_described_and_used_and_every_secret_is_secret(name: str) -> None:
    made = connector(name)
    text = (SOURCES / f"{name}.yaml").read_text(encoding="utf-8")
    config = made.block["config"] or {}
    used = set(re.findall(r"config\[['\"](\w+)['\"]\]", text))
    used |= set(re.findall(r"config\.get\(['\"](\w+)['\"]", text))
    assert used == set(config)
    for setting, entry in config.items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", entry["env"]), setting
        assert entry["description"].strip().endswith("."), setting
        assert set(entry) <= {"env", "description", "default", "secret", "required"}, setting
        if re.search(r"key|token|secret|password", setting) and "url" not in setting:
            assert entry.get("secret") is True, setting
        if entry.get("secret"):
            assert "default" not in entry, setting


@EVERY
def test_every_table_is_fed_by_a_stream_that_there_is(name: str) -> None:
    made = connector(name)
    known = {stream["name"] for stream in made.manifest.streams}
    assert set(made.streams.values()) <= known
    for table, entry in made.block["streams"].items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", table)
        assert "__" not in table
        assert set(entry) <= _FIELDS, table
        assert entry["description"].strip().endswith("."), table
        for column, said in (entry.get("columns") or {}).items():
            assert said.get("description", "").strip(), f"{table}.{column}"


@EVERY
def test_a_stand_in_gives_the_settings_that_a_person_would(name: str) -> None:
    config = connector(name).block["config"] or {}
    given = apis.stand_in(name, UNIVERSE).environment("http://127.0.0.1:1")
    assert set(given) <= {entry["env"] for entry in config.values()}
    lacking = {
        entry["env"]
        for entry in config.values()
        if "default" not in entry and entry.get("required", True)
    }
    assert lacking <= set(given)


@EVERY
def test_every_stream_is_read_whole_and_a_second_run_brings_only_ties(name: str) -> None:
    with bench(name) as at:
        for table, stream in at.connector.streams.items():
            entry = at.connector.block["streams"][table]
            pages = at.pages(stream)
            found = records(pages)
            assert found, f"{table} is empty"
            _check_fields(table, entry, at.connector.stream(stream), found)
            state = pages[-1].state
            again = at.read(stream, state)
            key = entry.get("key") or at.connector.stream(stream)["primary_key"]
            if not state:
                assert again == found, f"{table} has no state, so it is read whole each time"
                continue
            assert {keys_of(r, key) for r in again} <= {keys_of(r, key) for r in found}
            assert len(again) < len(found), f"{table} reads as much again"


@EVERY
def test_a_fault_in_any_stream_loses_no_row_and_doubles_none(name: str) -> None:
    with bench(name) as at:
        for place, (table, stream) in enumerate(at.connector.streams.items()):
            entry = at.connector.block["streams"][table]
            key = entry.get("key") or at.connector.stream(stream)["primary_key"]
            whole = {keys_of(record, key) for record in at.read(stream)}
            kind = _LOSSLESS[place % len(_LOSSLESS)]
            asked = len(at.running.requests)
            at.hit(Fault(kind, after=1, times=1))
            assert {keys_of(record, key) for record in at.read(stream)} == whole, (table, kind)
            if len(at.running.requests) > asked + 1:
                assert any(entry.fault for entry in at.running.requests[asked:]), table
            at.running.faults.clear()


@EVERY
def test_a_wrong_secret_is_refused_and_not_shown(name: str) -> None:
    with bench(name) as at:
        secrets = [
            entry["env"]
            for entry in (at.connector.block["config"] or {}).values()
            if entry.get("secret")
        ]
        stream = next(iter(at.connector.streams.values()))
        for env in secrets:
            before = at.environment[env]
            at.environment[env] = "a-wrong-secret"
            with pytest.raises(CredentialsRefused) as caught:
                at.read(stream)
            assert "a-wrong-secret" not in str(caught.value)
            at.environment[env] = before


def _check_fields(table: str, entry: dict[str, Any], stream: Any, found: list[Record]) -> None:
    """Key, cursor, declared and personal columns are in the records, and keys are unique."""
    key = entry.get("key") or stream["primary_key"]
    keys = [keys_of(record, key) for record in found]
    assert not any(None in values for values in keys), f"{table}: {key} isn't in every record"
    if entry.get("mode") != "append" and key:
        assert len(set(keys)) == len(keys), f"{table}: {key} is not unique"
    cursor = (stream.get("incremental_sync") or {}).get("cursor_field")
    if cursor:
        assert all(record.get(cursor) is not None for record in found), f"{table}: {cursor}"
    columns = {column_of(field) for record in found for field in record}
    declared = set(entry.get("columns") or {}) | set(entry.get("personal") or ())
    assert declared <= columns, f"{table}: {declared - columns} are in no record"


def test_the_table_of_connectors_names_each_of_them_once_and_says_what_was_tried() -> None:
    document = yaml.safe_load((ROOT / "docs" / "connectors.yaml").read_text(encoding="utf-8"))
    assert list(document) == sorted(document)
    assert set(CONNECTORS) <= set(document)
    for name, entry in document.items():
        assert set(entry) == {"against", "live", "dated", "unconfirmed"}, name
        assert (SOURCES / f"{name}.yaml").is_file() or (SOURCES / f"{name}.py").is_file(), name
        assert entry["live"] == "never" or isinstance(entry["live"], date), name
        assert all(fact.strip().endswith(".") for fact in entry["unconfirmed"]), name
