"""A run that is killed anywhere leaves nothing half done, and the next one converges."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.load.hashing import table_hash
from tests.conftest import ROOT
from tests.reliability.firm import (
    STREAMS,
    half_states,
    hashes,
    open_engine,
    run_all,
    write_round,
)

ROUNDS = 20
HELD_S = 15
POINTS = {
    "mid_page": 5,
    "after_staging": 4,
    "package_written": 4,
    "mid_commit": 4,
    "after_commit": 4,
}
"""Failpoint → how often a round passes it."""


def start(
    *arguments: object, failpoint: str | None = None, output: int | None = None
) -> subprocess.Popen[str]:
    environment = dict(os.environ)
    if failpoint:
        environment["HEADWATER_FAILPOINT"] = failpoint
    return subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.child", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=output,
        text=True,
    )


@contextmanager
def reader(home: Path, data: Path) -> Iterator[dict[str, Any]]:
    """A process that looks at the tables all through the block; what it saw."""
    stop = home.parent / "stop"
    process = start("read", home, data, stop, output=subprocess.PIPE)
    seen: dict[str, Any] = {}
    try:
        yield seen
    finally:
        stop.touch()
        said, _ = process.communicate(timeout=120)
        seen |= json.loads(said)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_converges_to_one_that_never_was(tmp_path: Path, point: str) -> None:
    chance = random.Random(point)
    killed, whole = (open_engine(tmp_path / n / "home", tmp_path / n / "data") for n in "kw")
    folders = [tmp_path / n / "data" for n in "kw"]
    for folder in folders:
        write_round(folder, 0)
    run_all(killed)
    run_all(whole)
    deaths = 0
    with reader(tmp_path / "k" / "home", folders[0]) as seen:
        for number in range(1, ROUNDS + 1):
            for folder in folders:
                write_round(folder, number)
            nth = chance.randint(1, POINTS[point])
            child = start("run", tmp_path / "k/home", folders[0], failpoint=f"{point}:kill:{nth}")
            deaths += child.wait(timeout=120) == -signal.SIGKILL
            with killed.warehouse.read() as connection:
                assert list(half_states(connection)) == []
            run_all(killed)
            run_all(whole)
            assert hashes(killed) == hashes(whole), f"round {number}, {point} passed {nth} times"
    assert deaths == ROUNDS
    assert seen["problems"] == []
    assert seen["reads"] > ROUNDS
    assert [run.status for run in run_all(killed)] == ["unchanged"] * len(STREAMS)
    drafts = list((tmp_path / "k/home/landing").glob("**/.draft-*"))
    assert drafts == []


@pytest.mark.slow
def test_a_reader_never_waits_for_a_commit_that_takes_long(tmp_path: Path) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    write_round(data, 0)
    engine = open_engine(home, data)
    run_all(engine)
    with reader(home, data) as seen:
        for number in range(1, 4):
            write_round(data, number)
            child = start("run", home, data, failpoint="mid_commit:hang:3")
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(timeout=HELD_S)
            child.kill()
            child.wait()
            run_all(engine)
    assert seen["problems"] == []
    # The writer held its transaction for most of HELD_S each time; a read takes
    # milliseconds, and the rest is for a machine that is busy otherwise.
    assert seen["longest_s"] < 2
    assert seen["reads"] > 100


@pytest.mark.slow
def test_four_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    data.mkdir()
    names = [f"stream_{n}" for n in range(4)]
    children = [start("append", home, data, name, 12) for name in names]
    home.mkdir(exist_ok=True)
    assert [child.wait(timeout=300) for child in children] == [0, 0, 0, 0]
    engine = open_engine(home, data)
    with engine.warehouse.read() as connection:
        for name in names:
            query = f"SELECT count(*), count(DISTINCT n), max(n) FROM raw.firm__{name}"
            assert connection.execute(query).fetchone() == (120, 120, 119)
        same = {
            table_hash(connection, f"raw.firm__{name}", ignore=("_load_id", "_file"))
            for name in names
        }
        assert len(same) == 1
        loads = connection.execute("SELECT count(*) FROM headwater.loads").fetchone()
        assert loads == (48,)
