"""Every type of Postgres: no value is lost or changed on the way."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.databases.conftest import Open, Postgres, read, table

UTC = dt.UTC
WIDE = Context(prec=40)
NINES = "9" * 38

EXACT: list[tuple[str, str, str, Any]] = [
    ("boolean", "true", "BOOLEAN", True),
    ("smallint", "-32768", "SMALLINT", -32768),
    ("integer", "2147483647", "INTEGER", 2147483647),
    ("bigint", "-9223372036854775808", "BIGINT", -(2**63)),
    ("real", "1.1", "FLOAT", 1.100000023841858),
    ("double precision", "0.1", "DOUBLE", 0.1),
    ("double precision", "-infinity", "DOUBLE", float("-inf")),
    ("numeric(18,2)", "-1234567890123456.78", "DECIMAL(18,2)", Decimal("-1234567890123456.78")),
    ("numeric(38,0)", NINES, "DECIMAL(38,0)", Decimal(NINES)),
    ("numeric(38,38)", "-0." + NINES, "DECIMAL(38,38)", Decimal("-0." + NINES)),
    ("numeric(5,2)", "0.10", "DECIMAL(5,2)", Decimal("0.10")),
    ("numeric(3,5)", "0.00123", "DECIMAL(5,5)", Decimal("0.00123")),
    ("numeric(8,-2)", "12345", "DECIMAL(10,0)", Decimal("12300")),
    ("numeric(40,2)", NINES + ".25", "VARCHAR", NINES + ".25"),
    ("numeric", "1e-20", "VARCHAR", "0.00000000000000000001"),
    ("numeric", "NaN", "VARCHAR", "NaN"),
    ("numeric", "-Infinity", "VARCHAR", "-Infinity"),
    ("text", "çé \U0001f4b6\n", "VARCHAR", "çé \U0001f4b6\n"),
    ("varchar(10)", "", "VARCHAR", ""),
    ("char(5)", "ab", "VARCHAR", "ab   "),
    ("name", "abc", "VARCHAR", "abc"),
    ('"char"', "x", "VARCHAR", "x"),
    ("bytea", "\\x00ff10", "BLOB", b"\x00\xff\x10"),
    ("bytea", "", "BLOB", b""),
    ("uuid", "6f1c9a1e-9a0b-4b62-8d3c-8f6f0d3a1b2c", "VARCHAR", None),
    ("json", '{"b": 1.10,  "a":null}', "VARCHAR", '{"b": 1.10,  "a":null}'),
    ("jsonb", '{"b": 1.10,  "a":null}', "VARCHAR", '{"a": null, "b": 1.10}'),
    ("date", "2024-02-29", "DATE", dt.date(2024, 2, 29)),
    ("time", "23:59:59.999999", "TIME", dt.time(23, 59, 59, 999999)),
    ("timetz", "12:00:00.5+05:30", "VARCHAR", "12:00:00.5+05:30"),
    ("timestamp", "1969-12-31 23:59:59.999999", "TIMESTAMP", None),
    ("timestamptz", "2024-03-31 02:30:00+02", "TIMESTAMPTZ", None),
    ("interval", "1 mon -2 days 3.000001 s", "VARCHAR", "P1M-2DT3.000001S"),
    ("mood", "ok", "VARCHAR", "ok"),
    ("cents", "12.34", "DECIMAL(12,2)", Decimal("12.34")),
    ("pair", "(1,a)", "VARCHAR", "(1,a)"),
    ("money", "$1.50", "VARCHAR", "$1.50"),
    ("inet", "10.0.0.1/8", "VARCHAR", "10.0.0.1/8"),
    ("cidr", "10.0.0.0/8", "VARCHAR", "10.0.0.0/8"),
    ("macaddr", "08:00:2b:01:02:03", "VARCHAR", "08:00:2b:01:02:03"),
    ("bit(3)", "101", "VARCHAR", "101"),
    ("varbit", "10", "VARCHAR", "10"),
    ("point", "(1,2.5)", "VARCHAR", "(1,2.5)"),
    ("polygon", "((0,0),(1,1),(1,0))", "VARCHAR", "((0,0),(1,1),(1,0))"),
    ("int4range", "[1,5)", "VARCHAR", "[1,5)"),
    ("tstzrange", "[2020-01-01 00:00+00,)", "VARCHAR", '["2020-01-01 00:00:00+00",)'),
    ("int4multirange", "{[1,3),[5,7)}", "VARCHAR", "{[1,3),[5,7)}"),
    ("tsvector", "'a':1 'b':2", "VARCHAR", "'a':1 'b':2"),
    ("pg_lsn", "1/2", "VARCHAR", "1/2"),
    ("oid", "4294967295", "BIGINT", 4294967295),
    ("xid", "4294967295", "VARCHAR", "4294967295"),
    ("jsonpath", '$."a"', "VARCHAR", '$."a"'),
    ("integer[]", "{1,NULL,3}", "INTEGER[]", [1, None, 3]),
    ("integer[]", "{}", "INTEGER[]", []),
    ("text[]", '{"a,b",NULL,""}', "VARCHAR[]", ["a,b", None, ""]),
    ("boolean[]", "{t,f}", "BOOLEAN[]", [True, False]),
    ("numeric(5,2)[]", "{1.50,NULL}", "DECIMAL(5,2)[]", [Decimal("1.50"), None]),
    ("numeric[]", "{1e30,NaN}", "VARCHAR[]", ["1" + "0" * 30, "NaN"]),
    ("date[]", "{2020-01-01}", "DATE[]", [dt.date(2020, 1, 1)]),
    ("mood[]", "{ok,sad}", "VARCHAR[]", ["ok", "sad"]),
    ("cents[]", "{1.25}", "VARCHAR[]", ["1.25"]),
    ("uuid[]", "{6f1c9a1e-9a0b-4b62-8d3c-8f6f0d3a1b2c}", "VARCHAR[]", None),
    ("jsonb[]", '{"{\\"a\\": 1}"}', "VARCHAR[]", ['{"a": 1}']),
    ("bytea[]", '{"\\\\x00ff"}', "BLOB[]", [b"\x00\xff"]),
    ("oid[]", "{4294967295}", "BIGINT[]", [4294967295]),
    ("tags", "{a,b}", "VARCHAR[]", ["a", "b"]),
]
_SPECIAL: dict[str, Any] = {
    "uuid": "6f1c9a1e-9a0b-4b62-8d3c-8f6f0d3a1b2c",
    "uuid[]": ["6f1c9a1e-9a0b-4b62-8d3c-8f6f0d3a1b2c"],
    "timestamp": dt.datetime(1969, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
    "timestamptz": dt.datetime(2024, 3, 31, 0, 30, tzinfo=UTC),
}
MADE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN cents AS numeric(12,2) CHECK (value > 0);
CREATE DOMAIN tags AS text[];
CREATE TYPE pair AS (a int, b text);
SET lc_monetary = 'C';
"""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_every_type_gives_the_very_value_and_null(postgres: Postgres, opened: Open) -> None:
    columns = ", ".join(f"c{n} {kind}" for n, (kind, _, _, _) in enumerate(EXACT))
    values = ", ".join(_literal(text) for _, text, _, _ in EXACT)
    postgres.run(f"{MADE} CREATE TABLE t ({columns}); INSERT INTO t VALUES ({values});")
    postgres.run("INSERT INTO t DEFAULT VALUES")
    reader = opened(postgres.url)
    answer = read(reader, table("t"))
    assert answer.rejects == ()
    types = reader.discover()[0].columns
    for n, (kind, _, sql, wanted) in enumerate(EXACT):
        expected = _SPECIAL[kind] if wanted is None else wanted
        assert answer.column(f"c{n}") == [expected, None], kind
        assert types[f"c{n}"] == sql, kind


TIMES = [
    ("timestamp", "infinity", 2**63 - 1),
    ("timestamp", "-infinity", -(2**63 - 1)),
    ("timestamptz", "infinity", 2**63 - 1),
    ("timestamptz", "4713-01-01 00:00:00 BC +00", -210_863_520_000_000_000),
    ("timestamp", "294246-12-31 23:59:59.999999", 9_223_371_244_799_999_999),
    ("date", "infinity", 2**31 - 1),
    ("date", "-infinity", -(2**31 - 1)),
    ("date", "4713-01-01 BC", -2_440_550),
    ("date", "5874897-12-31", 2_145_042_905),
    ("time", "24:00", 86_400_000_000),
]


def test_endless_ancient_and_far_times_are_kept_as_duckdb_writes_them(
    postgres: Postgres, opened: Open
) -> None:
    columns = ", ".join(f"c{n} {kind}, l{n} {kind}[]" for n, (kind, _, _) in enumerate(TIMES))
    values = ", ".join(f"{_literal(t)}, ARRAY[{_literal(t)}::{k}, NULL]" for k, t, _ in TIMES)
    postgres.run(f"CREATE TABLE t ({columns}); INSERT INTO t VALUES ({values});")
    postgres.run("INSERT INTO t (c0) VALUES ('2020-01-01')")
    rows = read(opened(postgres.url), table("t")).rows
    for n, (kind, text, number) in enumerate(TIMES):
        raw = rows.column(f"c{n}").combine_chunks()
        assert raw.cast("int64" if raw.type.bit_width == 64 else "int32")[0].as_py() == number, text
        inner = rows.column(f"l{n}").combine_chunks().values
        found = inner.cast("int64" if inner.type.bit_width == 64 else "int32").to_pylist()
        assert found == [number, None], (kind, text)


ODD = [
    ("numeric(10,2)", "NaN", "NaN"),
    ("timestamp", "294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999"),
    ("timestamptz", "294247-01-10 04:00:54.775807+00", "294247-01-10 04:00:54.775807"),
    ("timestamptz", "294247-01-10 04:00:54.775808+00", "294247-01-10 04:00:54.775808"),
    ("integer[]", "{{1,2},{3,4}}", "{{1,2},{3,4}}"),
    ("integer[]", "[2:3]={1,2}", "[2:3]={1,2}"),
    ("integer[]", "[0:1]={1,2}", "[0:1]={1,2}"),
    ("numeric(5,2)[]", "{1.50,NaN,NULL}", "{1.50,NaN,NULL}"),
    ("timestamp[]", "{294276-12-31 00:00}", "{294276-12-31 00:00:00}"),
]


def test_what_the_warehouse_cannot_hold_is_set_aside_with_its_reason(
    postgres: Postgres, opened: Open
) -> None:
    for n, (kind, text, said) in enumerate(ODD):
        postgres.run(
            f"CREATE TABLE t{n} (id int PRIMARY KEY, x {kind}, born date);"
            f"INSERT INTO t{n} VALUES (1, {_literal(text)}, 'infinity'), (2, NULL, NULL);"
        )
        answer = read(opened(postgres.url), table(f"t{n}"))
        assert answer.column("id") == [2], kind
        (reject,) = answer.rejects
        assert (reject.column, reject.path) == ("x", "[1]")
        assert f"Column x holds {said}, which is no" in reject.reason
        assert json.loads(reject.raw) == {"id": 1, "x": said, "born": "infinity"}


def test_a_column_declared_as_text_keeps_what_its_own_type_cannot(
    postgres: Postgres, opened: Open
) -> None:
    postgres.run(
        'CREATE TABLE t ("Matrix" int[], n numeric(10,2), at timestamp);'
        "INSERT INTO t VALUES ('{{1,2},{3,4}}', 'NaN', '294276-12-31 00:00')"
    )
    types = {"matrix": "VARCHAR", "n": "VARCHAR", "at": "VARCHAR"}
    answer = read(opened(postgres.url), table("t", types=types))
    assert answer.rejects == ()
    assert answer.rows.to_pylist() == [
        {"Matrix": "{{1,2},{3,4}}", "n": "NaN", "at": "294276-12-31 00:00:00"}
    ]


@pytest.mark.parametrize("encoding", ["LATIN1", "UTF8"])
def test_text_is_utf8_whatever_the_database_keeps(
    postgres: Postgres, opened: Open, encoding: str
) -> None:
    name = f"{postgres.name}_{encoding.lower()}"
    postgres.run(
        f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 "
        "LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    other = Postgres(postgres.server, name)
    other.run("CREATE TABLE t (x text); INSERT INTO t VALUES (U&'caf\\00E9')")
    assert read(opened(other.url), table("t")).column("x") == ["café"]


def test_bytes_that_a_careless_server_calls_text_are_set_aside(
    postgres: Postgres, opened: Open
) -> None:
    name = f"{postgres.name}_ascii"
    postgres.run(
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0 "
        "LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    other = Postgres(postgres.server, name)
    other.run(
        "CREATE TABLE t (id int, x text, l text[]);"
        "INSERT INTO t VALUES (1, E'caf\\303\\251', NULL), (2, E'caf\\351', ARRAY['b']), (3, NULL, "
        "ARRAY['a', E'\\377'])"
    )
    answer = read(opened(other.url), table("t"))
    assert answer.rows.to_pylist() == [{"id": 1, "x": "café", "l": None}]
    assert [json.loads(each.raw) for each in answer.rejects] == [
        {"id": 2, "x": "\\x636166e9", "l": ["b"]},
        {"id": 3, "x": None, "l": "{a,\\xff}"},
    ]


@examples(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 38).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p))), st.data())
def test_decimals_of_any_precision_and_scale_are_exact(
    postgres: Postgres, opened: Open, digits: tuple[int, int], data: st.DataObject
) -> None:
    precision, scale = digits
    whole = st.integers(-(10**precision) + 1, 10**precision - 1)
    numbers = [Decimal(n).scaleb(-scale, WIDE) for n in data.draw(st.lists(whole, min_size=1))]
    rows = ", ".join(f"({at}, {number:f})" for at, number in enumerate(numbers))
    postgres.run(
        f"DROP TABLE IF EXISTS t; CREATE TABLE t (id int, n numeric({precision},{scale}));"
        f"INSERT INTO t VALUES {rows}"
    )
    answer = read(opened(postgres.url), table("t"))
    assert answer.column("n") == numbers
    assert answer.rows.schema.field("n").type == pa.decimal128(precision, scale)
