"""Streams that a system is asked for: state, packages, replays and quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine, replay_quarantine, replay_table, run_stream
from pipelines.engine import pulls as pulls_module
from pipelines.errors import SourceError
from pipelines.flow import TableReport
from pipelines.load.landing import Landing
from pipelines.load.raw import open_raw
from pipelines.spec import Column, Mode, PulledStream, Python, Setting, Source, State
from resources.settings import Settings


class System:
    """A made-up system: records by day; `read` gives what is not older than the state."""

    def __init__(self) -> None:
        self.records: list[Mapping[str, Any]] = []
        self.asked: list[Mapping[str, Any]] = []
        self.fail_behind: int | None = None

    def read(
        self, stream: str, config: Mapping[str, Any], state: Mapping[str, Any]
    ) -> Iterator[Any]:
        self.asked.append(dict(state))
        since = state.get("day", 0)
        for at, record in enumerate(r for r in self.records if r.get("day", 0) >= since):
            if at == self.fail_behind:
                raise SourceError("The system went away.")
            yield record
            yield State({"day": record.get("day", 0)})


def _source(system: System, mode: Mode = "merge", **more: Any) -> tuple[Source, PulledStream]:
    key = ("id",) if mode in ("merge", "history") else ()
    stream = PulledStream(name="rows", description="Rows.", mode=mode, key=key, **more)
    connection = Python(read=system.read)
    source = Source(
        name="made", description="-", owner="-", streams=(stream,), connection=connection
    )
    return source, stream


class Installation:
    """One engine over one source."""

    def __init__(self, settings: Settings, source: Source, stream: PulledStream) -> None:
        self.engine = Engine(settings, Catalog(sources={source.name: source}))
        self.source, self.stream = source, stream

    def run(self, **options: Any) -> TableReport:
        return run_stream(self.engine, self.source, self.stream, run_id="test", **options)

    def rows(self, what: str = "*", table: str = "raw.made__rows") -> list[tuple[Any, ...]]:
        with self.engine.warehouse.read() as connection:
            return connection.execute(f"SELECT {what} FROM {table} ORDER BY ALL").fetchall()


@pytest.fixture
def system() -> System:
    return System()


def _made(settings: Settings, system: System, mode: Mode = "merge", **more: Any) -> Installation:
    return Installation(settings, *_source(system, mode, **more))


def test_a_second_run_asks_from_where_the_first_ended(settings: Settings, system: System) -> None:
    system.records = [{"id": 1, "day": 1, "name": "a"}, {"id": 2, "day": 2, "name": "b"}]
    made = _made(settings, system)
    first = made.run()
    assert (first.status, first.rows_read, first.rows_loaded) == ("loaded", 2, 2)
    system.records = [*system.records, {"id": 2, "day": 3, "name": "c"}]
    assert made.run().status == "loaded"
    assert system.asked == [{}, {"day": 2}]
    assert made.rows("id, day, name") == [(1, 1, "a"), (2, 3, "c")]


def test_what_was_read_before_is_not_loaded_as_news(settings: Settings, system: System) -> None:
    system.records = [{"id": 1, "day": 1}]
    made = _made(settings, system)
    made.run()
    before = made.engine.warehouse.snapshot()
    assert made.run().status == "unchanged"
    assert made.engine.warehouse.snapshot() == before


def test_a_record_set_aside_twice_stands_in_quarantine_once(
    settings: Settings, system: System
) -> None:
    system.records = [{"id": 1, "day": 1, "sum": "a lot"}]
    made = _made(settings, system, columns={"sum": Column(type="DECIMAL(9,2)")})
    assert made.run().rows_quarantined == 1
    assert made.run().status == "unchanged"
    assert len(made.rows("_raw", "quarantine.made__rows")) == 1


def test_a_stream_read_whole_is_left_alone_when_it_says_the_same(
    settings: Settings, system: System
) -> None:
    system.records = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    made = _made(settings, system, "replace")
    assert made.run().status == "loaded"
    assert made.run().status == "unchanged"
    system.records = [{"id": 2, "name": "b"}]
    assert made.run().status == "loaded"
    assert made.rows("id") == [(2,)]


def test_values_survive_exactly(settings: Settings, system: System) -> None:
    amount = Decimal("12345678901234567890.123456789012345678")
    system.records = [
        {"id": 2**70, "amount": amount, "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)},
        {"id": 1, "amount": Decimal("0.10"), "at": date(2026, 1, 2), "nested": {"a": [1, None]}},
    ]
    made = _made(
        settings,
        system,
        "replace",
        columns={
            "id": Column(type="DECIMAL(38,0)"),
            "amount": Column(type="DECIMAL(38,18)"),
            "at": Column(type="TIMESTAMPTZ"),
        },
    )
    report = made.run()
    assert report.rows_quarantined == 0, made.rows("_reason", "quarantine.made__rows")
    assert made.rows("id, amount") == [(1, Decimal("0.10")), (2**70, amount)]


def test_arrow_tables_keep_their_types(settings: Settings) -> None:
    table = pa.table(
        {
            "Id": pa.array([1, 2], pa.int32()),
            "Amount": pa.array([Decimal("1.50"), None], pa.decimal128(18, 2)),
            "At": pa.array([0, 1], pa.timestamp("us", "UTC")),
        }
    )

    def read(stream: str, config: Any, state: Any) -> Iterable[Any]:
        yield table.slice(0, 1)
        yield table.slice(1, 1)

    stream = PulledStream(name="rows", description="-", mode="replace")
    connection = Python(read=read)
    source = Source(
        name="made", description="-", owner="-", streams=(stream,), connection=connection
    )
    made = Installation(settings, source, stream)
    assert made.run().rows_loaded == 2
    kinds = 'typeof(id), typeof(amount), typeof("at")'
    assert made.rows(kinds)[0] == ("INTEGER", "DECIMAL(18,2)", "TIMESTAMP WITH TIME ZONE")
    assert made.rows("id, amount") == [(1, Decimal("1.50")), (2, None)]


def test_full_packages_are_committed_on_the_way(
    settings: Settings, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls_module, "_PACKAGE_BYTES", 10)
    system.records = [{"id": n, "day": n} for n in range(20)]
    system.fail_behind = 15
    made = _made(settings, system, "append")
    with pytest.raises(SourceError, match="went away"):
        made.run()
    kept = len(made.rows("id"))
    assert 0 < kept <= 15
    system.fail_behind = None
    # The day of the state is asked for again, as an appending stream declares itself.
    made.run()
    assert {row[0] for row in made.rows("id")} == set(range(20))


def test_nothing_of_a_stream_read_whole_is_seen_before_its_end(
    settings: Settings, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls_module, "_PACKAGE_BYTES", 10)
    system.records = [{"id": n, "day": n} for n in range(20)]
    made = _made(settings, system, "replace")
    made.run()
    system.records = [{"id": n, "day": n} for n in range(100, 120)]
    system.fail_behind = 15
    with pytest.raises(SourceError, match="went away"):
        made.run()
    assert {row[0] for row in made.rows("id")} == set(range(20))


def test_a_full_refresh_forgets_the_cursor_and_what_is_gone(
    settings: Settings, system: System
) -> None:
    system.records = [{"id": 1, "day": 1}, {"id": 2, "day": 2}]
    made = _made(settings, system)
    made.run()
    system.records = [{"id": 2, "day": 2}]
    made.run(full_refresh=True)
    assert made.rows("id") == [(2,)]
    assert system.asked[-1] == {}


def test_history_keeps_what_was_said_before(settings: Settings, system: System) -> None:
    system.records = [{"id": 1, "day": 1, "name": "a"}]
    made = _made(settings, system, "history")
    made.run()
    system.records = [{"id": 1, "day": 2, "name": "b"}]
    made.run()
    assert made.rows("name, _is_current") == [("a", False), ("b", True)]


def test_records_set_aside_come_back_when_the_declaration_is_mended(
    settings: Settings, system: System
) -> None:
    system.records = [{"id": 1, "Total Sum": "12.5"}, {"id": 2, "Total Sum": "a lot"}]
    made = _made(settings, system, "append", columns={"total_sum": Column(type="DECIMAL(9,2)")})
    report = made.run()
    assert (report.rows_loaded, report.rows_quarantined) == (1, 1)
    [(file, path, raw)] = made.rows("_file, _path, _raw", "quarantine.made__rows")
    assert file.startswith(str(report.load_id))
    assert (path, orjson.loads(raw)) == ("[0]", {"id": 2, "Total Sum": "a lot"})
    made = _made(settings, system, "append", columns={"total_sum": Column(type="VARCHAR")})
    again = replay_quarantine(made.engine, "raw.made__rows", run_id="test")
    assert again.rows_loaded == 1
    assert made.rows("id") == [(1,), (2,)]
    assert made.rows("*", "quarantine.made__rows") == []


def test_a_record_without_its_key_is_set_aside_and_can_come_back(
    settings: Settings, system: System
) -> None:
    system.records = [{"id": 1, "Full Name": "a"}, {"id": None, "Full Name": "b"}]
    made = _made(settings, system)
    assert made.run().rows_quarantined == 1
    stream = PulledStream(name="rows", description="-", mode="append")
    made.stream = stream
    source = Source(
        name="made",
        description="-",
        owner="-",
        streams=(stream,),
        connection=Python(read=system.read),
    )
    mended = Installation(settings, source, stream)
    assert replay_quarantine(mended.engine, "raw.made__rows", run_id="test").rows_loaded == 1
    assert mended.rows("full_name") == [("a",), ("b",)]


def test_a_table_is_rebuilt_from_landing_without_asking_again(
    settings: Settings, system: System
) -> None:
    system.records = [{"id": 1, "day": 1, "name": "a"}]
    made = _made(settings, system)
    made.run()
    system.records = [{"id": 1, "day": 2, "name": "b"}, {"id": 2, "day": 2, "name": "c"}]
    made.run()
    before = made.rows()
    with made.engine.warehouse.read() as connection:
        connection.execute("SELECT 1")
    made.engine.warehouse.commit(
        lambda tx: tx.execute("DELETE FROM raw.made__rows WHERE id = 1"), message="break it"
    )
    asked = len(system.asked)
    assert replay_table(made.engine, "raw.made__rows", run_id="test").status == "loaded"
    assert made.rows() == before
    assert len(system.asked) == asked


def test_every_answer_is_kept_as_it_came(settings: Settings, system: System) -> None:
    system.records = [{"id": 1, "day": 1}, {"id": 2, "day": 2}]
    made = _made(settings, system)
    report = made.run()
    landing = Landing(settings.landing, "made", "rows")
    package = landing.package(str(report.load_id))
    [file] = package.manifest.files
    with open_raw(package.raw(file)) as raw:
        text = raw.read()
    assert file.size == len(text)
    head, body = text.split(b"\n")[:2]
    assert orjson.loads(head) == {"answer": 0, "bytes": len(body) + 1, "about": {}}
    assert orjson.loads(body) == {"id": 1, "day": 1}
    assert {row[0] for row in made.rows("_file")} == {
        f"{report.load_id}!/0",
        f"{report.load_id}!/1",
    }


def test_a_source_that_nobody_configured_is_left_out_and_says_what_it_needs(
    settings: Settings, system: System
) -> None:
    setting = Setting(env="MADE_KEY", description="the key of the made-up system", secret=True)
    stream = PulledStream(name="rows", description="-", columns={"id": Column(type="BIGINT")})
    connection = Python(read=system.read, config={"key": setting})
    source = Source(
        name="made", description="-", owner="-", streams=(stream,), connection=connection
    )
    made = Installation(settings, source, stream)
    report = made.run()
    assert report.status == "not configured"
    assert "MADE_KEY (the key of the made-up system)" in report.notes[0]
    assert made.rows("id") == []


def test_a_source_is_not_asked_before_a_person_wants_it(
    settings: Settings, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Setting(env="MADE_URL", description="where the system is", default="https://x.test")
    stream = PulledStream(name="rows", description="-", columns={"id": Column(type="BIGINT")})
    connection = Python(read=system.read, config={"url": setting})
    source = Source(
        name="made", description="-", owner="-", streams=(stream,), connection=connection
    )
    system.records = [{"id": 1}]
    assert Installation(settings, source, stream).run().status == "not configured"
    assert system.asked == []
    monkeypatch.setenv("MADE_URL", "https://y.test")
    assert Installation(settings, source, stream).run().status == "loaded"


def test_a_function_that_fails_is_a_source_error_that_names_it(settings: Settings) -> None:
    def read(stream: str, config: Any, state: Any) -> Iterable[Any]:
        yield {"id": 1}
        raise KeyError("secret")

    stream = PulledStream(name="rows", description="-", mode="replace")
    source = Source(
        name="made", description="-", owner="-", streams=(stream,), connection=Python(read=read)
    )
    with pytest.raises(SourceError, match=r"made\.rows failed with KeyError") as caught:
        Installation(settings, source, stream).run()
    assert "secret" not in str(caught.value)


def test_an_empty_answer_makes_an_empty_table(settings: Settings, system: System) -> None:
    made = _made(settings, system, "replace", columns={"id": Column(type="BIGINT")})
    assert made.run().rows_read == 0
    assert made.rows("id") == []
    assert made.run().status == "unchanged"


def test_a_table_that_is_emptied_by_its_system_says_so(settings: Settings, system: System) -> None:
    system.records = [{"id": 1}]
    made = _made(settings, system, "replace")
    made.run()
    system.records = []
    assert any("gave no records" in note for note in made.run().notes)
    assert made.rows("id") == []
