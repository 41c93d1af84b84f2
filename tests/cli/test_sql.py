from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.commands.sql import sql
from pipelines.errors import ConfigurationError
from resources.settings import Settings
from tests.cli.conftest import Headwater


@pytest.fixture
def ask(filled: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Ask in this process; returns what was written to a file."""
    monkeypatch.setenv("HEADWATER_HOME", str(filled.home))

    def call(query: str, form: str = "json", as_of: str | None = None) -> bytes:
        target = tmp_path / "answer"
        sql(query, as_of=as_of, form=form, output=target)
        return target.read_bytes()

    return call


def test_json_keeps_what_a_float_would_lose(ask) -> None:  # type: ignore[no-untyped-def]
    row = json.loads(ask("FROM core.deal ORDER BY deal_id LIMIT 1"))[0]
    assert row["amount_usd"] == "1234567890123456.78"
    assert row["deal_id"] == 1
    assert row["note"] is None
    assert row["closed_at"] == "2024-02-29 10:00:00+00"
    assert row["parts"] == ["1.5"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("170141183460469231731687303715884105727::HUGEINT", str(2**127 - 1)),
        ("'infinity'::DATE", "infinity"),
        ("'0044-03-15 (BC)'::DATE", "0044-03-15 (BC)"),
        ("INTERVAL 3 MONTHS", "3 months"),
        ("'NaN'::DOUBLE", "nan"),
        ("18446744073709551615::UBIGINT", 2**64 - 1),
        ("'\\xAA'::BLOB", "qg=="),
        ("{'a': 1.10::DECIMAL(4,2)}", {"a": "1.10"}),
    ],
)
def test_json_is_exact(ask, expression: str, expected: object) -> None:  # type: ignore[no-untyped-def]
    assert json.loads(ask(f"SELECT {expression} AS v")) == [{"v": expected}]


def test_json_keeps_columns_of_one_name_apart(ask) -> None:  # type: ignore[no-untyped-def]
    assert json.loads(ask("SELECT 1 AS a, 2 AS a")) == [{"a": 1, "a_2": 2}]


def test_json_of_no_rows_is_an_empty_list(ask) -> None:  # type: ignore[no-untyped-def]
    assert json.loads(ask("FROM core.deal WHERE false")) == []


def test_csv_tells_null_from_empty_text(ask) -> None:  # type: ignore[no-untyped-def]
    lines = ask("SELECT deal_id, note, 'a\"b' AS q FROM core.deal ORDER BY 1", "csv").decode()
    assert lines == 'deal_id,note,q\n1,,"a""b"\n2,"","a""b"\n'


def test_parquet_keeps_types(ask) -> None:  # type: ignore[no-untyped-def]
    table = pq.read_table(io.BytesIO(ask("FROM core.deal", "parquet")))
    assert str(table.schema.field("amount_usd").type) == "decimal128(18, 2)"
    assert table.num_rows == 2


def test_explain_and_describe_are_answered(ask) -> None:  # type: ignore[no-untyped-def]
    assert b"deal_id" in ask("DESCRIBE core.deal", "csv")
    assert b"SCAN" in ask("EXPLAIN FROM core.deal", "csv")


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE core.deal",
        "INSERT INTO core.deal (deal_id) VALUES (3)",
        "COPY core.deal TO 'x.csv'",
        "ATTACH 'x.db'",
        "SET memory_limit = '1GB'",
        "SELECT 1; SELECT 2",
        "",
        "SELECT * FROM read_csv('/etc/passwd')",
        "FROM nowhere",
        "CALL lake.set_commit_message('a', 'b')",
    ],
)
def test_what_does_not_read_the_lake_is_refused(ask, query: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigurationError):
        ask(query)


def test_as_of_reads_an_older_snapshot(ask) -> None:  # type: ignore[no-untyped-def]
    count = "SELECT count(*) AS n FROM core.deal"
    assert json.loads(ask(count)) == [{"n": 2}]
    assert json.loads(ask(count, as_of="2")) == [{"n": 1}]
    assert json.loads(ask(count, as_of="2999-01-01")) == [{"n": 2}]


@pytest.mark.parametrize("moment", ["1999-01-01", "99999", "yesterday"])
def test_as_of_outside_the_history_says_what_there_is(ask, moment: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigurationError, match=r"snapshot"):
        ask("SELECT 1", as_of=moment)


def test_the_command_prints_for_people(headwater: Headwater, filled: Settings) -> None:
    done = headwater("sql", "SELECT deal_id, note FROM core.deal ORDER BY 1")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.decode().splitlines()] == [
        ["deal_id", "note"],
        ["1", "∅"],
        ["2"],
    ]


def test_a_refused_query_ends_with_2(headwater: Headwater, filled: Settings) -> None:
    done = headwater("sql", "DELETE FROM core.deal")
    assert done.returncode == 2
    assert b"DELETE is not a statement that reads" in done.stderr


def test_no_warehouse_is_said_and_none_is_made(headwater: Headwater, settings: Settings) -> None:
    done = headwater("sql", "SELECT 1")
    assert done.returncode == 2
    assert b"headwater run" in done.stderr
    assert not any(settings.home.iterdir())
