"""A table with every type of Postgres, and what its values are as texts on both sides.

The texts are chosen so that they say the whole value and are spelled alike: times as
counts of microseconds, bytes and floats as hexadecimal digits or by their shortest
decimal, lists as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.naming import quote
from tests.databases.conftest import Postgres
from tests.databases.test_postgres_types import MADE


@dataclass(frozen=True)
class Typed:
    """One column. `made` gives its value from n; {} stands for the column in the texts."""

    name: str
    kind: str
    made: str
    theirs: str = "{}::text"
    ours: str = "{}::VARCHAR"


def _day(of: str) -> str:
    return f"CASE WHEN isfinite({of}) THEN ({of} - date '1970-01-01')::text ELSE {of}::text END"


def _moment(of: str, kind: str, zone: str = "") -> str:
    count = f"(extract(epoch FROM {of} - {kind} '1970-01-01 00:00{zone}') * 1000000)::bigint::text"
    return f"CASE WHEN isfinite({of}) THEN {count} ELSE {of}::text END"


_DAYS = "datediff('day', DATE '1970-01-01', {0})"
OUR_DAY = f"CASE WHEN isinf({{0}}) THEN {{0}}::VARCHAR ELSE {_DAYS}::VARCHAR END"
OUR_MOMENT = "CASE WHEN isinf({0}) THEN {0}::VARCHAR ELSE epoch_us({0})::VARCHAR END"
JSON_OF_TEXTS = ("array_to_json({}::text[])::text", "to_json({}::VARCHAR[])::VARCHAR")
JSON = ("array_to_json({})::text", "to_json({})::VARCHAR")
BOOKS = "timestamptz '1970-01-01 00:00Z'"

COLUMNS = [
    Typed("yes", "boolean", "n % 2 = 0"),
    Typed("small", "smallint", "(n % 65536 - 32768)::smallint"),
    Typed("whole", "integer", "hashint8(n)"),
    Typed("large", "bigint", "hashint8extended(n, 1)"),
    Typed(
        "single",
        "real",
        "(ARRAY['NaN', '-Infinity', '1e-40', n || 'e-3'])[1 + n % 4]::real",
        "{}::float8::text",
        "{}::DOUBLE",
    ),
    Typed(
        "twice",
        "double precision",
        "(ARRAY['NaN', 'Infinity', '-0', n || '.1e-7'])[1 + n % 4]::float8",
        "{}::text",
        "{}::DOUBLE",
    ),
    Typed(
        "amount", "numeric(18,2)", "CASE WHEN n % 101 = 1 THEN 'NaN' ELSE hashint8(n) / 100.0 END"
    ),
    Typed("digits", "numeric(38,0)", "('-' || repeat('9', 32) || (100000 + n % 900000))::numeric"),
    Typed(
        "tiny",
        "numeric(38,38)",
        "('0.' || repeat('0', 30) || lpad(n::text, 8, '0'))::numeric",
        ours="'0' || {}::VARCHAR",
    ),
    Typed(
        "free",
        "numeric",
        "(ARRAY['NaN', 'Infinity', '-Infinity', repeat('7', 60), n || '.50', '1e-30'])"
        "[1 + n % 6]::numeric",
    ),
    Typed("said", "text", "chr(228) || n || chr(128182) || E'\\n\\t\"'"),
    Typed("padded", "char(8)", "(n % 1000)::text", "rpad({}::text, 8)"),
    Typed(
        "data",
        "bytea",
        "decode(lpad(to_hex(n), 16, '0'), 'hex')",
        "encode({}, 'hex')",
        "lower(hex({}))",
    ),
    Typed("id", "uuid", "md5(n::text)::uuid"),
    Typed(
        "doc",
        "jsonb",
        "jsonb_build_object('n', n, 'd', n / 7.0, 'no', NULL, 'l', jsonb_build_array(n))",
    ),
    Typed("old", "json", "('{\"b\": ' || n || '.10,  \"a\":null}')::json"),
    Typed(
        "day",
        "date",
        "(ARRAY['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2024-02-29'])"
        "[1 + n % 5]::date",
        _day("{0}"),
        OUR_DAY,
    ),
    Typed("day2", "date", "date '2000-02-29' + (n % 900000 - 600000)::int", _day("{0}"), OUR_DAY),
    Typed(
        "clock",
        "time",
        "CASE WHEN n % 10 = 0 THEN '24:00' ELSE time '0:00' + n * interval '1 us' END",
    ),
    Typed(
        "moment",
        "timestamp",
        "CASE n % 99 WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' "
        "WHEN 3 THEN '0044-03-15 12:00 BC' WHEN 4 THEN '294276-12-31 23:59:59.999999' "
        "ELSE timestamp '1970-01-01' "
        "+ (n % 5000000 - 2500000) * interval '1 hour 1.000001 s' END",
        _moment("{0}", "timestamp"),
        OUR_MOMENT,
    ),
    Typed(
        "instant",
        "timestamptz",
        "CASE n % 98 WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' "
        "WHEN 3 THEN '4713-01-02 00:00+00 BC' "
        f"ELSE {BOOKS} + n * interval '997.000001 s' END",
        _moment("{0}", "timestamptz", "Z"),
        OUR_MOMENT,
    ),
    Typed("span", "interval", "n * interval '1 month -2 days 3.000001 s'"),
    Typed("mood", "mood", "(ARRAY['sad', 'ok'])[1 + n % 2]::mood"),
    Typed("cents", "cents", "1 + n / 100.0"),
    Typed("pair", "pair", "ROW(n, 'b,' || n)::pair"),
    Typed("price", "money", "(n / 100.0)::numeric::money"),
    Typed("net", "inet", "inet '10.0.0.0/8' + n"),
    Typed("bits", "bit(8)", "(n % 256)::int::bit(8)"),
    Typed("spot", "point", "point(n, n / 3.0)"),
    Typed("part", "int8range", "int8range(n, n + 5)"),
    Typed("times", "tstzrange", f"tstzrange({BOOKS}, {BOOKS} + n * interval '1 s')"),
    Typed(
        "list",
        "integer[]",
        "CASE WHEN n % 103 = 1 THEN '{{1},{2}}'::int[] ELSE ARRAY[n, NULL, -n]::int[] END",
        *JSON,
    ),
    Typed("words", "text[]", "ARRAY['a,b' || n, NULL, '']", *JSON),
    Typed("sums", "numeric(12,2)[]", "ARRAY[n / 100.0, NULL]", *JSON_OF_TEXTS),
    Typed(
        "days",
        "date[]",
        "ARRAY['infinity', NULL, '0044-03-15 BC', '2024-02-29']::date[]",
        "CASE WHEN {0} IS NOT NULL THEN array_to_json(ARRAY(SELECT "
        + _day("d")
        + " FROM unnest({0}) WITH ORDINALITY AS x(d, o) ORDER BY o))::text END",
        "to_json(list_transform({0}, lambda d: " + OUR_DAY.format("d") + "))::VARCHAR",
    ),
    Typed("moods", "mood[]", "CASE WHEN n % 3 = 0 THEN '{}' ELSE ARRAY['ok']::mood[] END", *JSON),
]
FAR = "(moment > '294247-01-10 04:00' AND moment < 'infinity')"
SET_ASIDE = f"amount = 'NaN' OR {FAR} OR array_ndims(list) > 1"
"""The rows with a value that no type of the warehouse holds."""


def fill(postgres: Postgres, rows: int) -> None:
    """The table `t`; every thirteenth value or so is null."""
    columns = ", ".join(f"{quote(each.name)} {each.kind}" for each in COLUMNS)
    values = ", ".join(
        f"CASE WHEN (n + {at}) % 13 > 0 THEN {each.made} END" for at, each in enumerate(COLUMNS)
    )
    postgres.run(
        f"{MADE} CREATE TABLE t (n bigint PRIMARY KEY, {columns});"
        f"INSERT INTO t SELECT n, {values} FROM generate_series(1::bigint, {rows}) n; ANALYZE t"
    )


def texts(*, ours: bool) -> str:
    """A SELECT list of all values as texts."""
    chosen = [(each, each.ours if ours else each.theirs) for each in COLUMNS]
    return ", ".join(f"{said.format(quote(e.name))} AS {quote(e.name)}" for e, said in chosen)
