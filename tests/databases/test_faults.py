"""What goes wrong between us and a database: the right error, in bounded time, no secret in it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from pipelines.errors import (
    ConfigurationError,
    CredentialsRefused,
    DeclarationError,
    NotConfigured,
    SourceError,
    SourceNotFound,
    SourceUnavailable,
)
from pipelines.extract.databases.address import Address
from pipelines.extract.databases.postgres_session import Session
from pipelines.extract.readers import open_reader
from pipelines.flow import Pulled
from resources.secrets import Given
from resources.settings import Settings
from tests.databases.conftest import Open, Postgres, read, source, table

SECRET = "s3cr3t/p@ss word"


@pytest.fixture
def guarded(postgres: Postgres) -> Iterator[str]:
    """The address of a server that asks for passwords, as a role that may read one table."""
    postgres.run(
        "CREATE TABLE open_to_all (id int); INSERT INTO open_to_all VALUES (1);"
        "CREATE TABLE closed (id int);"
        f"CREATE ROLE reader_{postgres.name} LOGIN PASSWORD '{SECRET}';"
        f"GRANT SELECT ON open_to_all TO reader_{postgres.name}"
    )
    hba = postgres.server.pgdata / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"local all reader_{postgres.name} scram-sha-256\n{before}")
    postgres.run("SELECT pg_reload_conf()")
    time.sleep(0.1)
    yield (
        f"postgresql://reader_{postgres.name}:{quote(SECRET, safe='')}@/{postgres.name}"
        f"?host={postgres.server.pgdata}"
    )
    hba.write_text(before)
    postgres.run("SELECT pg_reload_conf()")


def no_secret(text: str) -> bool:
    forms = (SECRET, quote(SECRET), quote(SECRET, safe=""), "wrong")
    return not any(form in text for form in forms)


def test_a_wrong_password_is_refused_and_never_shown(guarded: str, opened: Open) -> None:
    reader = opened(guarded)
    assert "one table or view can be read" in reader.check()
    assert SECRET not in repr(vars(reader))
    wrong = opened(guarded.replace(quote(SECRET, safe=""), "wrong%2F"))
    with pytest.raises(CredentialsRefused, match="Check the user and the password") as caught:
        wrong.check()
    assert no_secret(str(caught.value))
    assert caught.value.__cause__ is None


def test_an_address_that_is_none_is_refused_without_showing_it(
    opened: Open, settings: Settings
) -> None:
    for url in (SECRET, f"postgresql//u:{SECRET}@h/d", f"postgresql://u:{SECRET}@[h/d"):
        with pytest.raises(ConfigurationError, match="BOOKS_URL is no address") as caught:
            opened(url)
        assert no_secret(str(caught.value))
    with pytest.raises(ConfigurationError, match="Install the package"):
        opened("nosuchkind://u:wrong@h/d")
    with pytest.raises(NotConfigured, match="BOOKS_URL"):
        open_reader(source(), settings, Given())


def test_a_user_sees_and_reads_only_what_it_may(guarded: str, opened: Open) -> None:
    reader = opened(guarded)
    assert [each.name for each in reader.discover()] == ["open_to_all"]
    with pytest.raises(CredentialsRefused, match="permission denied for table closed"):
        read(reader, table("closed"))


def test_the_session_can_only_read(postgres: Postgres, opened: Open) -> None:
    """A view may call a function that writes; the session refuses it."""
    postgres.run(
        "CREATE TABLE log (id int);"
        "CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS "
        "'INSERT INTO log VALUES (1) RETURNING id';"
        "CREATE VIEW v AS SELECT writes() AS x"
    )
    with pytest.raises(SourceError, match="read-only transaction"):
        read(opened(postgres.url), table("v"))
    assert "0" in postgres.run("SELECT count(*) FROM log")


def test_absent_things_are_named(postgres: Postgres, opened: Open) -> None:
    postgres.run("CREATE TABLE t (id int)")
    reader = opened(postgres.url)
    with pytest.raises(SourceNotFound, match="no table or view nope"):
        read(reader, table("nope"))
    with pytest.raises(SourceNotFound, match=r"no table or view public\.nope"):
        read(reader, table("public.nope"))
    with pytest.raises(DeclarationError, match="no name of a table"):
        read(reader, table('a"b'))
    with pytest.raises(SourceNotFound, match="does not exist"):
        opened(postgres.server.get_uri("nodatabase")).check()
    with pytest.raises(SourceNotFound, match="no table or view"):
        read(reader, table("t; DROP TABLE t"))
    assert read(reader, table("t")).column("id") == []


def test_a_table_dropped_between_runs_is_told(postgres: Postgres, opened: Open) -> None:
    postgres.run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    reader = opened(postgres.url)
    assert read(reader, table("t")).column("id") == [1]
    postgres.run("ALTER TABLE t ADD COLUMN x text DEFAULT 'a'; ALTER TABLE t RENAME id TO no")
    assert read(reader, table("t")).rows.to_pylist() == [{"no": 1, "x": "a"}]
    postgres.run("DROP TABLE t")
    with pytest.raises(SourceNotFound):
        read(reader, table("t"))


def test_a_statement_that_takes_too_long_ends(postgres: Postgres, opened: Open) -> None:
    postgres.run("CREATE VIEW v AS SELECT pg_sleep(30)::text AS x")
    url = postgres.url + "&options=-c%20statement_timeout%3D300"
    started = time.monotonic()
    with pytest.raises(SourceUnavailable, match="longer than it may"):
        read(opened(url), table("v"))
    assert time.monotonic() - started < 10


def test_a_server_that_accepts_and_never_answers_is_given_up(opened: Open) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"postgresql://u:{quote(SECRET, safe='')}@127.0.0.1:{silent.getsockname()[1]}/d"
        started = time.monotonic()
        with pytest.raises(SourceUnavailable, match="timeout expired") as caught:
            opened(url + "?connect_timeout=2").check()
    assert time.monotonic() - started < 10
    assert no_secret(str(caught.value))
    with pytest.raises(SourceUnavailable, match="refused"):
        opened(url).check()


def fill(postgres: Postgres, rows: int) -> None:
    postgres.run(
        "CREATE TABLE t AS SELECT i AS id, repeat('x', 400) AS note "
        f"FROM generate_series(1, {rows}) i"
    )
    postgres.run("ANALYZE t")


@pytest.mark.parametrize("connections", [1, 2])
def test_a_connection_that_is_cut_mid_read_is_an_error_not_an_end(
    postgres: Postgres, opened: Open, connections: int
) -> None:
    fill(postgres, 150_000)
    before = threading.active_count()
    reading = iter(opened(postgres.url, connections=connections).read(table("t"), {}))
    rows = len(next(reading).records)
    # Nobody takes what they send, so in the end none is about to begin an answer.
    busy = (
        f"SELECT 'busy ' || count(*) FROM pg_stat_activity WHERE datname = '{postgres.name}' "
        "AND state = 'active' AND wait_event IS DISTINCT FROM 'ClientWrite'"
    )
    deadline, calm = time.monotonic() + 20, 0
    while calm < 5:
        assert time.monotonic() < deadline
        calm = calm + 1 if "busy 0" in postgres.server.psql(busy) else 0
    postgres.server.psql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{postgres.name}'"
    )
    rest: list[Pulled] = []
    with pytest.raises(SourceUnavailable, match=r"Reading public\.t"):
        rest.extend(reading)
    assert rows + sum(len(answer.records) for answer in rest) < 150_000
    assert all(answer.state is None for answer in rest)
    assert threading.active_count() == before


def test_a_server_that_hung_up_meanwhile_is_an_error_and_no_end_of_the_process(
    postgres: Postgres,
) -> None:
    """The driver would abort, which takes every other source's run with it."""
    session = Session(Address.of(postgres.url, "DATABASE_URL"))
    try:
        postgres.server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{postgres.name}'"
        )
        time.sleep(0.2)
        for ask in (lambda: session.ask("SELECT 1", "looking"), session.begin):
            with pytest.raises(SourceUnavailable, match="closed the connection"):
                ask()
    finally:
        session.close()


def test_ranges_read_side_by_side_give_each_row_once_from_one_moment(
    postgres: Postgres, opened: Open
) -> None:
    fill(postgres, 150_000)
    reading = iter(opened(postgres.url, connections=3).read(table("t"), {}))
    answers = [next(reading)]
    postgres.run("DELETE FROM t; INSERT INTO t VALUES (0, 'later')")
    answers += list(reading)
    ids = [n for a in answers if len(a.records) for n in a.records.column("id").to_pylist()]  # type: ignore[union-attr]
    assert sorted(ids) == list(range(1, 150_001))
    assert len({str(a.about.get("sql")) for a in answers}) > 3
    assert answers[-1].state == {}
    assert all(a.state is None for a in answers[:-1])


def test_reading_that_is_left_early_lets_go_of_everything(postgres: Postgres, opened: Open) -> None:
    fill(postgres, 150_000)
    before = threading.active_count()
    reading: Any = opened(postgres.url).read(table("t"), {})
    next(reading)
    reading.close()
    assert threading.active_count() == before
    deadline = time.monotonic() + 5
    left = f"SELECT 'left ' || count(*) FROM pg_stat_activity WHERE datname = '{postgres.name}'"
    while "left 0" not in postgres.server.psql(left) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "left 0" in postgres.server.psql(left)


def test_the_address_is_no_argument_of_any_process(guarded: str, opened: Open) -> None:
    reading: Any = opened(guarded).read(table("open_to_all"), {})
    next(reading)
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    reading.close()
    assert no_secret(shown.replace("wrong", ""))
