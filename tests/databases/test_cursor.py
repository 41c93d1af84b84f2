"""Reading what is new: no row is missed, and where rows are appended none is doubled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
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
