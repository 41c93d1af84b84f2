"""Reading a tap: what is asked of it, what becomes of its messages, how it may end."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from pipelines.errors import ConfigurationError, SourceError
from pipelines.extract.programs import pages
from pipelines.flow import Pulled
from pipelines.spec import PulledStream, Setting
from resources.settings import Settings
from tests.singer.bench import (
    THINGS,
    lines_tap,
    python_tap,
    reader_of,
    record,
    records_in,
    schema,
    source_of,
    state,
)

CATALOG: dict[str, Any] = {
    "streams": [
        {
            "tap_stream_id": "main-things",
            "stream": "things",
            "schema": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "at": {"type": ["null", "string"], "format": "date-time"},
                    "amount": {"type": "number"},
                    "note": {
                        "anyOf": [
                            {"type": "string", "format": "date-time"},
                            {"type": ["string", "null"]},
                        ]
                    },
                    "size": {"$ref": "#/definitions/big"},
                    "tags": {"type": ["array", "null"], "items": {"type": ["null", "string"]}},
                },
                "definitions": {"big": {"type": "integer", "maximum": 10**30}},
            },
            "metadata": [
                {
                    "breadcrumb": [],
                    "metadata": {
                        "table-key-properties": ["id"],
                        "valid-replication-keys": ["at"],
                    },
                },
                {"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}},
                {"breadcrumb": ["properties", "at"], "metadata": {"inclusion": "available"}},
                {"breadcrumb": ["properties", "tags"], "metadata": {"inclusion": "unsupported"}},
            ],
        },
        {
            "tap_stream_id": "others",
            "stream": "others",
            "key_properties": ["code"],
            "schema": {"properties": {"code": {"type": "string"}}},
        },
    ]
}
ECHO = f"""
catalog = {CATALOG!r}
if discovers:
    print('Looking around.')
    print(json.dumps(catalog, indent=1))
    sys.exit()
asked = {{name[2:]: json.load(open(path)) for name, path in args.items()}}
asked['modes'] = [oct(os.stat(path).st_mode & 0o777) for path in args.values()]
asked['environment'] = dict(os.environ)
asked['arguments'] = sys.argv
say(type='SCHEMA', stream='things', key_properties=[], schema={{'properties': {{}}}})
say(type='RECORD', stream='things', record=asked)
say(type='STATE', value={{'seen': 2}})
"""


def read(
    tap: Path, settings: Settings, stream: PulledStream = THINGS, **state: Any
) -> list[Pulled]:
    reader = reader_of(source_of(tap, stream), settings)
    try:
        return list(reader.read(stream, state))
    finally:
        reader.close()


def asked_of(
    tmp_path: Path, settings: Settings, stream: PulledStream = THINGS, **state: Any
) -> dict[str, Any]:
    """What a tap was given, by its own report."""
    answers = read(python_tap(tmp_path, ECHO), settings, stream, **state)
    assert answers[-1].state == {"seen": 2}
    return cast("dict[str, Any]", records_in(answers)[0])


def test_discovery_gives_keys_cursors_and_types(tmp_path: Path, settings: Settings) -> None:
    reader = reader_of(source_of(python_tap(tmp_path, ECHO)), settings)
    things, others = reader.discover()
    reader.close()
    assert (things.name, things.key, things.cursor) == ("things", ("id",), "at")
    assert things.columns == {
        "id": "BIGINT",
        "at": "TIMESTAMPTZ",
        "amount": "",
        "note": "VARCHAR",
        "size": "DECIMAL(38,0)",
        "tags": "",
    }
    assert (others.name, others.key, others.cursor) == ("others", ("code",), None)


def test_just_the_wanted_stream_is_selected_in_both_forms(
    tmp_path: Path, settings: Settings
) -> None:
    things, others = asked_of(tmp_path, settings)["catalog"]["streams"]
    assert (things["selected"], others["selected"]) == (True, False)
    by_place = {"/".join(m["breadcrumb"]): m["metadata"] for m in things["metadata"]}
    assert by_place[""]["selected"] is True
    assert by_place["properties/at"]["selected"] is True
    assert by_place["properties/tags"]["selected"] is False
    assert others["metadata"] == [{"breadcrumb": [], "metadata": {"selected": False}}]
    assert others["schema"]["selected"] is False


def test_the_declared_cursor_becomes_the_replication_key(
    tmp_path: Path, settings: Settings
) -> None:
    by_cursor = PulledStream(name="things", description="x", mode="append", cursor="at")
    entry = asked_of(tmp_path, settings, by_cursor)["catalog"]["streams"][0]
    top = entry["metadata"][0]["metadata"]
    assert (top["replication-method"], top["replication-key"]) == ("INCREMENTAL", "at")
    assert (entry["replication_method"], entry["replication_key"]) == ("INCREMENTAL", "at")
    plain = asked_of(tmp_path, settings)["catalog"]["streams"][0]["metadata"][0]["metadata"]
    assert plain["replication-method"] == "FULL_TABLE"


def test_config_and_state_come_in_files_that_only_we_may_read_and_are_gone_after(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "canary-secret")
    monkeypatch.setenv("HEADWATER_TOKEN_KEY", "canary-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-other")
    config = {"api_key": Setting(env="THE_KEY", secret=True), "since": "2024-01-01"}
    source = source_of(python_tap(tmp_path, ECHO), config=config)
    reader = reader_of(source, settings)
    asked = records_in(reader.read(THINGS, {"bookmarks": {"things": {"at": "2024-05-01"}}}))[0]
    reader.close()
    assert asked["config"] == {"api_key": "canary-secret", "since": "2024-01-01"}
    assert asked["state"] == {"bookmarks": {"things": {"at": "2024-05-01"}}}
    assert set(asked["modes"]) == {"0o600"}
    assert "canary" not in json.dumps([asked["environment"], asked["arguments"]])
    left = [path for path in settings.home.rglob("*") if path.is_file()]
    assert not [path for path in left if b"canary" in path.read_bytes()]
    assert not list(settings.home.rglob("config.json"))


def test_an_unknown_stream_is_refused_with_those_there_are(
    tmp_path: Path, settings: Settings
) -> None:
    wrong = PulledStream(name="thigns", description="x")
    with pytest.raises(ConfigurationError, match=r"no stream 'thigns'. It has: others, things"):
        read(python_tap(tmp_path, ECHO), settings, wrong)


def test_records_keep_every_digit_and_every_byte(tmp_path: Path, settings: Settings) -> None:
    records = [
        '{"id":1,"amount":12345678901234567890.123456789012345678}',
        '{"id": 123456789012345678901234567890}',
        '{"text": "\\u00e9\\ud83d\\ude00 é } , \\"version\\": 1}"}',
        '{"a":{"x":1},"version":2}',
        '{"id":NaN}',
        '{"id":1,"id":2}',
        "{}",
        '{"a":[{"b":[[]]}],"time_extracted":"x"}',
    ]
    forms = [
        '{{"type": "RECORD", "stream": "things", "record": {}}}',
        '{{"type":"RECORD","stream":"things","record":{},"version":7,"time_extracted":"2024-01-01"}}',
        '{{"time_extracted": "x", "record": {} , "stream":"things", "type" : "RECORD"}}',
    ]
    lines = [form.format(given) for form in forms for given in records]
    (answer,) = read(lines_tap(tmp_path, schema(), *lines), settings)
    assert isinstance(answer.records, bytes)
    assert answer.records.decode().splitlines() == records * len(forms)
    assert answer.raw.decode().splitlines() == [schema(), *lines]
    assert answer.paths is not None
    assert answer.paths[0] == "line 2"
    assert answer.paths[-1] == f"line {len(lines) + 1}"


def test_a_state_never_stands_before_its_records(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ENOUGH", 300)
    monkeypatch.setattr(pages, "TOO_MUCH", 1_000)
    lines = [schema()]
    for number in range(1, 61):
        lines.append(record(id=number))
        if number % 7 == 0 and number < 40:
            lines.append(state(last=number))
    answers = read(lines_tap(tmp_path, *lines), settings)
    assert len(answers) > 3
    handed_out = 0
    for answer in answers:
        handed_out += len(records_in([answer]))
        if answer.state is not None and answer is not answers[-1]:
            assert answer.state == {"last": handed_out}
    assert handed_out == 60
    assert answers[-1].state == {"last": 35}
    assert any(answer.state is None for answer in answers)


def test_a_tap_that_gives_no_state_keeps_the_one_it_was_given(
    tmp_path: Path, settings: Settings
) -> None:
    (answer,) = read(lines_tap(tmp_path, schema(), record(id=1)), settings, at="here")
    assert answer.state == {"at": "here"}


def test_integers_in_a_state_keep_all_digits(tmp_path: Path, settings: Settings) -> None:
    lines = [schema(), '{"type": "STATE", "value": {"id": 18446744073709551615}}']
    (answer,) = read(lines_tap(tmp_path, *lines), settings)
    assert answer.state == {"id": 2**64 - 1}


def test_stray_prints_among_the_messages_are_no_records(tmp_path: Path, settings: Settings) -> None:
    lines = ["Hello from the tap", "", schema(), "INFO 1 of 2", record(id=1), "[1, 2]"]
    assert records_in(read(lines_tap(tmp_path, *lines), settings)) == [{"id": 1}]


def test_an_activated_version_and_other_streams_change_nothing(
    tmp_path: Path, settings: Settings
) -> None:
    lines = [
        schema(),
        schema("others"),
        record("others", id=9),
        record(id=1),
        '{"type": "ACTIVATE_VERSION", "stream": "things", "version": 3}',
    ]
    (answer,) = read(lines_tap(tmp_path, *lines), settings)
    assert records_in([answer]) == [{"id": 1}]
    assert b"others" not in answer.raw


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([record(id=1)], "before its schema"),
        ([schema(), record("others", id=1)], "'others' before its schema"),
        ([schema(key=["id"]), record(name="x")], "without 'id', which is part of its key"),
        (['{"type":"SCHEMA","stream":"things","schema":{"type":"object"}}'], "without properties"),
        ([schema(), '{"type":"BATCH","stream":"things","manifest":[]}'], "batch_config"),
        ([schema(), '{"type":"NEWS","stream":"things"}'], "type 'NEWS', which is none of"),
        ([schema(), '{"id": 1}'], "it has no type"),
        ([schema(), '{"type":"RECORD","record":{}}'], "RECORD without a stream"),
        ([schema(), '{"type":"RECORD","stream":"things"}'], "RECORD without a record"),
        ([schema(), '{"type":"RECORD","stream":"things","record":{"a":1}'], "breaks off"),
        ([schema(), '{"type":"RECORD","stream":"things","record":{}} x'], "goes on behind"),
        ([schema(), "12:00 INFO " + record(id=1)], "mixes a message with other text"),
        ([schema(), '{"type":"STATE","value":3}'], "a state that is no JSON object"),
        ([schema(), '{"type":"STATE","value":{]}'], "value that is not JSON"),
        ([schema(), state(id=2**64)], "an integer of more than 64 bits"),
    ],
)
def test_what_breaks_the_protocol_is_refused_by_line_and_reason(
    lines: list[str], reason: str, tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        read(lines_tap(tmp_path, *lines), settings)
    assert f"Line {len(lines)} of what tap-replay wrote" in str(caught.value)


def test_check_reads_until_the_first_record_and_ends_the_tap(
    tmp_path: Path, settings: Settings
) -> None:
    endless = f"""
if discovers:
    print(json.dumps({CATALOG!r}))
    sys.exit()
say(type='SCHEMA', stream='things', schema={{'properties': {{}}}})
while True:
    say(type='RECORD', stream='things', record={{}})
"""
    reader = reader_of(source_of(python_tap(tmp_path, endless)), settings)
    assert reader.check() == "tap-made-up has 2 streams; things gave a record."
    reader.close()


def test_a_reader_that_is_left_early_leaves_no_process_and_no_file(
    tmp_path: Path, settings: Settings
) -> None:
    body = f"""
if discovers:
    sys.exit(print(json.dumps({CATALOG!r})))
open({str(tmp_path / "pid")!r}, 'w').write(str(os.getpid()))
say(type='SCHEMA', stream='things', schema={{'properties': {{}}}})
while True:
    say(type='RECORD', stream='things', record={{'text': 'x' * 100_000}})
"""
    reader = reader_of(source_of(python_tap(tmp_path, body)), settings)
    with closing(cast("Any", reader.read(THINGS, {}))) as answers:
        assert next(answers).records
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()
    assert list((settings.home / "sources" / "tapped" / "runs").iterdir()) == []
    reader.close()


ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument('--config'); parser.add_argument('--state')
parser.add_argument('-d', '--discover', action='store_true')
parser.add_argument('-p', '--properties')
given = parser.parse_args()
entry = {'tap_stream_id': 'things', 'stream': 'things',
    'schema': {'properties': {'id': {'type': 'integer'}}}}
if given.discover:
    print(json.dumps({'streams': [entry]}))
elif given.properties:
    chosen = json.load(open(given.properties))['streams'][0]
    say(type='SCHEMA', stream='things', schema=entry['schema'], key_properties=[])
    say(type='RECORD', stream='things', record={'id': 7, 'chosen': chosen['schema']['selected']})
"""


def test_a_tap_of_the_first_years_is_given_its_catalog_as_properties(
    tmp_path: Path, settings: Settings
) -> None:
    tap = python_tap(tmp_path, ARGPARSE)
    old = reader_of(source_of(tap, properties=True), settings)
    assert records_in(old.read(THINGS, {})) == [{"id": 7, "chosen": True}]
    old.close()
    new = reader_of(source_of(tap), settings)
    with pytest.raises(SourceError, match="in the other way: declare properties=True"):
        list(new.read(THINGS, {}))
    new.close()
