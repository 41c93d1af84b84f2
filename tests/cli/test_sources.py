"""`headwater sources …` and `headwater new …`, as a person types them."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Headwater

MANIFEST = """
version: "6.0.0"
type: DeclarativeSource
check: {type: CheckStream, stream_names: [things]}
streams:
  - type: DeclarativeStream
    name: things
    primary_key: [thingId]
    retriever:
      type: SimpleRetriever
      requester: {type: HttpRequester, url_base: "https://api.example.com", path: /things}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
spec:
  type: Spec
  connection_specification:
    required: [api_key]
    properties:
      api_key: {type: string, airbyte_secret: true, description: "The <b>key</b>."}
      page: {type: integer, default: 10}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "source-shop" / "manifest.yaml"
    path.parent.mkdir()
    path.write_text(MANIFEST)
    (path.parent / "metadata.yaml").write_text("data: {license: MIT}\n")
    return path


def test_the_list_says_what_each_source_needs(headwater: Headwater) -> None:
    ran = headwater("sources", "list", "--json")
    assert ran.returncode == 0, ran.stderr.decode()
    found = {item["source"]: item for item in orjson.loads(ran.stdout)}
    assert found["yc"]["kind"] == "files"
    assert found["yc"]["needs"] == []
    assert "AFFINITY_API_KEY" in found["affinity"]["needs"]
    assert found["gleif"]["needs_any"]


def test_a_source_that_is_not_configured_says_what_to_set(headwater: Headwater) -> None:
    ran = headwater("sources", "check", "affinity")
    assert ran.returncode == 2
    assert b"AFFINITY_API_KEY (API key of one user" in ran.stderr


def test_a_misspelt_source_is_an_error_that_names_the_right_one(headwater: Headwater) -> None:
    ran = headwater("sources", "check", "affinty")
    assert ran.returncode == 2
    assert b"Did you mean affinity?" in ran.stderr


def test_stand_ins_answer_where_no_data_is_named(headwater: Headwater) -> None:
    ran = headwater(
        "sources", "read", "gleif", "--limit", "2", "--json", HEADWATER_DATA=None, GLEIF_URL="x"
    )
    assert ran.returncode == 0, ran.stderr.decode()
    lines = [orjson.loads(line) for line in ran.stdout.splitlines()]
    assert len(lines) == 2
    assert all(len(line["row"]["lei"]) == 20 for line in lines)


def test_file_sources_can_be_looked_at_too(headwater: Headwater, assets: str) -> None:
    ran = headwater("sources", "read", "shop", "--stream", "sales", HEADWATER_ASSETS=assets)
    assert ran.returncode == 0, ran.stderr.decode()
    assert b"shop.sales" in ran.stdout
    check = headwater("sources", "check", "shop", HEADWATER_ASSETS=assets)
    assert b"found for" in check.stdout


def test_a_new_source_runs_at_once(headwater: Headwater, tmp_path: Path) -> None:
    own = str(tmp_path / "own")
    ran = headwater("new", "source", "acme", "--into", own)
    assert ran.returncode == 0, ran.stderr.decode()
    assert f"export HEADWATER_ASSETS={own}" in ran.stdout.decode()
    tried = headwater("sources", "try", "acme", HEADWATER_ASSETS=own)
    assert tried.returncode == 0, tried.stderr.decode()
    assert b"acme reads its recorded answers" in tried.stdout
    again = headwater("new", "source", "acme", "--into", own)
    assert again.returncode == 2
    assert b"is there already" in again.stderr


def test_recorded_answers_that_are_not_read_right_fail(
    headwater: Headwater, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    headwater("new", "source", "acme", "--into", str(own))
    pages = own / "tests" / "pages" / "acme.yaml"
    pages.write_text(pages.read_text().replace("items: 3", "items: 4"))
    ran = headwater("sources", "try", "acme", HEADWATER_ASSETS=str(own))
    assert ran.returncode == 3
    assert b"gave other numbers of rows" in ran.stderr


def test_a_manifest_is_added_with_its_hash_pinned(
    headwater: Headwater, manifest: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    ran = headwater(
        "sources", "add", "manifest", str(manifest), "--sha256", digest, "--into", str(own)
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert b"licence  MIT" in ran.stdout
    listed = headwater("sources", "list", "--json", HEADWATER_ASSETS=str(own))
    [shop] = [item for item in orjson.loads(listed.stdout) if item["source"] == "shop"]
    assert shop["needs"] == ["SHOP_API_KEY"]
    kept = own / "manifests" / "shop.yaml"
    kept.write_text(MANIFEST.replace("things", "others"))
    broken = headwater("sources", "list", HEADWATER_ASSETS=str(own))
    assert broken.returncode == 2
    assert b"It was changed since it was added" in broken.stderr


def test_another_file_than_the_one_that_was_meant_is_refused(
    headwater: Headwater, manifest: Path
) -> None:
    ran = headwater("sources", "add", "manifest", str(manifest), "--sha256", "0" * 64, "--check")
    assert ran.returncode == 2
    assert b"It is not the file that was meant" in ran.stderr


def test_a_check_tells_every_fault_and_writes_nothing(
    headwater: Headwater, manifest: Path, tmp_path: Path
) -> None:
    good = headwater("sources", "add", "manifest", str(manifest), "--check")
    assert good.returncode == 0
    manifest.write_text(
        MANIFEST.replace("type: SimpleRetriever", "type: CustomRetriever\n      class_name: a.B")
        .replace("stream_names: [things]", "stream_names: [nothing]")
        .replace("version", "versoin")
    )
    bad = headwater("sources", "add", "manifest", str(manifest), "--check")
    assert bad.returncode == 2
    said = bad.stderr.decode()
    assert "a.B" in said
    assert "isolated runner instead: add it with `--isolated --components FILE`" in said
    assert "versoin" in said
    assert not (tmp_path / "own").exists()


TAP = """
import json, sys
schema = {"type": "object", "properties": {
    "Id": {"type": "integer"}, "changed": {"type": "string", "format": "date-time"}}}
stream = {"tap_stream_id": "things", "stream": "things", "schema": schema,
    "key_properties": ["Id"], "replication_key": "changed", "replication_method": "INCREMENTAL"}
if "--discover" in sys.argv:
    print(json.dumps({"streams": [stream]}))
else:
    print(json.dumps({"type": "SCHEMA", "stream": "things", "schema": schema,
        "key_properties": ["Id"], "bookmark_properties": ["changed"]}))
    for n in range(3):
        record = {"Id": n, "changed": "2026-01-01T00:00:0%dZ" % n}
        print(json.dumps({"type": "RECORD", "stream": "things", "record": record}))
    print(json.dumps({"type": "STATE", "value": {"changed": "2026-01-01T00:00:02Z"}}))
"""


def test_a_tap_on_this_machine_becomes_a_source_that_runs(
    headwater: Headwater, tmp_path: Path
) -> None:
    tap = tmp_path / "tap-things"
    tap.write_text(f"#!{sys.executable}\n{TAP}")
    tap.chmod(0o755)
    own = str(tmp_path / "own")
    given = ("--setting", "key=secret:THINGS_KEY", "--setting", "page=5", "--into", own)
    asked = ("sources", "add", "singer", "things", "--executable", str(tap), *given)
    missing = headwater(*asked)
    assert missing.returncode == 2
    assert b"THINGS_KEY" in missing.stderr
    added = headwater(*asked, THINGS_KEY="k")
    assert added.returncode == 0, added.stderr.decode()
    written = (tmp_path / "own" / "sources" / "things.py").read_text()
    assert "cursor='changed'" in written
    assert "Column(type='TIMESTAMPTZ')" in written
    read = headwater("sources", "read", "things", "--json", HEADWATER_ASSETS=own, THINGS_KEY="k")
    assert read.returncode == 0, read.stderr.decode()
    assert [orjson.loads(line)["row"]["id"] for line in read.stdout.splitlines()] == [0, 1, 2]


def test_a_made_key_can_be_set(headwater: Headwater) -> None:
    key = headwater("sources", "key").stdout.decode().strip()
    assert headwater("sources", "list", HEADWATER_TOKEN_KEY=key).returncode == 0
