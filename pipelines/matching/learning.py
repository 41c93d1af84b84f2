"""Learning how often each level occurs: between records of two organizations, and of one.

Belongs here: `u` by counting and `m` by expectation-maximisation. Does not belong here:
what is weighed by how common it is, and the prior (`training`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipelines.matching.comparisons import COMPARISONS, Comparison, Odds, settings
from pipelines.matching.scoring import quiet
from resources.warehouse import Connection

_SAMPLE = 120_000
"""Records that expectation-maximisation looks at."""
_PAIRS = 300_000
"""Pairs that `u` is counted on."""
_CAUTION = 50.0
"""Pairs that what is assumed weighs as much as, against what the data say."""
_DOUBT = 0.1
"""Part of what is assumed that always stays: clean data don't promise that the next will be."""
_MOST_OVER = 2.5
"""A level below the first is learned to be at most so many times as frequent as assumed."""
_MOST_BLOCK = 60
SESSIONS = ("domain", "name_key")
"""Columns that pairs are chosen by for expectation-maximisation, one after the other."""


def different(
    connection: Connection, comparisons: Sequence[Comparison] = COMPARISONS
) -> dict[str, list[float]]:
    """u: how often each level occurs between different records of one scope.

    Reads the table match_input: records with a column scope.
    """
    row = connection.execute("SELECT count(*) FROM match_input").fetchone()
    count = int(row[0]) if row else 0
    steps = max(1, min(400, _PAIRS // max(count, 1)))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ranked AS SELECT *, "
        "count(*) OVER (PARTITION BY scope) AS n, "
        "row_number() OVER (PARTITION BY scope ORDER BY md5(record_id)) - 1 AS place "
        "FROM match_input"
    )
    return {each.name: _counted(connection, each, steps) for each in comparisons}


def _counted(connection: Connection, comparison: Comparison, steps: int) -> list[float]:
    """Each record beside those that come up to `steps` places behind it in its scope."""
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
        "FROM ranked AS a JOIN ranked AS b ON a.scope = b.scope AND a.n > 1, "
        f"range(1, {steps + 1}) AS step(k) WHERE k < a.n "
        "AND b.place = (a.place + k) % a.n) GROUP BY level"
    ).fetchall()
    counts = dict(rows)
    seen = sum(n for level, n in rows if level >= 0)
    parts = [counts.get(place, 0) + 0.5 for place in range(len(comparison.levels))]
    return [rounded(part / (seen + 0.5 * len(parts))) for part in parts]


def _columns(*conditions: str) -> set[str]:
    return {found for text in conditions for found in re.findall(r"([a-z_]+)_[lr]\b", text)}


def alike(
    connection: Connection,
    prior: float,
    assumed: Odds,
    u: Odds,
    *,
    comparisons: Sequence[Comparison] = COMPARISONS,
    sessions: Sequence[str] = SESSIONS,
) -> tuple[dict[str, list[float]], tuple[str, ...]]:
    """m: from a session for each column, weighed by its pairs, held back by what is assumed.

    Reads match_input. The second value names the comparisons that anything was learned of.
    """
    sums = {name: [p * _CAUTION for p in parts] for name, parts in assumed.items()}
    weights = dict.fromkeys(assumed, _CAUTION)
    learned = set()
    for column in sessions:
        pairs = _sample(connection, column)
        if pairs < _CAUTION:
            continue
        rule = _rule(column)
        given = settings(prior, assumed, u, [rule], comparisons)
        for name, parts in _session(connection, rule, given).items():
            learned.add(name)
            weights[name] += pairs
            sums[name] = [s + pairs * p for s, p in zip(sums[name], parts, strict=True)]
    m = {name: _held_back([s / weights[name] for s in sums[name]], assumed[name]) for name in sums}
    return m, tuple(sorted(learned))


def _held_back(learned: Sequence[float], assumed: Sequence[float]) -> list[float]:
    """What was learned, with some doubt, and bounded below the first, most alike level.

    Pairs that share a name are partly namesakes; without a bound these would teach that
    records of one organization often differ.
    """
    below = [
        min((1 - _DOUBT) * new + _DOUBT * old, _MOST_OVER * old)
        for new, old in zip(learned[1:], assumed[1:], strict=True)
    ]
    return [rounded(1 - sum(below)), *map(rounded, below)]


def _rule(column: str) -> str:
    return f"l.{column} = r.{column} AND l.scope <> r.scope"


def _sample(connection: Connection, column: str) -> int:
    """Make match_sample of records that share a value of the column; how many pairs do."""
    connection.execute(
        "CREATE OR REPLACE TABLE match_sample AS SELECT * EXCLUDE (n) FROM ("
        f"SELECT *, count(*) OVER (PARTITION BY {column}) AS n FROM match_input "
        f"WHERE {column} IS NOT NULL) WHERE n BETWEEN 2 AND {_MOST_BLOCK} "
        f"ORDER BY md5({column}), record_id LIMIT {_SAMPLE}"
    )
    row = connection.execute(
        f"SELECT count(*) FROM match_sample AS l JOIN match_sample AS r ON {_rule(column)} "
        "AND l.record_id < r.record_id"
    ).fetchone()
    return int(row[0]) if row else 0


def _session(connection: Connection, rule: str, given: dict[str, Any]) -> dict[str, list[float]]:
    """Comparison → m, for those that the pairs weren't chosen by."""
    with quiet():
        from splink import DuckDBAPI, Linker

        table = DuckDBAPI(connection).register("match_sample")
        linker = Linker(table, given, log_level=None)
        # Sums of fractions come out the same only if they are added in one order.
        connection.execute("SET threads = 1")
        session = linker.training.estimate_parameters_using_expectation_maximisation(rule)
        connection.execute("RESET threads")
    found = {}
    for comparison in session.core_model_settings.comparisons:
        levels = [level for level in comparison.comparison_levels if not level.is_null_level]
        # A level that no pair had has no number.
        parts = [p if isinstance(p := level.m_probability, float) else 0.0 for level in levels]
        if sum(parts) > 0:
            found[comparison.output_column_name] = [part / sum(parts) for part in parts]
    return found


def rounded(number: float) -> float:
    """Six significant digits, so that the order of a sum doesn't show."""
    return float(f"{number:.6g}")
