"""Reading a connector: what it is asked, what becomes of its messages, how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from pipelines.errors import (
    ConfigurationError,
    CredentialsRefused,
    HeadwaterError,
    SourceError,
    SourceUnavailable,
)
from pipelines.extract.programs import pages
from pipelines.spec import Connector, PulledStream, Setting
from resources.http.tokens import new_key
from resources.settings import Settings
from tests.airbyte.bench import THINGS, made_up, read, reader_of, records_in

ECHO = """
asked = {name[2:]: json.load(open(path)) for name, path in args.items()}
asked['modes'] = [oct(os.stat(path).st_mode & 0o777) for path in args.values()]
asked['environment'] = dict(os.environ)
record(**asked)
state({'at': '2024-01-02'})
"""


def asked_of(
    folder: Path, settings: Settings, stream: PulledStream = THINGS, **more: Any
) -> dict[str, Any]:
    return cast("dict[str, Any]", records_in(read(ECHO, folder, settings, stream, **more))[0])


def test_discovery_gives_keys_cursors_and_types(tmp_path: Path, settings: Settings) -> None:
    connection = Connector(executable=str(made_up(tmp_path, "")))
    things, whole, named = reader_of(connection, settings).discover()
    assert (things.name, things.key, things.cursor) == ("things", ("id", "owner.id"), "at")
    assert things.columns == {"id": "BIGINT", "at": "TIMESTAMP", "price": ""}
    assert (whole.name, whole.key, whole.cursor) == ("whole", (), None)
    assert named.name == "sales.things"


def test_just_the_wanted_stream_is_asked_for_by_its_cursor(
    tmp_path: Path, settings: Settings
) -> None:
    (entry,) = asked_of(tmp_path, settings)["catalog"]["streams"]
    assert entry["stream"]["name"] == "things"
    assert (entry["sync_mode"], entry["cursor_field"]) == ("incremental", ["at"])
    assert entry["primary_key"] == [["id"], ["owner", "id"]]


def test_a_stream_that_is_exchanged_whole_is_read_whole_and_keeps_no_state(
    tmp_path: Path, settings: Settings
) -> None:
    for stream in (
        PulledStream(name="things", description="x", mode="replace"),
        PulledStream(name="w", of="whole", description="x", mode="append"),
    ):
        echo = ECHO.replace("record(", f"record({stream.theirs!r}, ")
        answers = read(echo, tmp_path, settings, stream, {"airbyte": [{"type": "x"}]})
        asked = records_in(answers)[0]
        assert asked["catalog"]["streams"][0]["sync_mode"] == "full_refresh"
        assert "state" not in asked
        assert answers[-1].state == {}


def test_states_of_a_run_are_given_to_the_next(tmp_path: Path, settings: Settings) -> None:
    body = ECHO + (
        "state({'at': '2024-01-03'})\nstate({'n': 1}, 'other')\n"
        "say('STATE', state={'type': 'GLOBAL', 'global': {'shared_state': {'lsn': 7}, "
        "'stream_states': []}})\n"
        "say('STATE', state={'data': {'old': 9007199254740993}})\n"
    )
    kept = read(body, tmp_path, settings)[-1].state
    assert kept is not None
    asked = asked_of(tmp_path, settings, state=json.loads(json.dumps(kept)))
    descriptor = {"stream_descriptor": {"name": "things"}, "stream_state": {"at": "2024-01-03"}}
    assert asked["state"][0] == {"type": "STREAM", "stream": descriptor}
    assert [message["type"] for message in asked["state"]] == [
        "STREAM",
        "STREAM",
        "GLOBAL",
        "LEGACY",
    ]
    assert asked["state"][3]["data"] == {"old": 9007199254740993}


def test_a_state_never_stands_before_its_records(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ENOUGH", 300)
    body = "for n in range(1, 41):\n    record(id=n)\n    if n % 7 == 0: state({'last': n})\n"
    answers = read(body, tmp_path, settings)
    assert len(answers) > 3
    handed_out = 0
    for answer in answers[:-1]:
        handed_out += len(records_in([answer]))
        assert answer.state is not None
        assert answer.state["airbyte"][0]["stream"]["stream_state"] == {"last": handed_out}
    assert records_in(answers) == [{"id": n} for n in range(1, 41)]


def test_records_keep_every_digit_and_come_from_their_stream_alone(
    tmp_path: Path, settings: Settings
) -> None:
    exact = '{"price":12345678901234567890.1234567890123456789,"a":{"b":1}}'
    forms = [
        f'{{"type":"RECORD","record":{{"stream":"things","data":{exact},"emitted_at":1}}}}',
        f'{{"record": {{"data": {exact} , "stream": "things"}}, "type":"RECORD"}}',
        f'{{"type":"RECORD","record":{{"stream":"things","namespace":"sales","data":{exact}}}}}',
        f'{{"type":"RECORD","record":{{"stream":"other","data":{exact}}}}}',
    ]
    body = f"for line in {forms!r}: print(line)"
    (answer,) = read(body, tmp_path, settings)
    assert answer.records == f"{exact}\n{exact}\n".encode()
    assert answer.raw.decode().splitlines() == forms[:2]
    named = PulledStream(name="sales_things", of="sales.things", description="x", mode="append")
    (answer,) = read(body, tmp_path, settings, named)
    assert answer.records == f"{exact}\n".encode()


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("fail('key canary-key expired', 'config_error'); sys.exit(1)", CredentialsRefused, "key"),
        ("fail('too busy', 'transient_error'); sys.exit(1)", SourceUnavailable, "too busy"),
        ("fail('broken', 'system_error'); fail('and so', None)", SourceError, "failed: broken"),
        ("sys.stderr.write('canary-key'); sys.exit(4)", SourceError, "exit code 4"),
        ("os.kill(os.getpid(), 9)", SourceUnavailable, "signal 9"),
        ('print(\'{"type": "RECORD", "rec\', end=\'\'); os.abort()', SourceUnavailable, "signal 6"),
        ("state({'id': 2**64})", SourceError, "an integer of more than 64 bits"),
        ("say('NEWS')", SourceError, "'NEWS', which is none of Airbyte's"),
        ("say('RECORD', record={'stream': 'things'})", SourceError, "without stream and data"),
        ("say('STATE', state={'type': 'STREAM'})", SourceError, "without what belongs to it"),
        ('print(\'{"type": "LOG"}\')', SourceError, "a LOG without 'log'"),
        (
            "say('TRACE', trace={'type': 'x', 'stream_status': {'status': 'INCOMPLETE'}})",
            SourceError,
            "says that not all of it came",
        ),
    ],
)
def test_a_failure_is_told_by_its_kind_and_without_secrets(
    body: str, kind: type[HeadwaterError], reason: str, tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(kind, match=reason) as caught:
        read(body, tmp_path, settings, api_key="canary-key")
    assert type(caught.value) is kind
    assert "canary" not in str(caught.value)


def test_stray_lines_and_logs_are_no_records_but_last_words(
    tmp_path: Path, settings: Settings
) -> None:
    body = (
        "print('Hello'); print('{\"level\": 1}'); print()\n"
        "say('LOG', log={'level': 'ERROR', 'message': 'disk on fire'})\n"
        "record(id=1)\n"
    )
    assert records_in(read(body, tmp_path, settings)) == [{"id": 1}]
    with pytest.raises(SourceError, match=r"(?s)Hello.*disk on fire"):
        read(body + "sys.exit(1)", tmp_path, settings)


def test_nothing_of_ours_is_seen_by_a_connector(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "canary")
    monkeypatch.setenv("HEADWATER_SECRETS", "/canary")
    asked = asked_of(tmp_path, settings, key=Setting(env="THE_KEY", secret=True))
    assert asked["config"] == {"key": "canary"}
    assert "canary" not in json.dumps(asked["environment"])
    assert set(asked["modes"]) == {"0o600"}
    assert not list(settings.home.rglob("config.json"))


def test_check_tells_what_the_connector_found(tmp_path: Path, settings: Settings) -> None:
    body = (
        "if command == 'check':\n"
        "    right = config['password'] == 'right-one'\n"
        "    say('CONNECTION_STATUS', connectionStatus={'status': 'SUCCEEDED' if right else "
        "'FAILED', 'message': None if right else 'no such user: ' + config['password']})\n"
        "    sys.exit()\n"
        "record(id=1)\n"
    )
    connection = Connector(
        executable=str(made_up(tmp_path, body)), config={"password": "right-one"}
    )
    said = reader_of(connection, settings).check()
    assert said == "source-made-up found its connection right; things gave a record."
    wrong = Connector(executable=connection.executable, config={"password": "canary"})
    with pytest.raises(CredentialsRefused, match=r"no such user: \*\*\* Correct the config"):
        reader_of(wrong, settings).check()


def test_a_renewed_token_is_kept_encrypted_and_given_to_the_next_run(
    tmp_path: Path, settings: Settings
) -> None:
    settings = settings.model_copy(update={"token_key": cast("Any", _secret(new_key()))})
    body = (
        "record(seen=config['credentials']['refresh_token'])\n"
        "config['credentials']['refresh_token'] += '+'\n"
        "config['credentials']['access_token'] = 'canary-access'\n"
        "say('CONTROL', control={'type': 'CONNECTOR_CONFIG', 'emitted_at': 1, "
        "'connectorConfig': {'config': config}})\n"
        "if config.get('dies'): os.kill(os.getpid(), 9)\n"
    )
    given: dict[str, Any] = {"credentials": {"refresh_token": "canary-1"}, "start": "2024"}

    def seen(**more: Any) -> Any:
        return records_in(read(body, tmp_path, settings, **{**given, **more}))[0]["seen"]

    assert [seen(), seen(), seen(start="2025")] == ["canary-1", "canary-1+", "canary-1++"]
    with pytest.raises(SourceUnavailable, match="signal 9"):
        seen(dies=True)
    assert seen() == "canary-1++++"
    # Once a person has consented anew, what was renewed before is worth nothing.
    assert seen(credentials={"refresh_token": "canary-2"}) == "canary-2"
    left = [path.read_bytes() for path in settings.home.rglob("*") if path.is_file()]
    assert left
    assert not any(b"canary" in content for content in left)


def test_a_refresh_token_is_not_spent_without_a_key_to_keep_the_next_one(
    tmp_path: Path, settings: Settings
) -> None:
    body = f"open({str(tmp_path / 'ran')!r}, 'w')"
    with pytest.raises(ConfigurationError, match="Set HEADWATER_TOKEN_KEY"):
        read(body, tmp_path, settings, credentials={"refresh_token": "x" * 9})
    assert not (tmp_path / "ran").exists()


def test_a_cursor_of_another_kind_of_connection_is_refused(
    tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(ConfigurationError, match="--full-refresh"):
        read("", tmp_path, settings, state={"states": [{"partition": {}, "cursor": {}}]})


def test_a_connector_without_anything_to_run_is_a_wrong_declaration(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="without an executable and without a manifest"):
        reader_of(Connector(), settings)


def test_an_unknown_stream_is_refused_with_those_there_are(
    tmp_path: Path, settings: Settings
) -> None:
    wrong = PulledStream(name="thinks", description="x")
    with pytest.raises(ConfigurationError, match=r"It has: sales.things, things, whole"):
        read("", tmp_path, settings, wrong)


def _secret(text: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(text)
