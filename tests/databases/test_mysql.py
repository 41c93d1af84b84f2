"""MySQL and MariaDB, by a real server: set MYSQL_TEST_URL to one where databases may be made.

No server comes as a Python package, so these are skipped where none is named. They ran
against MariaDB 10.11.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.errors import CredentialsRefused, SourceError, SourceNotFound, SourceUnavailable
from tests.databases.conftest import Open, read, table

pytestmark = pytest.mark.slow
_databases = count()
Run = Callable[..., None]


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a new, empty database."""
    given = os.environ.get("MYSQL_TEST_URL")
    if not given:
        pytest.skip("MYSQL_TEST_URL names no server.")
    name = f"headwater_test_{os.getpid()}_{next(_databases)}"
    engine = sa.create_engine(given)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    made = sa.make_url(given).set(database=name)
    yield made.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")
    engine.dispose()


@pytest.fixture
def run(url: str) -> Iterator[Run]:
    engine = sa.create_engine(url)

    def go(*statements: str) -> None:
        with engine.begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each.replace("%", "%%"))

    yield go
    engine.dispose()


NINES = f"{'9' * 28}.{'9' * 10}"
TINY = f"0.{'0' * 29}1"
OLD = dt.datetime(1000, 1, 1, 0, 0, 0, 1)  # noqa: DTZ001
VALUES: list[tuple[str, str, str, Any]] = [
    ("TINYINT(1)", "-1", "TINYINT", -1),
    ("TINYINT UNSIGNED", "255", "UTINYINT", 255),
    ("SMALLINT", "-32768", "SMALLINT", -32768),
    ("MEDIUMINT UNSIGNED", "16777215", "UINTEGER", 16777215),
    ("INT", "-2147483648", "INTEGER", -(2**31)),
    ("BIGINT UNSIGNED", "18446744073709551615", "UBIGINT", 2**64 - 1),
    ("DECIMAL(38,10)", f"-{NINES}", "DECIMAL(38,10)", Decimal(f"-{NINES}")),
    ("DECIMAL(65,30)", TINY, "VARCHAR", TINY),
    ("FLOAT", "16777215", "DOUBLE", 16777215.0),
    ("DOUBLE", "0.1", "DOUBLE", 0.1),
    ("YEAR", "2024", "SMALLINT", 2024),
    ("DATE", "'2024-02-29'", "DATE", dt.date(2024, 2, 29)),
    ("DATETIME(6)", "'1000-01-01 00:00:00.000001'", "TIMESTAMP", OLD),
    ("TIMESTAMP(6) NULL", "'2024-03-31 02:30:00.5'", "TIMESTAMPTZ", None),
    ("TIME(6)", "'-838:59:58.999999'", "VARCHAR", "-838:59:58.999999"),
    ("CHAR(5)", "'ab'", "VARCHAR", "ab"),
    ("TEXT", "'çé\U0001f4b6'", "VARCHAR", "çé\U0001f4b6"),
    ("ENUM('sad','ok')", "'ok'", "VARCHAR", "ok"),
    ("SET('a','b')", "'a,b'", "VARCHAR", "a,b"),
    ("JSON", "'{\"a\": 1.10}'", "VARCHAR", '{"a": 1.10}'),
    ("BLOB", "x'00ff'", "BLOB", b"\x00\xff"),
    ("VARBINARY(3)", "x'00ff'", "BLOB", b"\x00\xff"),
    ("BIT(3)", "b'101'", "BLOB", b"\x05"),
]


def test_every_type_gives_the_very_value_and_null(url: str, run: Run, opened: Open) -> None:
    columns = ", ".join(f"c{n} {kind}" for n, (kind, *_) in enumerate(VALUES))
    values = ", ".join(literal for _, literal, _, _ in VALUES)
    run(
        f"CREATE TABLE t ({columns})",
        "SET time_zone = '+02:00'",
        f"INSERT INTO t VALUES ({values})",
    )
    run("INSERT INTO t () VALUES ()")
    reader = opened(url)
    answer = read(reader, table("t"))
    assert answer.rejects == ()
    types = reader.discover()[0].columns
    instant = dt.datetime(2024, 3, 31, 0, 30, 0, 500_000, tzinfo=dt.UTC)
    for n, (kind, _, sql, wanted) in enumerate(VALUES):
        expected = instant if wanted is None else wanted
        assert (types[f"c{n}"], answer.column(f"c{n}")) == (sql, [expected, None]), kind


def test_dates_that_are_none_are_set_aside(url: str, run: Run, opened: Open) -> None:
    run("CREATE TABLE t (id INT PRIMARY KEY, day DATE, at DATETIME)")
    run(
        "SET sql_mode = ''",
        "INSERT INTO t VALUES (1, '0000-00-00', NULL), (2, '2024-02-29', '2024-00-00 00:00:00'), "
        "(3, NULL, NULL)",
    )
    answer = read(opened(url), table("t"))
    assert answer.column("id") == [3]
    assert json.loads(answer.rejects[0].raw) == {"id": 1, "day": "0000-00-00", "at": None}
    assert "2024-00-00 00:00:00, which is no TIMESTAMP" in answer.rejects[1].reason
    kept = read(opened(url), table("t", types={"day": "VARCHAR", "at": "VARCHAR"}))
    assert kept.column("day") == ["0000-00-00", "2024-02-29", None]


def test_new_rows_are_read_by_a_cursor_and_ties_are_kept(url: str, run: Run, opened: Open) -> None:
    run("CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP(6) NULL, note VARCHAR(20))")
    run("INSERT INTO t VALUES (1, '2024-01-01 00:00:00.000001', 'a'), (2, NULL, '50%')")
    reader = opened(url, page_rows=1)
    stream = table("t", cursor="at", mode="append")
    first = read(reader, stream)
    assert sorted(first.column("id")) == [1, 2]
    run("INSERT INTO t VALUES (3, '2024-01-01 00:00:00.000001', 'b'), (4, '2037-01-01', 'c')")
    second = read(reader, stream, first.state)
    assert sorted(second.column("id")) == [3, 4]
    run("INSERT INTO t VALUES (5, now(6), 'd')")
    assert read(reader, stream, second.state).column("id") == [5]


def test_a_table_is_read_in_one_snapshot_with_bounded_pages(
    url: str, run: Run, opened: Open
) -> None:
    run("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_20000")
    reading = iter(opened(url, page_rows=1000).read(table("t"), {}))
    answers = [next(reading)]
    run("DELETE FROM t", "INSERT INTO t VALUES (0)")
    answers += list(reading)
    assert [len(each.records) for each in answers] == [1000] * 20 + [0]


def test_the_session_can_only_read_and_faults_are_named(url: str, run: Run, opened: Open) -> None:
    run(
        "CREATE TABLE t (id INT)",
        "CREATE FUNCTION writes() RETURNS INT MODIFIES SQL DATA BEGIN "
        "INSERT INTO t VALUES (1); RETURN 1; END",
        "CREATE VIEW v AS SELECT writes() AS x",
    )
    reader = opened(url)
    assert "2 tables and views" in reader.check()
    with pytest.raises(SourceError, match="READ ONLY"):
        read(reader, table("v"))
    with pytest.raises(SourceNotFound, match="no table or view nope"):
        read(reader, table("nope"))
    with pytest.raises(SourceNotFound, match="nodatabase"):
        opened(sa.make_url(url).set(database="nodatabase").render_as_string(False)).check()
    wrong = sa.make_url(url).set(username="nobody", password="s3cr3t/")
    with pytest.raises(CredentialsRefused) as caught:
        opened(wrong.render_as_string(False)).check()
    assert "s3cr3t" not in str(caught.value)
    away = sa.make_url("mysql://root:s3cr3t@127.0.0.1:1/d")
    with pytest.raises(SourceUnavailable) as lost:
        opened(away.render_as_string(False)).check()
    assert "s3cr3t" not in str(lost.value)


# The driver's own clearing up, when its half-read answer is forgotten, finds no socket.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_that_is_cut_mid_read_is_an_error_not_an_end(
    url: str, run: Run, opened: Open
) -> None:
    run(
        "CREATE TABLE t (id INT PRIMARY KEY, note TEXT)",
        "INSERT INTO t SELECT seq, repeat('x', 1000) FROM seq_1_to_50000",
    )
    reading = iter(opened(url, page_rows=100).read(table("t"), {}))
    next(reading)
    engine = sa.create_engine(url)
    name = sa.make_url(url).database
    with engine.begin() as connection:
        ids = connection.exec_driver_sql(
            f"SELECT id FROM information_schema.processlist WHERE db = '{name}' "
            "AND id <> connection_id() AND info LIKE 'SELECT%%'"
        ).fetchall()
        for (each,) in ids:
            connection.exec_driver_sql(f"KILL {each}")
    engine.dispose()
    assert ids
    with pytest.raises(SourceUnavailable, match="Reading t"):
        list(reading)
    del reading
    gc.collect()
