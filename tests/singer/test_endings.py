"""How a tap may end or fail, and that nothing of it is left: no process, secret or file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ConfigurationError, SourceError, SourceUnavailable
from pipelines.extract.programs import child as children
from pipelines.flow import Pulled
from pipelines.spec import Setting
from resources.settings import Settings
from tests.conftest import ROOT
from tests.singer.bench import THINGS, python_tap, reader_of, records_in, source_of

NO_CATALOG = "if discovers: sys.exit(sys.stderr.write('no such option: --discover') and 2)\n"
SCHEMA = "say(type='SCHEMA', stream='things', schema={'properties': {}})\n"
RECORD = "say(type='RECORD', stream='things', record={'id': 1})\n"


def read(
    body: str, tmp_path: Path, settings: Settings, *, silence_s: float = 60, **config: Any
) -> Iterator[Pulled]:
    tap = python_tap(tmp_path, NO_CATALOG + body)
    reader = reader_of(source_of(tap, config=config), settings, silence_s=silence_s)
    yield from reader.read(THINGS, {})
    reader.close()


def test_an_exit_code_fails_the_run_and_shows_the_last_words(
    tmp_path: Path, settings: Settings
) -> None:
    body = SCHEMA + RECORD + "sys.stderr.write('quota used up\\n'); sys.exit(3)"
    with pytest.raises(SourceError, match=r"exit code 3 (?s:.)*quota used up"):
        list(read(body, tmp_path, settings))


def test_a_tap_that_is_killed_mid_line_is_called_killed_not_garbled(
    tmp_path: Path, settings: Settings
) -> None:
    body = SCHEMA + 'sys.stdout.write(\'{"type": "RECORD", "stream": "thi\'); sys.stdout.flush()\n'
    with pytest.raises(SourceUnavailable, match="ended by signal 9"):
        list(read(body + "os.kill(os.getpid(), 9)", tmp_path, settings))


def test_a_whole_last_line_needs_no_line_end(tmp_path: Path, settings: Settings) -> None:
    last = json.dumps({"type": "RECORD", "stream": "things", "record": {"id": 7}})
    body = SCHEMA + f"sys.stdout.write({last!r})"
    assert records_in(read(body, tmp_path, settings)) == [{"id": 7}]


def test_secrets_in_what_it_says_are_masked_and_its_end_is_bounded(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "canary-one")
    body = (
        "given = json.load(open(args['--config']))\n"
        "sys.stderr.write('x' * 3_000_000 + given['a'] + '\\n')\n"
        "sys.stderr.write(given['a'] + ' and ' + given['login']['password'] + '\\n')\n"
        "print('on stdout: ' + given['a'], flush=True)\n"
        "sys.exit(1)"
    )
    config: dict[str, Any] = {
        "a": Setting(env="THE_KEY", secret=True),
        "login": {"password": "canary-two"},
    }
    with pytest.raises(SourceError) as caught:
        list(read(body, tmp_path, settings, **config))
    assert "canary" not in str(caught.value)
    assert "*** and ***" in str(caught.value)
    assert len(str(caught.value)) < 5_000


def test_a_tap_that_falls_silent_is_ended_with_all_its_children(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_GRACE_S", 0.3)
    pids = tmp_path / "pids"
    body = (
        "import subprocess\n"
        "inner = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{inner.pid}}')\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(600)"
    )
    with pytest.raises(SourceUnavailable, match="said nothing for 1 s and was ended"):
        list(read(SCHEMA + body, tmp_path, settings, silence_s=1))
    for pid in pids.read_text().split():
        assert gone(int(pid))


def gone(pid: int) -> bool:
    """Whether a process is dead, within a second (its new parent has to collect it)."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_tap_that_only_logs_is_not_taken_for_hung(tmp_path: Path, settings: Settings) -> None:
    body = (
        SCHEMA
        + "for _ in range(8):\n    sys.stderr.write('waiting\\n'); time.sleep(0.25)\n"
        + RECORD
    )
    assert records_in(read(body, tmp_path, settings, silence_s=1)) == [{"id": 1}]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "LONGEST_LINE", 4 << 20)
    body = "while True: sys.stdout.write('x' * 100_000)"
    with pytest.raises(SourceError, match="a line of more than 4 MB"):
        list(read(body, tmp_path, settings))


def test_a_record_of_many_megabytes_passes(tmp_path: Path, settings: Settings) -> None:
    body = SCHEMA + "say(type='RECORD', stream='things', record={'text': 'é\"' * 1_500_000})\n"
    (answer,) = (a for a in read(body, tmp_path, settings) if a.records)
    assert len(records_in([answer])[0]["text"]) == 3_000_000


def test_a_record_nested_beyond_measure_is_handed_on_to_be_set_aside(
    tmp_path: Path, settings: Settings
) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    line = f'{{"type": "RECORD", "stream": "things", "record": {{"a": {deep}}}}}\n'
    body = SCHEMA + f"sys.stdout.write({line!r})\n"
    (answer,) = read(body, tmp_path, settings)
    assert answer.records == f'{{"a": {deep}}}\n'.encode()


def test_a_tap_that_is_not_there_is_a_wrong_declaration(settings: Settings) -> None:
    reader = reader_of(source_of("tap-nobody-has"), settings)
    with pytest.raises(ConfigurationError, match="no executable file 'tap-nobody-has'"):
        reader.discover()


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(
    tmp_path: Path, settings: Settings
) -> None:
    folder = settings.home / "sources" / "tapped"
    folder.mkdir(parents=True)
    (folder / "runs").write_text("in the way")
    with pytest.raises(SourceUnavailable, match=r"can't be written to .*runs: File exists"):
        list(read(SCHEMA + RECORD, tmp_path, settings))


def test_a_failed_discovery_is_told_as_one(tmp_path: Path, settings: Settings) -> None:
    tap = python_tap(tmp_path, "sys.stderr.write('wrong account\\n'); sys.exit(1)")
    with pytest.raises(SourceError, match=r"asked for its catalog(?s:.)*wrong account"):
        reader_of(source_of(tap), settings).discover()


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path: Path, settings: Settings) -> None:
    runs = settings.home / "sources" / "tapped" / "runs"
    (runs / "run-dead").mkdir(parents=True)
    (runs / "run-dead" / "config.json").write_text('{"a": 1}')
    (runs / "run-dead.lock").touch()
    list(read(SCHEMA + RECORD, tmp_path, settings, a=1))
    assert list(runs.iterdir()) == []


def test_a_tap_that_outlived_its_killed_run_is_ended_by_the_next(
    tmp_path: Path, settings: Settings
) -> None:
    dead = settings.home / "sources" / "tapped" / "runs" / "run-dead"
    dead.mkdir(parents=True)
    (dead.parent / "run-dead.lock").touch()
    sleep = ["sleep", "600"]
    with (
        subprocess.Popen(sleep, cwd=dead, start_new_session=True) as orphan,
        subprocess.Popen(sleep, cwd=tmp_path, start_new_session=True) as other,
    ):
        (dead / "pid").write_text(str(orphan.pid))
        # A number that was given to another program meanwhile.
        (dead.parent / "run-older").mkdir()
        (dead.parent / "run-older" / "pid").write_text(str(other.pid))
        (dead.parent / "run-older.lock").touch()
        list(read(SCHEMA + RECORD, tmp_path, settings))
        assert orphan.wait(timeout=10) == -signal.SIGKILL
        assert other.poll() is None
        other.kill()


def test_two_runs_at_once_leave_each_other_alone(tmp_path: Path, settings: Settings) -> None:
    body = SCHEMA + RECORD * 3 + "time.sleep(0.2); open(args['--config']).close()\n" + RECORD
    tap = python_tap(tmp_path, NO_CATALOG + body)
    reader = reader_of(source_of(tap, config={"a": 1}), settings)
    first, second = reader.read(THINGS, {}), reader.read(THINGS, {})
    assert len(records_in(first)) == len(records_in(second)) == 4
    reader.close()
    assert os.listdir(settings.home / "sources" / "tapped" / "runs") == []  # noqa: PTH208


def test_closing_the_reader_ends_a_read_that_another_thread_is_in(
    tmp_path: Path, settings: Settings
) -> None:
    tap = python_tap(tmp_path, NO_CATALOG + SCHEMA + "time.sleep(600)")
    reader = reader_of(source_of(tap), settings)
    runs = settings.home / "sources" / "tapped" / "runs"
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: list(reader.read(THINGS, {})))
        while not list(runs.glob("*/catalog.json")) and not list(runs.glob("*/config.json")):
            time.sleep(0.01)
        time.sleep(0.3)
        reader.close()
        with pytest.raises(SourceError):
            reading.result(timeout=30)


@pytest.mark.slow
def test_memory_is_bounded_by_the_longest_line_not_by_the_stream(
    tmp_path: Path, settings: Settings
) -> None:
    body = (
        SCHEMA + "line = json.dumps({'type': 'RECORD', 'stream': 'things', 'record': "
        "{'text': 'x' * 62_000_000}}) + '\\n'\n"
        "for _ in range(12): sys.stdout.write(line)\n"
        "for _ in range(200_000): say(type='RECORD', stream='things', record={'t': 'x' * 900})\n"
    )
    tap = python_tap(tmp_path, NO_CATALOG + body)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from resources.settings import Settings\n"
        "from tests.singer.bench import THINGS, reader_of, source_of\n"
        "home = Path(sys.argv[2])\n"
        "reader = reader_of(source_of(sys.argv[1]), Settings(home=home, data=home))\n"
        "count = sum(len(answer.paths) for answer in reader.read(THINGS, {}))\n"
        # Not getrusage, which knows the peak of the process that started this one, too.
        "peak = next(p for p in open('/proc/self/status') if p.startswith('VmHWM'))\n"
        "print(count, int(peak.split()[1]) >> 10)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tap), str(settings.home)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=300,
    )
    count, peak_mb = map(int, done.stdout.split())
    assert count == 200_012
    # All of it is 930 MB; a few copies of one line are what is held.
    assert peak_mb < 640
