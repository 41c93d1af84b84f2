"""Matching organizations: a million of them at once, then ten more.

`python -m benchmarks.matching [--records N] [--sharing N]` makes N records (1,000,000) of
two and a half times fewer companies in five systems: names with legal forms, slips of
the pen and descriptors; every name is shared by several companies (`--sharing`, so that
a million records have about ten million pairs to compare). It tells the seconds and the
memory of a first run, training included, and of a run after ten records came.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import time

from benchmarks.harness import WORK
from pipelines.matching.run import match_records
from pipelines.matching.tables import RUNS, XREF
from resources.settings import Settings
from resources.warehouse import Connection, Warehouse

TABLE = "staging.made_up__org_records"
TARGETS = {"full_minutes": 10.0, "peak_memory_gb": 6.0, "ten_more_seconds": 5.0}

_SYLLABLES = (
    "ba de fi go ku la me ni po ru sa te vi wo xu ya ze bra dri glo kru pla sme tri vor zan hul qui"
)
_ROWS = """
WITH words AS (
    SELECT string_split('{syllables}', ' ') AS s
), companies AS (
    SELECT e, hash(e) AS h, hash(e) % {names} AS n, hash(hash(e)) AS g
    FROM range({first}, {last}) AS t(e)
), named AS (
    SELECT c.*, list_reduce(list_transform([c.n, c.n // 30, c.n // 900, c.n // 27000],
        lambda i: s[(hash(i) % 30 + 1)::INTEGER]), lambda x, y: x || y)
        || ' ' || s[(hash(c.n + 7) % 30 + 1)::INTEGER] || s[(hash(c.n + 9) % 30 + 1)::INTEGER]
        AS name
    FROM companies AS c, words
), known AS (
    SELECT *, hash(e, k) AS r FROM named, range({systems}) AS t(k) WHERE hash(e, k) % 2 = 0
)
SELECT 'system' || k AS source, e::VARCHAR AS source_id,
    CASE k
        WHEN 1 THEN upper(name) || ' INC.'
        WHEN 2 THEN name || ', Ltd'
        WHEN 3 THEN CASE WHEN r % 20 = 2 THEN name[:5] || name[7:] ELSE name END
        WHEN 4 THEN name || CASE WHEN r % 6 = 2 THEN ' Technologies GmbH' ELSE '' END
        ELSE name
    END AS name,
    CASE WHEN k IN (0, 1, 3) AND r % 10 < 7 THEN ['https://www.c' || e || '.com/'] END AS websites,
    ['US', 'GB', 'DE', 'FR', 'IN', 'BR', 'SE', 'NL'][(g % 8 + 1)::INTEGER] AS country_code,
    CASE WHEN k <> 2 THEN 'City ' || chr((65 + g % 26)::INTEGER) || (g % 11) END AS city,
    CASE WHEN k <> 1 THEN (1985 + g % 38)::INTEGER END AS founded_year
FROM known
"""


def fill(tx: Connection, companies: int, sharing: int) -> None:
    """Make the table of records of so many companies."""
    query = _ROWS.format(
        syllables=_SYLLABLES, names=max(companies // sharing, 1), first=0, last=companies, systems=5
    )
    tx.execute(f"CREATE OR REPLACE TABLE {TABLE} AS {query}")


def add_ten(tx: Connection, companies: int, sharing: int) -> None:
    """Ten records of a sixth system: companies that the others know."""
    query = _ROWS.format(
        syllables=_SYLLABLES, names=max(companies // sharing, 1), first=0, last=60, systems=1
    )
    tx.execute(
        f"INSERT INTO {TABLE} SELECT * REPLACE ('late' AS source) FROM ({query}) "
        "ORDER BY source_id LIMIT 10"
    )


def main() -> int:
    """Measure, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--sharing", type=int, default=4)
    given = parser.parse_args()
    home = WORK / "matching"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    warehouse = Warehouse(Settings(home=home))
    try:
        figures = _measure(warehouse, given.records * 2 // 5, given.sharing)
    finally:
        warehouse.close()
        shutil.rmtree(home, ignore_errors=True)
    met = True
    for name, value in figures.items():
        target = TARGETS.get(name)
        fine = target is None or value <= target
        met = met and fine
        aim = f"  (at most {target:g}: {'met' if fine else 'MISSED'})" if target else ""
        print(f"{name:>20} {value:>14,.2f}{aim}")
    return 0 if met else 1


def _measure(warehouse: Warehouse, companies: int, sharing: int) -> dict[str, float]:
    warehouse.commit(lambda tx: fill(tx, companies, sharing), message="fill")
    full = _timed(warehouse)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    with warehouse.read() as connection:
        row = connection.execute(
            f"SELECT records, pairs, (SELECT count(DISTINCT org_id) FROM {XREF}), "
            # Truth: a record's id is its company's number.
            f"(SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM {XREF} "
            "GROUP BY org_id, source_id)), "
            f"(SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM {XREF} GROUP BY org_id))"
            f", (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM {XREF} "
            f"GROUP BY source_id)) FROM {RUNS} ORDER BY ran_at DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    records, pairs, organizations, right, said, true = (float(value) for value in row)
    warehouse.commit(lambda tx: add_ten(tx, companies, sharing), message="add ten")
    ten = _timed(warehouse)
    return {
        "records": records,
        "pairs": pairs,
        "organizations": organizations,
        "precision": right / said,
        "recall": right / true,
        "full_minutes": full / 60,
        "peak_memory_gb": peak,
        "ten_more_seconds": ten,
    }


def _timed(warehouse: Warehouse) -> float:
    began = time.monotonic()
    match_records(warehouse, [TABLE], run_id=str(began))
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
