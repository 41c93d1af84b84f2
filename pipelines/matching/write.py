"""Writing what a run found: only rows that differ, in the caller's transaction.

Belongs here: the statements. Does not belong here: deciding what is written (`run`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipelines.matching.clusters import Clusters, Edge, Refused
from pipelines.matching.orgs import Assigned
from pipelines.matching.tables import ALIAS, COLUMNS, PAIRS, QUEUE, RECORDS, XREF, stage
from resources.warehouse import Connection, make_equal

_TOUCHED = "IN (SELECT record_id FROM temp.match_touched)"
_REGION = "IN (SELECT record_id FROM temp.match_region)"


def write_records_and_pairs(tx: Connection, *, whole: bool) -> None:
    """Put the touched records and their pairs in the place of what was known of them.

    With `whole`, all were touched, and only rows that differ are written.
    """
    if whole:
        make_equal(tx, RECORDS, "temp.match_changed", ["record_id"])
        make_equal(tx, PAIRS, "temp.match_scores", ["left_id", "right_id"])
        return
    tx.execute(f"DELETE FROM {RECORDS} WHERE record_id {_TOUCHED}")
    tx.execute(f"INSERT INTO {RECORDS} BY NAME FROM temp.match_changed")
    tx.execute(f"DELETE FROM {PAIRS} WHERE left_id {_TOUCHED} OR right_id {_TOUCHED}")
    tx.execute(f"INSERT INTO {PAIRS} BY NAME FROM temp.match_scores")


def stage_outcome(
    tx: Connection,
    made: Clusters,
    assigned: Assigned,
    queue: Sequence[tuple[Edge, str]],
    refused: Sequence[Refused],
) -> None:
    """Make temp.match_orgs (record_id, org_id, score) and temp.match_waiting of a region."""
    rows = [
        (record, org, round(made.joined.get(record, 1.0), 6))
        for record, org in assigned.org_of.items()
    ]
    stage(
        tx,
        "match_orgs",
        {"record_id": "VARCHAR", "org_id": "VARCHAR", "score": "DOUBLE"},
        rows,
    )
    waiting = [(e.left, e.right, e.score, reason) for e, reason in queue]
    waiting += [(r.edge.left, r.edge.right, r.edge.score, r.reason) for r in refused]
    stage(tx, "match_waiting", COLUMNS[QUEUE], waiting)


def write_orgs(tx: Connection, now: datetime) -> int:
    """Close and open rows of the cross-reference for the region; how many changed hands."""
    known = (
        f"(SELECT source || ':' || source_id AS record_id, org_id, score FROM {XREF} "
        f"WHERE valid_to IS NULL AND source || ':' || source_id {_REGION})"
    )
    tx.execute(
        "CREATE OR REPLACE TEMP TABLE match_moves AS SELECT record_id, "
        "k.record_id IS NOT NULL AND k.org_id IS DISTINCT FROM o.org_id AS closes, "
        "o.record_id IS NOT NULL AND k.org_id IS DISTINCT FROM o.org_id AS opens, "
        "o.org_id, o.score "
        f"FROM temp.match_orgs AS o FULL JOIN {known} AS k USING (record_id) "
        "WHERE k.org_id IS DISTINCT FROM o.org_id OR k.score IS DISTINCT FROM o.score"
    )
    of = "m.record_id = x.source || ':' || x.source_id AND x.valid_to IS NULL"
    tx.execute(
        f"UPDATE {XREF} AS x SET valid_to = $now FROM temp.match_moves AS m WHERE {of} "
        "AND m.closes",
        {"now": now},
    )
    tx.execute(
        f"UPDATE {XREF} AS x SET score = m.score FROM temp.match_moves AS m WHERE {of} "
        "AND NOT m.closes AND NOT m.opens"
    )
    tx.execute(
        f"INSERT INTO {XREF} SELECT r.source, r.source_id, m.org_id, m.score, $now, NULL "
        "FROM temp.match_moves AS m JOIN temp.match_all AS r USING (record_id) WHERE m.opens",
        {"now": now},
    )
    row = tx.execute("SELECT count(*) FROM temp.match_moves WHERE opens OR closes").fetchone()
    return int(row[0]) if row else 0


def write_aliases(tx: Connection, assigned: Assigned, now: datetime) -> None:
    """Note which ids ended, were taken from another, or are in use again."""
    if not (assigned.merged or assigned.split or assigned.revived):
        return
    for org in assigned.revived:
        tx.execute(
            f"UPDATE {ALIAS} SET valid_to = $now WHERE alias_id = $org AND valid_to IS NULL "
            "AND reason = 'merged'",
            {"now": now, "org": org},
        )
    rows = [(old, org, "merged", now, None) for old, org in assigned.merged.items()]
    rows += [(parent, org, "split", now, None) for org, parent in assigned.split.items()]
    stage(tx, "match_aliases", COLUMNS[ALIAS], rows)
    moved = (
        f"SELECT a.alias_id, n.org_id FROM {ALIAS} AS a JOIN temp.match_aliases AS n "
        "ON n.alias_id = a.org_id AND n.reason = 'merged' "
        "WHERE a.valid_to IS NULL AND a.reason = 'merged'"
    )
    tx.execute(f"CREATE OR REPLACE TEMP TABLE match_moved AS {moved}")
    tx.execute(
        f"UPDATE {ALIAS} AS a SET valid_to = $now FROM temp.match_moved AS m "
        "WHERE a.alias_id = m.alias_id AND a.valid_to IS NULL AND a.reason = 'merged'",
        {"now": now},
    )
    tx.execute(
        f"INSERT INTO {ALIAS} SELECT alias_id, org_id, 'merged', $now, NULL "
        "FROM temp.match_moved UNION ALL FROM temp.match_aliases",
        {"now": now},
    )


def write_queue(tx: Connection) -> None:
    """Put what waits for a person in the place of what waited in the region."""
    make_equal(
        tx,
        QUEUE,
        "temp.match_waiting",
        ["left_id", "right_id"],
        scope=f"(target.left_id {_REGION} OR target.right_id {_REGION})",
    )
