"""What a change can reach: the records whose organization must be worked out again.

    temp.match_region  their ids

Belongs here: following pairs, organizations and decisions from the touched records, and
reading what clustering needs of them. Does not belong here: clustering. A region is
whole connected components, so what is outside of it would come out as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.matching.clusters import Decision, Edge, Member
from pipelines.matching.tables import ALIAS, DECISIONS, PAIRS, XREF, stage
from resources.warehouse import Connection


@dataclass(frozen=True)
class Region:
    """What clustering and ids need: `before` covers whole organizations."""

    members: dict[str, Member]
    edges: list[Edge]
    decisions: list[Decision]
    before: dict[str, str]


def mark_region(tx: Connection, match: float, decided_since: int) -> None:
    """Fill temp.match_region from the touched records and the decisions after a number."""
    tx.execute(
        "CREATE OR REPLACE TEMP TABLE match_edge AS SELECT record_id FROM temp.match_touched "
        f"UNION SELECT unnest([left_id, right_id]) FROM {DECISIONS} "
        f"WHERE number > {decided_since:d}"
    )
    tx.execute("CREATE OR REPLACE TEMP TABLE match_region AS FROM temp.match_edge")
    while _count(tx, "temp.match_edge"):
        tx.execute(
            f"CREATE OR REPLACE TEMP TABLE match_edge AS SELECT DISTINCT record_id "
            f"FROM ({_ties(match)}) ANTI JOIN temp.match_region USING (record_id)"
        )
        tx.execute("INSERT INTO temp.match_region FROM temp.match_edge")


def _ties(match: float) -> str:
    """Records one step from temp.match_edge: by pairs old and new, people, organizations."""
    good = f"score >= {match!r} OR is_sure"
    parts = [
        f"SELECT {there} AS record_id FROM {table} WHERE ({rule}) "
        f"AND {here} IN (SELECT record_id FROM temp.match_edge)"
        for table, rule in ((PAIRS, good), ("temp.match_scores", good), (DECISIONS, "true"))
        for here, there in (("left_id", "right_id"), ("right_id", "left_id"))
    ]
    record = "source || ':' || source_id"
    parts.append(
        f"SELECT {record} FROM {XREF} WHERE valid_to IS NULL AND org_id IN (SELECT org_id "
        f"FROM {XREF} WHERE valid_to IS NULL AND {record} IN "
        "(SELECT record_id FROM temp.match_edge))"
    )
    return " UNION ALL ".join(parts)


def _count(tx: Connection, table: str) -> int:
    row = tx.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def read_region(tx: Connection) -> Region:
    """The region's records, edges, decisions and ids, as they are now."""
    inside = "IN (SELECT record_id FROM temp.match_region)"
    rows = tx.execute(
        "SELECT record_id, scope, lei, cik, company_number, replaces FROM temp.match_all "
        f"WHERE record_id {inside}"
    ).fetchall()
    family = _families({row[0]: row[5] for row in rows})
    members = {row[0]: Member(row[1], family[row[0]], *row[2:5]) for row in rows}
    edges = tx.execute(
        "SELECT left_id, right_id, score, is_sure, apart FROM temp.match_now "
        f"WHERE left_id {inside} AND right_id {inside}"
    ).fetchall()
    decisions = tx.execute(
        f"SELECT number, verdict, left_id, right_id FROM {DECISIONS} "
        f"WHERE left_id {inside} AND right_id {inside} ORDER BY number"
    ).fetchall()
    before = tx.execute(
        "SELECT source || ':' || source_id AS record_id, org_id "
        f"FROM {XREF} WHERE valid_to IS NULL AND record_id {inside}"
    ).fetchall()
    return Region(
        members,
        [Edge(*row) for row in edges],
        [Decision(*row) for row in decisions if row[2] in members and row[3] in members],
        dict(before),
    )


def read_history(
    tx: Connection, orgs: set[str], candidates: set[str]
) -> tuple[dict[str, int], dict[str, str]]:
    """When ids were born, as an order, and the open aliases of the organizations."""
    stage(tx, "match_ids", {"org_id": "VARCHAR"}, [(org,) for org in sorted(orgs | candidates)])
    born = tx.execute(
        f"SELECT org_id, epoch_us(min(valid_from)) FROM {XREF} "
        "SEMI JOIN temp.match_ids USING (org_id) GROUP BY org_id"
    ).fetchall()
    aliases = tx.execute(
        f"SELECT alias_id, org_id FROM {ALIAS} SEMI JOIN temp.match_ids USING (org_id) "
        "WHERE valid_to IS NULL AND reason = 'merged'"
    ).fetchall()
    return dict(born), dict(aliases)


def _families(replaces: dict[str, list[str]]) -> dict[str, str]:
    """Record → the first of the records that its source says are one."""
    root = {record: record for record in replaces}

    def top(record: str) -> str:
        while root[record] != record:
            record = root[record]
        return record

    for record in sorted(replaces):
        for old in replaces[record] or ():
            if old in root and old != record:
                one, other = sorted((top(record), top(old)))
                root[other] = one
    return {record: top(record) for record in root}
