"""What a change can reach: the records whose organization must be worked out again.

    temp.match_region  their ids

Belongs here: following pairs, organizations and decisions from the touched records, and
reading what clustering needs of them. Does not belong here: clustering. A region is
whole connected components, so what is outside of it would come out as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.matching.clusters import Decision, Edge, Member
from pipelines.matching.tables import ALIAS, DECISIONS, PAIRS, XREF
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
    _write_links(tx, match)
    tx.execute(
        "CREATE OR REPLACE TEMP TABLE match_region AS SELECT record_id FROM temp.match_touched "
        f"UNION SELECT unnest([left_id, right_id]) FROM {DECISIONS} "
        f"WHERE number > {decided_since:d}"
    )
    size, grown = -1, 0
    while grown != size:
        size = grown
        row = tx.execute(
            "INSERT INTO temp.match_region SELECT DISTINCT b FROM temp.match_links "
            "SEMI JOIN temp.match_region AS r ON r.record_id = a "
            "ANTI JOIN temp.match_region AS r ON r.record_id = b"
        ).fetchone()
        grown = size + int(row[0]) if row and row[0] else size


def _write_links(tx: Connection, match: float) -> None:
    """Both directions of everything that ties two records: pairs old and new, people, ids."""
    good = f"score >= {match!r} OR is_sure"
    tx.execute(
        "CREATE OR REPLACE TEMP TABLE match_links AS WITH ties AS ("
        f"SELECT left_id AS a, right_id AS b FROM {PAIRS} WHERE {good} "
        f"UNION ALL SELECT left_id, right_id FROM temp.match_scores WHERE {good} "
        f"UNION ALL SELECT left_id, right_id FROM {DECISIONS} "
        # A record is tied to its organization, and so to all others of it.
        f"UNION ALL SELECT source || ':' || source_id, org_id FROM {XREF} WHERE valid_to IS NULL"
        ") SELECT a, b FROM ties UNION ALL SELECT b, a FROM ties"
    )


def read_region(tx: Connection) -> Region:
    """The region's records, edges, decisions and ids, as they are now."""
    inside = "IN (SELECT record_id FROM temp.match_region)"
    rows = tx.execute(
        "SELECT record_id, source, lei, cik, company_number, replaces FROM temp.match_all "
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
    tx.execute("CREATE OR REPLACE TEMP TABLE match_ids (org_id VARCHAR)")
    names = sorted(orgs | candidates)
    tx.execute("INSERT INTO temp.match_ids SELECT unnest($names)", {"names": names})
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
