"""Reading what is new: no row is missed, and where rows are appended none is doubled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines.errors import ConfigurationError, DeclarationError
from pipelines.extract.databases.address import Address
from pipelines.extract.databases.dialect import DialectReader
from pipelines.extract.readers import Reader
from tests.databases.conftest import Open, Postgres, read, table


@dataclass
class System:
    """A database, how to change it, and its reader."""

    run: Callable[[str], Any]
    reader: Reader


@pytest.fixture(params=["postgres", "sqlite", "dialect"])
def system(
    request: pytest.FixtureRequest, opened: Open, tmp_path: Path, postgres: Postgres
) -> System:
    if request.param == "postgres":
        return System(postgres.run, opened(postgres.url))
    url = f"sqlite:///{tmp_path / 'books.db'}"

    def run(sql: str) -> None:
        with sqlite3.connect(tmp_path / "books.db") as connection:
            connection.executescript(sql)
        connection.close()

    if request.param == "sqlite":
        return System(run, opened(url))
    return System(run, DialectReader(Address.of(url, "BOOKS_URL"), page_rows=2))


def test_rows_that_come_later_under_the_same_value_are_not_missed(system: System) -> None:
    system.run("CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)")
    stream = table("t", cursor="v", mode="append")
    first = read(system.reader, stream)
    assert sorted(first.column("id")) == [1, 2, 3]
    system.run("INSERT INTO t VALUES (4, 2), (5, 3), (6, NULL), (2, 2)")
    second = read(system.reader, stream, first.state)
    assert sorted(second.column("id")) == [2, 4, 5, 6]
    third = read(system.reader, stream, second.state)
    assert third.column("id") == []
    system.run("INSERT INTO t VALUES (7, 3)")
    assert read(system.reader, stream, third.state).column("id") == [7]


def test_merging_reads_the_newest_and_the_unknown_again(system: System) -> None:
    system.run("CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)")
    stream = table("t", cursor="v", mode="merge", key=("id",))
    first = read(system.reader, stream)
    system.run("INSERT INTO t VALUES (4, 2), (5, 3)")
    second = read(system.reader, stream, first.state)
    assert sorted(second.column("id")) == [2, 3, 4, 5]
    assert set(second.state) == {"field", "value"}


def test_an_empty_table_and_one_of_nulls_lose_nothing_later(system: System) -> None:
    system.run("CREATE TABLE t (id INT, v INT)")
    stream = table("t", cursor="v", mode="append")
    empty = read(system.reader, stream)
    assert empty.column("id") == []
    system.run("INSERT INTO t VALUES (1, NULL)")
    nulls = read(system.reader, stream, empty.state)
    assert nulls.column("id") == [1]
    system.run("INSERT INTO t VALUES (2, -5)")
    found = read(system.reader, stream, nulls.state)
    assert found.column("id") == [2]
    system.run("DELETE FROM t")
    gone = read(system.reader, stream, found.state)
    assert gone.state["value"] == "-5"


def test_a_column_that_was_added_between_runs_doubles_nothing(system: System) -> None:
    system.run("CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1), (2, 1)")
    stream = table("t", cursor="v", mode="append")
    first = read(system.reader, stream)
    system.run("ALTER TABLE t ADD COLUMN note VARCHAR(9); INSERT INTO t VALUES (3, 1, 'new')")
    second = read(system.reader, stream, first.state)
    assert second.rows.to_pylist() == [{"id": 3, "v": 1, "note": "new"}]
    assert read(system.reader, stream, second.state).column("id") == []


def test_a_cursor_that_is_no_column_or_another_one_is_refused(system: System) -> None:
    system.run("CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1)")
    with pytest.raises(DeclarationError, match=r"no column nope.*It has: id, v"):
        read(system.reader, table("t", cursor="nope", mode="append"))
    state = read(system.reader, table("t", cursor="v", mode="append")).state
    with pytest.raises(ConfigurationError, match=r"was read by v so far.*--full-refresh"):
        read(system.reader, table("t", cursor="id", mode="append"), state)


def test_a_stream_that_is_replaced_is_read_whole(system: System) -> None:
    system.run("CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1), (2, NULL)")
    answer = read(system.reader, table("t", cursor="v"), {"field": "v", "value": "9"})
    assert (sorted(answer.column("id")), answer.state) == ([1, 2], {})


@examples(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    runs=st.lists(
        st.lists(st.one_of(st.none(), st.integers(-3, 9)), max_size=6), min_size=1, max_size=5
    )
)
def test_appended_runs_add_up_to_the_table(tmp_path: Path, opened: Open, runs: Any) -> None:
    """Values grow from run to run, apart from nulls and ties; rows may be equal."""
    file = tmp_path / "books.db"
    file.unlink(missing_ok=True)
    stream = table("t", cursor="v", mode="append")
    state: Any = {}
    handed: list[Any] = []
    held: list[Any] = []
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (v INT)")
        least = -3
        for values in runs:
            rows = [None if v is None else max(v, least) for v in values]
            connection.executemany("INSERT INTO t VALUES (?)", [(v,) for v in rows])
            connection.commit()
            held += rows
            answer = read(opened(f"sqlite:///{file}"), stream, state)
            handed += answer.column("v")
            state = answer.state
            least = max([v for v in held if v is not None], default=-3)
    connection.close()
    assert sorted(handed, key=repr) == sorted(held, key=repr)


@pytest.mark.parametrize(
    ("kind", "values", "later"),
    [
        (
            "timestamptz",
            ["2024-01-01 00:00:00.000001+00", "2024-01-01 00:00:00.000002+00"],
            "now()",
        ),
        ("timestamp", ["-infinity", "2024-01-01 00:00:00.000002"], "localtimestamp"),
        ("date", ["0044-03-15 BC", "2024-01-01"], "current_date"),
        ("numeric", ["1e-30", "2e-30"], "3e-30"),
        ("double precision", ["0.1", "0.30000000000000004"], "1e300"),
        ("text", ["a'b\\", "ä"], "'ü'"),
        ("varchar(5)", ["a", "b"], "'c'"),
    ],
)
def test_every_type_of_cursor_goes_on_exactly(
    postgres: Postgres, opened: Open, kind: str, values: list[str], later: str
) -> None:
    said = ", ".join("('" + value.replace("'", "''") + "')" for value in values)
    postgres.run(f"CREATE TABLE t (v {kind}); INSERT INTO t VALUES {said}")
    reader = opened(postgres.url)
    stream = table("t", cursor="v", mode="append")
    first = read(reader, stream)
    assert len(first.rows) == 2
    postgres.run(f"INSERT INTO t VALUES ({later})")
    second = read(reader, stream, first.state)
    assert len(second.rows) == 1
    assert len(read(reader, stream, second.state).rows) == 0


@pytest.mark.parametrize(
    ("kind", "ahead"),
    [("timestamptz", "'infinity'"), ("date", "'9999-12-31'"), ("float8", "'NaN'")],
)
def test_a_value_far_ahead_doesnt_hide_what_comes_before_it(
    postgres: Postgres, opened: Open, kind: str, ahead: str
) -> None:
    now = "1.5" if kind == "float8" else "now()"
    postgres.run(
        f"CREATE TABLE t (id int, v {kind}); INSERT INTO t VALUES (1, {ahead}), (2, {now})"
    )
    reader = opened(postgres.url)
    stream = table("t", cursor="v", mode="append")
    first = read(reader, stream)
    assert sorted(first.column("id")) == [1, 2]
    later = "2.5" if kind == "float8" else "now()"
    postgres.run(f"INSERT INTO t VALUES (3, {later})")
    second = read(reader, stream, first.state)
    assert second.column("id") == [3]
    assert read(reader, stream, second.state).column("id") == []


def test_a_type_without_an_order_is_refused_as_cursor(postgres: Postgres, opened: Open) -> None:
    postgres.run("CREATE TABLE t (v jsonb)")
    with pytest.raises(DeclarationError, match=r"Column v of public.t is of type jsonb"):
        read(opened(postgres.url), table("t", cursor="v", mode="append"))


DAYS = [f"2024-01-{day:02d} 10:00:00.000000" for day in range(1, 10)]


def _days(*days: int) -> str:
    return ", ".join(f"({day}, '{DAYS[day - 1]}')" for day in days)


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_a_row_that_comes_late_is_found_within_the_lookback(system: System, mode: Any) -> None:
    system.run(f"CREATE TABLE t (id INT, at TIMESTAMP); INSERT INTO t VALUES {_days(1, 3, 5, 8)}")
    stream = table("t", cursor="at", mode=mode, key=("id",), lookback=timedelta(days=3))
    first = read(system.reader, stream)
    assert sorted(first.column("id")) == [1, 3, 5, 8]
    system.run(f"INSERT INTO t VALUES {_days(2, 6, 9)}")
    second = read(system.reader, stream, first.state)
    again = [] if mode == "append" else [5, 8]
    assert sorted(second.column("id")) == sorted([6, 9, *again])
    system.run(f"INSERT INTO t VALUES {_days(7)}")
    third = read(system.reader, stream, second.state)
    again = [] if mode == "append" else [6, 8, 9]
    assert sorted(third.column("id")) == sorted([7, *again])
    fourth = read(system.reader, stream, third.state)
    assert sorted(fourth.column("id")) == ([] if mode == "append" else [6, 7, 8, 9])


def test_a_number_that_comes_late_is_found_within_the_lookback(system: System) -> None:
    system.run("CREATE TABLE t (id SMALLINT); INSERT INTO t VALUES (1), (90), (100)")
    stream = table("t", cursor="id", mode="append", lookback=20)
    first = read(system.reader, stream)
    system.run("INSERT INTO t VALUES (79), (85), (101)")
    second = read(system.reader, stream, first.state)
    assert sorted(second.column("id")) == [85, 101]
    wide = table("t", cursor="id", mode="merge", key=("id",), lookback=40_000)
    for state in (first.state, {}):
        found = read(system.reader, wide, state)
        assert len(read(system.reader, wide, found.state).column("id")) == 6


def test_a_lookback_that_is_declared_later_begins_with_the_next_run(system: System) -> None:
    system.run(f"CREATE TABLE t (id INT, at TIMESTAMP); INSERT INTO t VALUES {_days(1, 5)}")
    state = read(system.reader, table("t", cursor="at", mode="append")).state
    stream = table("t", cursor="at", mode="append", lookback=timedelta(days=3))
    second = read(system.reader, stream, state)
    assert second.column("id") == []
    system.run(f"INSERT INTO t VALUES {_days(9)}")
    third = read(system.reader, stream, second.state)
    system.run(f"INSERT INTO t VALUES {_days(7)}")
    assert read(system.reader, stream, third.state).column("id") == [7]


def test_a_lookback_of_another_kind_than_its_cursor_is_refused(system: System) -> None:
    system.run(f"CREATE TABLE t (id INT, at TIMESTAMP); INSERT INTO t VALUES {_days(1)}")
    for cursor, lookback in (("id", timedelta(days=1)), ("at", 3)):
        stream = table("t", cursor=cursor, mode="append", lookback=lookback)
        with pytest.raises(DeclarationError, match=f"The cursor {cursor} has .* can't be taken"):
            read(system.reader, stream)


@pytest.mark.parametrize(
    ("kind", "newest", "late", "lookback"),
    [
        ("date", "2024-01-05", "2024-01-04", timedelta(hours=12)),
        ("timestamptz", "2024-01-05 00:00:00.000001+00", "2024-01-05 00:00:00+00", timedelta(0, 1)),
        ("timestamp(0)", "2024-01-05 10:00:00", "2024-01-04 10:00:00", timedelta(days=1)),
        ("bigint", "-9223372036854775807", "-9223372036854775808", 5),
        ("oid", "3", "1", 5),
        ("numeric(3,1)", "1.5", "-98.5", 100),
        ("real", "1.5", "-98.5", 100),
    ],
)
def test_every_type_of_cursor_can_be_looked_back_in(
    postgres: Postgres, opened: Open, kind: str, newest: str, late: str, lookback: Any
) -> None:
    postgres.run(f"CREATE TABLE t (v {kind}); INSERT INTO t VALUES ('{newest}')")
    stream = table("t", cursor="v", mode="append", lookback=lookback)
    first = read(opened(postgres.url), stream)
    postgres.run(f"INSERT INTO t VALUES ('{late}')")
    second = read(opened(postgres.url), stream, first.state)
    assert len(second.rows) == 1
    assert len(read(opened(postgres.url), stream, second.state).rows) == 0


@pytest.mark.parametrize(
    ("newest", "late", "too_late"),
    [
        ("2024-01-05", "2024-01-03", "2024-01-02"),
        ("2024-01-05T10:00Z", "2024-01-03T10:00Z", "2024-01-03T09:59Z"),
        ("2024-01-05 10:00:00.250", "2024-01-03 10:00:00.250", "2024-01-03 10:00:00.249"),
        ("2024-01-05T10:00:00+02:00", "2024-01-03T10:00:00+02:00", "2024-01-03T09:59:59+02:00"),
    ],
)
def test_moments_in_texts_are_looked_back_in_by_their_spelling(
    tmp_path: Path, opened: Open, newest: str, late: str, too_late: str
) -> None:
    file = tmp_path / "books.db"
    stream = table("t", cursor="at", mode="append", lookback=timedelta(days=2))
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (at TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", [newest])
        connection.commit()
        first = read(opened(f"sqlite:///{file}"), stream)
        connection.executemany("INSERT INTO t VALUES (?)", [(late,), (too_late,)])
        connection.commit()
        assert read(opened(f"sqlite:///{file}"), stream, first.state).column("at") == [late]
    connection.close()
