"""Learning a model from the fund's own records, without labels.

    u      from pairs of different records of one source, which are different organizations
    m      by expectation-maximisation (splink) over pairs that share a domain, and again
           over pairs that share a name; each leaves out what its pairs were chosen by
    prior  from pairs so alike that hardly one is wrong

Belongs here: the order of these three; the same records give the same numbers. Does not
belong here: what is compared (`comparisons`), counting and iterating (`learning`). The
approach is that of Fellegi and Sunter (A Theory for Record Linkage, 1969).
"""

from __future__ import annotations

from pipelines.matching.blocking import crowded_keys, write_keys
from pipelines.matching.comparisons import COMMON, COMPARISONS
from pipelines.matching.learning import alike, different, rounded
from pipelines.matching.model import MatchModel
from pipelines.matching.scoring import lay_out_records, write_shares
from resources.warehouse import Connection

_RECALL = 0.7
"""Part of all true pairs that agree in name and domain or in a register's number; assumed."""


def train(connection: Connection, records: str) -> MatchModel:
    """Learn a model from the table `records` (columns of FEATURES)."""
    count = _count(connection, records)
    write_keys(connection, records, "train_keys")
    crowded = crowded_keys(connection, "train_keys")
    shares = {name: _shares(connection, records, name) for name in COMMON}
    assumed = {each.name: [level.m for level in each.levels] for each in COMPARISONS}
    prior = _prior(connection, records, count)
    blank = MatchModel(prior, assumed, assumed, (), shares, tuple(crowded), count)
    write_shares(connection, blank)
    lay_out_records(connection, records)
    u = different(connection)
    m, learned = alike(connection, prior, assumed, u)
    return MatchModel(prior, m, u, learned, shares, tuple(crowded), count)


def _number(connection: Connection, query: str) -> float:
    row = connection.execute(query).fetchone()
    return float(row[0] or 0) if row else 0.0


def _count(connection: Connection, table: str) -> int:
    return int(_number(connection, f"SELECT count(*) FROM {table}"))


def _shares(connection: Connection, records: str, name: str) -> dict[str, float]:
    """Value → the share of other records of its source that have it; under "" of all else.

    Twelve systems that all know one company make its name no more common; two
    companies of one system with the same name do. How often two records of one source
    share any value is what is to be feared of a value that no source repeats.
    """
    counts = (
        "SELECT *, sum(n) OVER (PARTITION BY scope) AS whole FROM (SELECT scope, "
        f"{name} AS value, count(*) AS n FROM {records} WHERE {name} IS NOT NULL "
        f"GROUP BY scope, {name})"
    )
    shared = _number(connection, f"SELECT sum(n * (n - 1) / 2) FROM ({counts})")
    pairs = _number(
        connection,
        f"SELECT sum(whole * (whole - 1) / 2) FROM (SELECT DISTINCT scope, whole FROM ({counts}))",
    )
    rows = connection.execute(
        f"SELECT value, max((n - 1) / (whole - 1)) FROM ({counts}) WHERE n > 1 "
        "GROUP BY value ORDER BY value"
    ).fetchall()
    rare = (shared + 0.5) / (pairs + 1)
    found = {value: rounded(max(share, rare)) for value, share in rows}
    return {"": rounded(rare), **found}


def _prior(connection: Connection, records: str, count: int) -> float:
    """The probability that two records taken at random are of one organization."""
    row = connection.execute(
        "SELECT count(DISTINCT (a, b)) FROM ("
        + " UNION ALL ".join(
            f"SELECT l.record_id AS a, r.record_id AS b FROM {records} AS l JOIN {records} AS r "
            f"ON {rule} AND l.scope <> r.scope AND l.record_id < r.record_id"
            for rule in (
                "l.lei = r.lei",
                "l.cik = r.cik",
                "l.company_number = r.company_number",
                "l.domain = r.domain AND l.name_short = r.name_short",
                "l.name_key = r.name_key AND l.city = r.city AND l.founded_year = r.founded_year",
            )
        )
        + ")"
    ).fetchone()
    sure = int(row[0]) if row else 0
    pairs = max(count * (count - 1) / 2, 1)
    return rounded(min(max(sure, 0.02 * count, 1) / _RECALL / pairs, 0.2))
