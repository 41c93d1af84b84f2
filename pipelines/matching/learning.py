"""Learning how often each level occurs: between records of two organizations, and of one.

Belongs here: `u` by counting and `m` by expectation-maximisation. Does not belong here:
what is weighed by how common it is, and the prior (`training`).
"""

from __future__ import annotations

import re

from pipelines.matching.comparisons import COMPARISONS, settings
from pipelines.matching.scoring import quiet
from resources.warehouse import Connection

_SAMPLE = 120_000
"""Records that expectation-maximisation looks at."""
_PAIRS = 300_000
"""Pairs that `u` is counted on."""
_CAUTION = 50.0
"""Pairs that what is assumed weighs as much as, against what the data say; never less
than a tenth, for clean data are no promise that the next will be."""
_MOST_BLOCK = 60


def different(connection: Connection) -> dict[str, list[float]]:
    """u: how often each level occurs between different records of one source."""
    row = connection.execute("SELECT count(*) FROM match_input").fetchone()
    count = int(row[0]) if row else 0
    steps = max(1, min(400, _PAIRS // max(count, 1)))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ranked AS SELECT *, "
        "count(*) OVER (PARTITION BY source) AS n, "
        "row_number() OVER (PARTITION BY source ORDER BY md5(record_id)) - 1 AS place "
        "FROM match_input"
    )
    found = {}
    total = "FROM ranked AS a JOIN ranked AS b ON a.source = b.source AND a.n > 1"
    for comparison in COMPARISONS:
        columns = sorted(_columns(comparison.unknown, *(c.condition for c in comparison.levels)))
        spread = ", ".join(f"a.{c} AS {c}_l, b.{c} AS {c}_r" for c in columns)
        cases = " ".join(
            f"WHEN {level.condition} THEN {place}"
            for place, level in enumerate(comparison.levels)
            if level.condition != "ELSE"
        )
        rows = connection.execute(
            f"SELECT CASE WHEN {comparison.unknown} THEN -1 {cases} "
            f"ELSE {len(comparison.levels) - 1} END AS level, count(*) FROM (SELECT {spread} "
            f"{total}, range(1, {steps + 1}) AS step(k) WHERE k < a.n "
            "AND b.place = (a.place + k) % a.n) GROUP BY level"
        ).fetchall()
        counts = dict(rows)
        seen = sum(n for level, n in rows if level >= 0)
        parts = [counts.get(place, 0) + 0.5 for place in range(len(comparison.levels))]
        whole = seen + 0.5 * len(parts)
        found[comparison.name] = [rounded(part / whole) for part in parts]
    return found


def _columns(*conditions: str) -> set[str]:
    return {found for text in conditions for found in re.findall(r"([a-z_]+)_[lr]\b", text)}


def alike(
    connection: Connection, prior: float, assumed: dict[str, list[float]], u: dict[str, list[float]]
) -> tuple[dict[str, list[float]], tuple[str, ...]]:
    """m: from both sessions, weighed by their pairs and held back by what was assumed."""
    sums = {name: [p * _CAUTION for p in parts] for name, parts in assumed.items()}
    weights = dict.fromkeys(assumed, _CAUTION)
    learned = set()
    for column in ("domain", "name_key"):
        pairs, found = _session(connection, column, prior, assumed, u)
        for name, parts in found.items():
            learned.add(name)
            weights[name] += pairs
            sums[name] = [s + pairs * p for s, p in zip(sums[name], parts, strict=True)]
    m = {
        name: [
            rounded(0.9 * s / weights[name] + 0.1 * a)
            for s, a in zip(sums[name], assumed[name], strict=True)
        ]
        for name in sums
    }
    return m, tuple(sorted(learned))


def _session(
    connection: Connection,
    column: str,
    prior: float,
    assumed: dict[str, list[float]],
    u: dict[str, list[float]],
) -> tuple[int, dict[str, list[float]]]:
    """One session over pairs of different sources that share `column`; how many, and m."""
    connection.execute(
        "CREATE OR REPLACE TABLE match_sample AS SELECT * EXCLUDE (n) FROM ("
        f"SELECT *, count(*) OVER (PARTITION BY {column}) AS n FROM match_input "
        f"WHERE {column} IS NOT NULL) WHERE n BETWEEN 2 AND {_MOST_BLOCK} "
        f"ORDER BY md5({column}), record_id LIMIT {_SAMPLE}"
    )
    rule = f"l.{column} = r.{column} AND l.source <> r.source"
    row = connection.execute(
        f"SELECT count(*) FROM match_sample AS l JOIN match_sample AS r ON {rule} "
        "AND l.record_id < r.record_id"
    ).fetchone()
    pairs = int(row[0]) if row else 0
    if pairs < _CAUTION:
        return 0, {}
    with quiet():
        from splink import DuckDBAPI, Linker

        api = DuckDBAPI(connection)
        given = settings(prior, assumed, u, [rule])
        linker = Linker(api.register("match_sample"), given, log_level=None)
        # Sums of fractions come out the same only if they are added in one order.
        connection.execute("SET threads = 1")
        session = linker.training.estimate_parameters_using_expectation_maximisation(rule)
        connection.execute("RESET threads")
        trained = session.core_model_settings.comparisons
    found = {}
    for comparison in trained:
        levels = [level for level in comparison.comparison_levels if not level.is_null_level]
        parts = [level.m_probability for level in levels]
        numbers = [part if isinstance(part, float) else 0.0 for part in parts]
        total = sum(numbers)
        if total > 0:
            found[comparison.output_column_name] = [number / total for number in numbers]
    connection.execute("DROP TABLE match_sample")
    return pairs, found


def rounded(number: float) -> float:
    """Six significant digits, so that the order of a sum doesn't show."""
    return float(f"{number:.6g}")
