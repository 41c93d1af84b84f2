"""Whoever is killed, and wherever: nothing is lost, nothing doubled, nothing left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.conftest import ROOT
from tests.singer.bench import python_tap
from tests.singer.test_endings import gone

pytestmark = pytest.mark.slow

RECORDS = 2_000
POINTS = {"mid_page": 12, "after_staging": 4, "package_written": 4, "mid_commit": 4}
"""Failpoint → among how many of its passings one is picked."""

NUMBERS = f"""
if discovers:
    sys.exit(sys.stderr.write('no such option: --discover') and 2)
here = os.path.dirname(sys.argv[0])
with open(here + '/pids', 'a') as pids:
    pids.write(f'{{os.getpid()}}\\n')
done = json.load(open(args['--state']))['done'] if '--state' in args else 0
dies = here + '/dies'
dies_at = int(open(dies).read()) if os.path.exists(dies) else 0
say(type='SCHEMA', stream='things', schema={{'properties': {{}}}})
for n in range(done + 1, {RECORDS} + 1):
    if n == dies_at:
        os.remove(dies)
        sys.stdout.write('{{"type": "RECORD", "stream": "things", "rec')
        sys.stdout.flush()
        os.kill(os.getpid(), 9)
    say(type='RECORD', stream='things', record={{'n': n, 'padding': 'x' * 800}})
    if n % 10 == 0:
        say(type='STATE', value={{'done': n}})
"""


def run(home: Path, tap: Path, failpoint: str = "") -> int:
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    if failpoint:
        environment["HEADWATER_FAILPOINT"] = failpoint
    command = [sys.executable, "-m", "tests.singer.child", str(home), str(tap)]
    done = subprocess.run(command, cwd=ROOT, env=environment, timeout=120, capture_output=True)
    return done.returncode


def numbers(home: Path) -> list[int]:
    warehouse = Warehouse(Settings(home=home, data=home))
    with warehouse.read() as connection:
        rows = connection.execute("SELECT n FROM raw.tapped__things ORDER BY n").fetchall()
    warehouse.close()
    return [row[0] for row in rows]


def assert_nothing_is_left(home: Path, tap: Path) -> None:
    for pid in (tap.parent / "pids").read_text().split():
        assert gone(int(pid))
    assert list((home / "sources" / "tapped" / "runs").iterdir()) == []


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_loses_and_doubles_nothing(tmp_path: Path, point: str) -> None:
    chance = random.Random(point)
    tap = python_tap(tmp_path, NUMBERS)
    home = tmp_path / "home"
    home.mkdir()
    deaths = 0
    for _ in range(3):
        nth = chance.randint(1, POINTS[point])
        deaths += run(home, tap, f"{point}:kill:{nth}") == -signal.SIGKILL
    # A run that comes after much was committed may pass the point less often.
    assert deaths >= 2
    assert run(home, tap) == 0
    assert numbers(home) == list(range(1, RECORDS + 1))
    assert_nothing_is_left(home, tap)


def test_a_killed_tap_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tap = python_tap(tmp_path, NUMBERS)
    home = tmp_path / "home"
    home.mkdir()
    for at in (1, 700, 1_111, RECORDS):
        (tmp_path / "dies").write_text(str(at))
        assert run(home, tap) == 1
        assert not (tmp_path / "dies").exists()
    assert run(home, tap) == 0
    assert numbers(home) == list(range(1, RECORDS + 1))
    assert_nothing_is_left(home, tap)
