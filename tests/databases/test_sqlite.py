"""SQLite: values that aren't of their column's type, and columns without one."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import RequestRefused, SourceNotFound
from tests.databases.conftest import Open, read, table


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "books #1.db"


def fill(file: Path, *statements: str | tuple[str, Any]) -> str:
    """Run statements; gives the file's address."""
    file.parent.mkdir(exist_ok=True)
    with sqlite3.connect(file) as connection:
        for each in statements:
            connection.execute(*((each,) if isinstance(each, str) else each))
    connection.close()
    return f"sqlite:///{str(file).replace('#', '%23').replace(' ', '%20')}"


VALUES: list[tuple[str, Any, str, Any]] = [
    ("INTEGER", 2**63 - 1, "BIGINT", 2**63 - 1),
    ("tinyint unsigned", -1, "BIGINT", -1),
    ("VARCHAR(3)", "çé\U0001f4b6", "VARCHAR", "çé\U0001f4b6"),
    ("TEXT", 5, "VARCHAR", "5"),
    ("BLOB", b"\x00\xff", "BLOB", b"\x00\xff"),
    ("REAL", 3, "DOUBLE", 3.0),
    ("DOUBLE", float("inf"), "DOUBLE", float("inf")),
    ("DECIMAL(10,2)", 0.1, "DECIMAL(10,2)", Decimal("0.10")),
    ("DECIMAL(38,2)", "12345678901234567890.25x", "DECIMAL(38,2)", None),
    ("NUMERIC", 7, "DOUBLE", 7.0),
    ("BOOLEAN", 1, "BOOLEAN", True),
    ("DATE", "2024-02-29", "DATE", dt.date(2024, 2, 29)),
    ("DATETIME", "2024-02-29 10:00:00.000001", "TIMESTAMP", None),
    ("TIMESTAMP", "2024-02-29T10:00", "TIMESTAMP", None),
    ("JSON", '{"a": 1.10}', "VARCHAR", '{"a": 1.10}'),
    ("", 1.5, "VARCHAR", "1.5"),
]


def test_each_declared_type_gives_its_value_and_null(file: Path, opened: Open) -> None:
    kept = [each for each in VALUES if not str(each[1]).endswith("x")]
    columns = ", ".join(f"c{n} {kind}" for n, (kind, *_) in enumerate(kept))
    marks = ", ".join("?" for _ in kept)
    url = fill(
        file,
        f"CREATE TABLE t ({columns})",
        (f"INSERT INTO t VALUES ({marks})", [value for _, value, _, _ in kept]),
        "INSERT INTO t DEFAULT VALUES",
    )
    reader = opened(url)
    types = reader.discover()[0].columns
    answer = read(reader, table("t"))
    assert answer.rejects == ()
    for n, (kind, value, sql, wanted) in enumerate(kept):
        expected = dt.datetime.fromisoformat(value) if sql == "TIMESTAMP" else wanted
        assert (types[f"c{n}"], answer.column(f"c{n}")) == (sql, [expected, None]), kind


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("INTEGER", "abc", "abc"),
        ("INTEGER", 1.5, "1.5"),
        ("INTEGER", b"\x01", "\\x01"),
        ("TEXT", b"\xff", "\\xff"),
        ("BLOB", "text", "text"),
        ("REAL", "abc", "abc"),
        ("BOOLEAN", 2, "2"),
        ("DATE", 20240229, "20240229"),
        ("DATE", "2024-02-30", "2024-02-30"),
        ("DATETIME", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00Z"),
        ("DECIMAL(5,2)", 0.125, "0.125"),
        ("DECIMAL(5,2)", 12345, "12345"),
        ("DECIMAL(5,2)", "n/a", "n/a"),
    ],
)
def test_a_value_of_another_type_is_set_aside_not_bent(
    file: Path, opened: Open, kind: str, value: Any, said: str
) -> None:
    rows = [(1, value), (2, None)]
    url = fill(file, f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {kind})")
    for row in rows:
        fill(file, ("INSERT INTO t VALUES (?, ?)", row))
    answer = read(opened(url), table("t"))
    assert answer.column("id") == [2]
    (reject,) = answer.rejects
    assert (reject.column, json.loads(reject.raw)) == ("x", {"id": 1, "x": said})
    whole = read(opened(url), table("t", types={"x": "VARCHAR"}))
    assert (whole.column("x"), whole.rejects) == ([said, None], ())


def test_text_that_is_no_utf8_is_set_aside(file: Path, opened: Open) -> None:
    url = fill(
        file,
        "CREATE TABLE t (x TEXT)",
        "INSERT INTO t VALUES (CAST(X'61ff' AS TEXT)), ('ok')",
    )
    answer = read(opened(url), table("t"))
    assert answer.column("x") == ["ok"]
    assert json.loads(answer.rejects[0].raw) == {"x": "\\x61ff"}


def test_tables_views_and_keys_are_found_under_awkward_names(file: Path, opened: Open) -> None:
    url = fill(
        file,
        'CREATE TABLE "a.b ""c" (y INT, x INT, PRIMARY KEY (x, y)) WITHOUT ROWID',
        'CREATE VIEW v AS SELECT x, count(*) AS n FROM "a.b ""c"',
        'INSERT INTO "a.b ""c" VALUES (1, 2)',
    )
    reader = opened(url)
    found = {each.name: each for each in reader.discover()}
    assert "2 tables and views" in reader.check()
    assert found['"a.b ""c"'].key == ("x", "y")
    assert read(reader, table('"a.b ""c"')).rows.to_pylist() == [{"y": 1, "x": 2}]
    assert read(reader, table("v")).rows.to_pylist() == [{"x": 2, "n": "1"}]


def test_the_file_is_never_written_and_its_absence_is_said(file: Path, opened: Open) -> None:
    with pytest.raises(SourceNotFound, match="unable to open database file"):
        read(opened(f"sqlite:///{file}"), table("t"))
    assert not file.exists()
    url = fill(file, "CREATE TABLE t (x INT)")
    with pytest.raises(SourceNotFound, match="no table or view nope"):
        read(opened(url), table("nope"))


def test_a_table_is_read_in_one_snapshot_while_others_write(file: Path, opened: Open) -> None:
    url = fill(file, "PRAGMA journal_mode = WAL", "CREATE TABLE t (x INT)")
    with sqlite3.connect(file) as other:
        other.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(5000)])
        other.commit()
        reading = iter(opened(url).read(table("t"), {}))
        first = next(reading)
        other.execute("DELETE FROM t")
        other.execute("INSERT INTO t VALUES (-1)")
        other.commit()
        rest = [len(answer.records) for answer in reading]
    other.close()
    assert len(first.records) + sum(rest) == 5000


def test_values_of_another_sort_dont_hide_rows_from_the_cursor(file: Path, opened: Open) -> None:
    """A text sorts behind every number: as the greatest value it would end the reading."""
    url = fill(file, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT)")
    fill(file, "INSERT INTO t VALUES (1, 10), (2, 'later'), (3, NULL)")
    stream = table("t", cursor="v", mode="merge", key=("id",))
    first = read(opened(url), stream)
    assert sorted(first.column("id")) == [1, 3]
    fill(file, "INSERT INTO t VALUES (4, 11)")
    second = read(opened(url), stream, first.state)
    assert sorted(second.column("id")) == [1, 3, 4]
    assert second.state["value"] == "11"
    with pytest.raises(Exception, match="no number or text"):
        read(opened(url), stream, {**first.state, "value": "1; DROP TABLE t"})


def test_too_many_rows_under_one_value_are_refused_not_doubled(file: Path, opened: Open) -> None:
    url = fill(file, "CREATE TABLE t (id INT, v INT)")
    with sqlite3.connect(file) as connection:
        connection.executemany("INSERT INTO t VALUES (?, 1)", [(n,) for n in range(20_001)])
    connection.close()
    with pytest.raises(RequestRefused, match="More than 20,000 rows share the newest value"):
        read(opened(url), table("t", cursor="v", mode="append"))
