"""From Postgres into the lake: every value as it was, or set aside with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine, replay_quarantine, run_stream
from pipelines.errors import SourceUnavailable
from pipelines.extract.databases.address import Address
from pipelines.extract.databases.postgres_session import Session
from pipelines.spec import PulledStream
from resources.settings import Settings
from resources.warehouse import Warehouse, count_rows, table_columns
from tests.databases import everything
from tests.databases.conftest import ADDRESS, Postgres, source, table

_SLICE = 100_000


@pytest.fixture
def engine(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> Iterator[Engine]:
    monkeypatch.setenv(ADDRESS.env, postgres.url)
    books = source(table("t"))
    engine = Engine(settings, Catalog(sources={"books": books}), warehouse=Warehouse(settings))
    yield engine
    engine.close()


def same(theirs: pa.Table, ours: pa.Table) -> None:
    """Every value alike; floats by their bits, as their text is parsed here."""
    assert theirs.num_rows == ours.num_rows > 0
    for name in ours.column_names:
        one, other = theirs.column(name), ours.column(name)
        if pa.types.is_floating(other.type):
            assert one.null_count == other.null_count
            bits = [np.asarray(pc.drop_null(c.cast(pa.float64()))).view("u8") for c in (one, other)]
            nan = [np.isnan(each.view("f8")) for each in bits]
            assert (nan[0] == nan[1]).all(), name
            assert (bits[0][~nan[0]] == bits[1][~nan[1]]).all(), name
        else:
            differ = pc.and_kleene(pc.not_equal(one, other), pa.scalar(True))
            assert not pc.any(differ).as_py(), (
                name,
                one.filter(differ)[0],
                other.filter(differ)[0],
            )
            assert one.is_null().equals(other.is_null()), name


def _check(engine: Engine, postgres: Postgres, rows: int) -> None:
    everything.fill(postgres, rows)
    stream = table("t", stream="all")
    books = source(stream)
    report = run_stream(engine, books, stream, run_id="test")
    session = Session(Address.of(postgres.url, ADDRESS.env))
    aside = session.ask(f"SELECT count(*) AS n FROM t WHERE {everything.SET_ASIDE}", "counting")[0]
    assert (report.rows_read, report.rows_quarantined) == (rows, aside["n"])
    assert report.rows_loaded == rows - aside["n"]
    with engine.warehouse.read() as lake:
        for start in range(0, rows, _SLICE):
            part = f"n > {start} AND n <= {start + _SLICE}"
            ours = lake.execute(
                f"SELECT n, {everything.texts(ours=True)} FROM raw.books__all "
                f"WHERE {part} ORDER BY n"
            ).to_arrow_table()
            sql = (
                f"SELECT n, {everything.texts(ours=False)} FROM t "
                f"WHERE {part} AND ({everything.SET_ASIDE}) IS NOT TRUE ORDER BY n"
            )
            same(pa.Table.from_batches(session.batches(sql, "comparing")), ours)
        kept = lake.execute(
            "SELECT _column, count(*) FROM quarantine.books__all GROUP BY 1 ORDER BY 1"
        ).fetchall()
    session.close()
    assert {column for column, _ in kept} == {"amount", "list", "moment"}
    assert sum(count for _, count in kept) == aside["n"]


def test_every_value_of_every_type_is_the_same_in_the_lake(
    engine: Engine, postgres: Postgres
) -> None:
    _check(engine, postgres, 3_000)


@pytest.mark.slow
def test_a_million_rows_of_every_type_are_the_same_in_the_lake(
    engine: Engine, postgres: Postgres
) -> None:
    _check(engine, postgres, 1_000_000)


def test_appending_by_a_cursor_commits_each_row_once(engine: Engine, postgres: Postgres) -> None:
    postgres.run("CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)")
    stream: PulledStream = table("t", mode="append", cursor="v")
    books = source(stream)
    loaded = [run_stream(engine, books, stream, run_id="1").rows_loaded]
    again = run_stream(engine, books, stream, run_id="2")
    postgres.run("ALTER TABLE t ADD x text; INSERT INTO t VALUES (4, 2, 'a'), (5, NULL, 'b')")
    loaded.append(run_stream(engine, books, stream, run_id="3").rows_loaded)
    assert (loaded, again.status) == ([3, 2], "unchanged")
    with engine.warehouse.read() as lake:
        rows = lake.execute("SELECT id, x FROM raw.books__rows ORDER BY id").fetchall()
    assert rows == [(1, None), (2, None), (3, None), (4, "a"), (5, "b")]


def test_a_run_that_is_cut_leaves_the_table_and_the_next_one_completes_it(
    engine: Engine, postgres: Postgres
) -> None:
    made = "SELECT i AS id, repeat('x', 400) AS note FROM generate_series"
    postgres.run(f"CREATE TABLE t AS {made}(1, 100) i")
    stream = table("t")
    books = source(stream)
    run_stream(engine, books, stream, run_id="1")
    postgres.run(f"INSERT INTO t {made}(101, 150000) i; ANALYZE t")

    def cut(what: str, done: int, total: int | None) -> None:
        postgres.server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{postgres.name}'"
        )

    with pytest.raises(SourceUnavailable):
        run_stream(engine, books, stream, run_id="2", progress=cut)
    assert _rows(engine) == 100
    assert run_stream(engine, books, stream, run_id="3").rows_loaded == 150_000
    assert _rows(engine) == 150_000


def _rows(engine: Engine) -> int:
    with engine.warehouse.read() as lake:
        return count_rows(lake, "raw.books__rows")


def test_rows_that_were_set_aside_are_loaded_once_their_type_is_declared(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    """Without asking the database again, where they may be gone by then."""
    monkeypatch.setenv(ADDRESS.env, postgres.url)
    postgres.run(
        "CREATE TABLE t (id int PRIMARY KEY, amount numeric(5,2), day date, seen timestamptz,"
        " blob bytea, list int[]);"
        "INSERT INTO t VALUES (1, 1.5, '2024-01-01', '2024-01-01 10:00+02', 'a', '{1}'),"
        " (2, 'NaN', '2024-01-02', '2024-01-02 10:00+02', 'b', '{2,3}')"
    )
    narrow = table("t", mode="merge", key=("id",), cursor="id")
    wide = table("t", mode="merge", key=("id",), cursor="id", types={"amount": "VARCHAR"})
    with _engine(settings, narrow) as engine:
        report = run_stream(engine, source(narrow), narrow, run_id="1")
        assert (report.rows_loaded, report.rows_quarantined) == (1, 1)
        postgres.run("DROP TABLE t")
        before = _types(engine)
        assert replay_quarantine(engine, "raw.books__rows", run_id="2").rows_loaded == 0
        assert _types(engine) == before
    with _engine(settings, wide) as engine:
        assert replay_quarantine(engine, "raw.books__rows", run_id="3").rows_loaded == 1
        assert _types(engine) == {**before, "amount": "VARCHAR"}
        with engine.warehouse.read() as lake:
            rows = lake.execute(
                "SELECT id, amount, day::text, epoch(seen), blob, list FROM raw.books__rows "
                "ORDER BY id"
            ).fetchall()
            left = lake.execute("SELECT count(*) FROM quarantine.books__rows").fetchone()
    assert rows == [
        (1, "1.50", "2024-01-01", 1704096000.0, b"a", [1]),
        (2, "NaN", "2024-01-02", 1704182400.0, b"b", [2, 3]),
    ]
    assert left == (0,)


def test_a_row_without_its_key_comes_back_with_its_bytes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    monkeypatch.setenv(ADDRESS.env, postgres.url)
    postgres.run(
        "CREATE TABLE t (id int, code text, blob bytea);"
        "INSERT INTO t VALUES (1, 'a', '\\x00ff'), (2, NULL, '\\xff00')"
    )
    wrong = table("t", mode="merge", key=("code",), cursor="id")
    right = table("t", mode="merge", key=("id",), cursor="id")
    with _engine(settings, wrong) as engine:
        assert run_stream(engine, source(wrong), wrong, run_id="1").rows_quarantined == 1
    with _engine(settings, right) as engine:
        assert replay_quarantine(engine, "raw.books__rows", run_id="2").rows_loaded == 1
        with engine.warehouse.read() as lake:
            rows = lake.execute("SELECT id, blob FROM raw.books__rows ORDER BY id").fetchall()
    assert rows == [(1, b"\x00\xff"), (2, b"\xff\x00")]


def _types(engine: Engine) -> dict[str, str]:
    with engine.warehouse.read() as lake:
        return table_columns(lake, "raw.books__rows")


@contextmanager
def _engine(settings: Settings, stream: PulledStream) -> Iterator[Engine]:
    engine = Engine(settings, Catalog(sources={"books": source(stream)}))
    try:
        yield engine
    finally:
        engine.close()
