"""Tokens that a tap renews in its own config file: kept, encrypted, never turned back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.errors import SourceError
from resources.http.tokens import new_key
from resources.settings import Settings
from tests.singer.bench import THINGS, python_tap, reader_of, records_in, source_of

RENEWS = """
if discovers:
    sys.exit(sys.stderr.write('no such option: --discover') and 2)
config = json.load(open(args['--config']))
say(type='SCHEMA', stream='things', schema={'properties': {}})
say(type='RECORD', stream='things', record={'token': config['refresh_token']})
if config.get('renews', True):
    config['refresh_token'] += '+'
    json.dump(config, open(args['--config'], 'w'))
sys.exit(config.get('ends', 0))
"""


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    return settings.model_copy(update={"token_key": SecretStr(new_key())})


def token_of(tmp_path: Path, settings: Settings, **config: Any) -> str:
    """The refresh token that the tap is given in one run."""
    tap = tmp_path / "tap-made-up"
    if not tap.exists():
        python_tap(tmp_path, RENEWS)
    source = source_of(tap, config={"refresh_token": "canary", **config})
    reader = reader_of(source, settings)
    token = records_in(reader.read(THINGS, {}))[0]["token"]
    reader.close()
    return str(token)


def test_a_rewritten_config_file_is_kept_for_the_next_run(tmp_path: Path, keyed: Settings) -> None:
    assert [token_of(tmp_path, keyed) for _ in range(3)] == ["canary", "canary+", "canary++"]
    with pytest.raises(SourceError, match="exit code 5"):
        token_of(tmp_path, keyed, ends=5)
    assert token_of(tmp_path, keyed, renews=False) == "canary++++"
    assert token_of(tmp_path, keyed, renews=False) == "canary++++"
    assert token_of(tmp_path, keyed, refresh_token="another") == "another"
    files = [path.read_bytes() for path in keyed.home.rglob("*") if path.is_file()]
    assert not any(b"canary" in content for content in files)


def test_a_token_renewed_by_a_run_that_was_killed_is_found_by_the_next(
    tmp_path: Path, keyed: Settings
) -> None:
    dead = keyed.home / "sources" / "tapped" / "runs" / "run-dead"
    dead.mkdir(parents=True)
    (dead.parent / "run-dead.lock").touch()
    (dead / "passed.json").write_text(json.dumps({"refresh_token": "canary"}))
    (dead / "config.json").write_text(json.dumps({"refresh_token": "renewed", "expires": 7}))
    assert token_of(tmp_path, keyed) == "renewed"


def test_a_config_file_that_was_half_written_when_killed_is_not_believed(
    tmp_path: Path, keyed: Settings
) -> None:
    dead = keyed.home / "sources" / "tapped" / "runs" / "run-dead"
    dead.mkdir(parents=True)
    (dead.parent / "run-dead.lock").touch()
    (dead / "passed.json").write_text(json.dumps({"refresh_token": "canary"}))
    (dead / "config.json").write_text('{"refresh_token": "rene')
    assert token_of(tmp_path, keyed) == "canary"


def test_runs_that_might_spend_the_same_token_go_one_behind_the_other(
    tmp_path: Path, keyed: Settings
) -> None:
    python_tap(tmp_path, RENEWS)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(token_of, tmp_path, keyed) for _ in range(4)]
        tokens = sorted(run.result() for run in runs)
    assert tokens == ["canary", "canary+", "canary++", "canary+++"]
