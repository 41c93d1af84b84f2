"""Whatever the network does, the table ends up as the system's truth, and soon."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.engine import Engine, run_stream
from pipelines.errors import SourceError
from pipelines.spec import PulledStream
from sandbox.faults import Fault, Kind
from sandbox.server import Running, serving
from tests.reliability.test_kills import POINTS, start
from tests.reliability.things import PAGE, SOURCE, STREAMS, Things, held, open_engine, truth

COUNT = 130
HARMLESS: tuple[Kind, ...] = ("overlap", "reorder")
BROKEN: tuple[Kind, ...] = ("too_many", "server_error", "unavailable", "reset", "truncated")
ROUNDS = 10


@pytest.fixture
def things() -> Things:
    return Things(COUNT)


@pytest.fixture
def running(things: Things) -> Iterator[Running]:
    with serving([things]) as server:
        yield server


@pytest.fixture
def engine(running: Running, tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(tmp_path / "home", running.environment)
    yield made
    made.close()


every_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: str(stream.name))


def load(engine: Engine, stream: PulledStream) -> str:
    """One run; the status, or `failed` for an error that was foreseen."""
    try:
        return run_stream(engine, SOURCE, stream, run_id="run").status
    except SourceError:
        return "failed"


@every_stream
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("after", [0, 3])
def test_a_fault_that_passes_is_not_noticed(
    engine: Engine, running: Running, things: Things, stream: PulledStream, kind: Kind, after: int
) -> None:
    running.faults.add(Fault(kind, after=after, times=1))
    assert load(engine, stream) == "loaded"
    assert held(engine, stream) == truth(things)


@every_stream
@pytest.mark.parametrize("kind", HARMLESS)
def test_repeated_and_reordered_pages_make_no_difference_by_key(
    engine: Engine, running: Running, things: Things, stream: PulledStream, kind: Kind
) -> None:
    running.faults.add(Fault(kind, after=2, times=2))
    assert load(engine, stream) == "loaded"
    if stream.key or kind == "reorder":
        assert held(engine, stream) == truth(things)
    else:
        # Without a key nobody can tell a repeated record from a second one.
        assert sorted(set(held(engine, stream))) == truth(things)


@pytest.mark.slow
@every_stream
def test_a_fault_that_stays_ends_soon_and_nothing_is_lost(
    engine: Engine, running: Running, things: Things, stream: PulledStream
) -> None:
    running.faults.add(Fault("server_error", after=3, times=10_000))
    assert load(engine, stream) == "failed"
    assert len(running.requests) < 50
    running.faults.clear()
    assert load(engine, stream) == "loaded"
    assert held(engine, stream) == truth(things)


@pytest.mark.slow
def test_a_table_that_is_read_whole_stays_as_it_was_when_reading_fails(
    engine: Engine, running: Running, things: Things
) -> None:
    stream = STREAMS[1]
    load(engine, stream)
    before = held(engine, stream)
    things.records = [Things.made(number, version=1) for number in range(COUNT // 2)]
    running.faults.add(Fault("server_error", after=2, times=10_000))
    assert load(engine, stream) == "failed"
    assert held(engine, stream) == before
    running.faults.clear()
    assert load(engine, stream) == "loaded"
    assert held(engine, stream) == truth(things)


@every_stream
def test_a_stall_in_the_middle_of_an_answer_is_waited_for_and_asked_again(
    engine: Engine, running: Running, things: Things, stream: PulledStream
) -> None:
    running.faults.add(Fault("stall", after=1, times=1, seconds=0.5))
    assert load(engine, stream) == "loaded"
    assert held(engine, stream) == truth(things)


def test_records_changed_between_two_runs_are_seen_at_the_same_second(
    engine: Engine, things: Things
) -> None:
    stream = STREAMS[0]
    load(engine, stream)
    last = max(record["changed_at"] for record in things.records)
    things.records.append({**Things.made(COUNT), "id": 10_000, "changed_at": last})
    assert load(engine, stream) == "loaded"
    assert held(engine, stream) == truth(things)
    assert load(engine, stream) == "unchanged"


def test_a_drifting_schema_is_told_by_the_contract_and_loses_nothing(
    engine: Engine, running: Running, things: Things
) -> None:
    stream = STREAMS[0]
    running.faults.add(Fault("drift", after=3, times=1))
    assert load(engine, stream) == "loaded"
    with engine.warehouse.read() as connection:
        loaded = connection.execute("SELECT count(*) FROM raw.things__by_cursor").fetchone()
        aside = connection.execute("SELECT count(*) FROM quarantine.things__by_cursor").fetchone()
    assert loaded is not None
    assert aside is not None
    assert loaded[0] + aside[0] == COUNT


def test_a_system_that_pages_in_circles_is_refused(
    engine: Engine, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = things.answer

    def circling(asked: object) -> object:
        reply = whole(asked)  # type: ignore[arg-type]
        reply.body["next"] = PAGE
        return reply

    monkeypatch.setattr(things, "answer", circling)
    with pytest.raises(SourceError, match=r"again|same|twice|loop"):
        run_stream(engine, SOURCE, STREAMS[1], run_id="run")


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_while_it_asks_loses_and_doubles_nothing(
    running: Running, things: Things, tmp_path: Path, point: str
) -> None:
    home = tmp_path / "home"
    engine = open_engine(home, running.environment)
    chance = random.Random(point)
    deaths = 0
    for version in range(ROUNDS):
        for number in chance.sample(range(COUNT), 40):
            things.records[number] = Things.made(number, version)
        nth = chance.randint(1, 8 if point == "mid_page" else 2)
        address = running.environment["THINGS_URL"]
        child = start("things", home, address, failpoint=f"{point}:kill:{nth}")
        deaths += child.wait(timeout=120) == -signal.SIGKILL
        for stream in STREAMS:
            assert load(engine, stream) in ("loaded", "unchanged")
            assert held(engine, stream) == truth(things), f"round {version}, passed {nth} times"
    engine.close()
    assert deaths >= ROUNDS // 2
    assert list(home.glob("landing/**/.draft-*")) == []
