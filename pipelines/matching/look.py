"""What matching knows, for people: what waits, one organization, the model.

Belongs here: queries on the tables of matching, as rows of plain values. Does not belong
here: how they are shown (the command).
"""

from __future__ import annotations

from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.matching.tables import (
    ALIAS,
    BITS,
    DECISIONS,
    PAIRS,
    QUEUE,
    RECORDS,
    XREF,
    current_model,
    matched_before,
)
from resources.warehouse import Connection

Row = dict[str, Any]
_TOLD = ("name", "domain", "lei", "cik", "company_number", "country_code", "city", "founded_year")


def waiting(connection: Connection, limit: int) -> list[Row]:
    """Pairs that wait for a person, the most alike first, with what the two records say."""
    if not matched_before(connection):
        return []
    sides = ", ".join(f"{side}.{name} AS {side}_{name}" for side in "lr" for name in _TOLD)
    rows = _rows(
        connection,
        f"SELECT q.left_id, q.right_id, q.score, q.reason, {sides} FROM {QUEUE} AS q "
        f"JOIN {RECORDS} AS l ON l.record_id = q.left_id "
        f"JOIN {RECORDS} AS r ON r.record_id = q.right_id "
        "ORDER BY q.score DESC, q.left_id, q.right_id LIMIT $limit",
        limit=limit,
    )
    return [
        {
            "score": row["score"],
            "reason": row["reason"],
            "left": _side(row, "left_id", "l_"),
            "right": _side(row, "right_id", "r_"),
        }
        for row in rows
    ]


def _side(row: Row, name: str, prefix: str) -> Row:
    return {"record_id": row[name], **{told: row[prefix + told] for told in _TOLD}}


def organization(connection: Connection, what: str) -> Row:
    """One organization by its id, an id it had before, or one of its records.

    Raises ConfigurationError where there is no such thing.
    """
    org = _resolve(connection, what)
    told = ", ".join(f"r.{name}" for name in _TOLD)
    records = _rows(
        connection,
        f"SELECT r.record_id, {told}, x.score, x.valid_from FROM {XREF} AS x "
        f"JOIN {RECORDS} AS r ON r.source = x.source AND r.source_id = x.source_id "
        "WHERE x.valid_to IS NULL AND x.org_id = $org ORDER BY r.record_id",
        org=org,
    )
    names = [row["record_id"] for row in records]
    bits = ", ".join(BITS)
    return {
        "org_id": org,
        "records": records,
        "pairs": _rows(
            connection,
            f"SELECT left_id, right_id, score, is_sure, apart, kinds, {bits} FROM {PAIRS} "
            "WHERE list_contains($names, left_id) OR list_contains($names, right_id) "
            "ORDER BY score DESC, left_id, right_id",
            names=names,
        ),
        "decisions": _rows(
            connection,
            f"SELECT * FROM {DECISIONS} WHERE list_contains($names, left_id) "
            "OR list_contains($names, right_id) ORDER BY number",
            names=names,
        ),
        "former": _rows(
            connection,
            "SELECT source || ':' || source_id AS record_id, score, valid_from, valid_to "
            f"FROM {XREF} WHERE org_id = $org AND valid_to IS NOT NULL ORDER BY valid_to",
            org=org,
        ),
        "aliases": _rows(
            connection,
            f"SELECT * FROM {ALIAS} WHERE org_id = $org OR alias_id = $org ORDER BY valid_from",
            org=org,
        ),
    }


def _resolve(connection: Connection, what: str) -> str:
    if matched_before(connection):
        row = connection.execute(
            f"SELECT org_id FROM {XREF} WHERE valid_to IS NULL "
            "AND (org_id = $what OR source || ':' || source_id = $what) "
            f"UNION ALL SELECT org_id FROM {ALIAS} WHERE valid_to IS NULL AND alias_id = $what "
            "AND reason = 'merged' LIMIT 1",
            {"what": what},
        ).fetchone()
        if row:
            return str(row[0])
    raise ConfigurationError(
        f"There is no organization and no record {what!r}. Expected an id such as "
        "org_0123456789abcdef or a record such as hubspot:1234; `headwater match list` shows "
        "records that wait."
    )


def model(connection: Connection) -> Row:
    """The model in use: its parameters a level, thresholds, and when it was trained."""
    known = current_model(connection)
    if known is None:
        raise ConfigurationError(
            "No model was trained yet. `headwater match run` trains one from the records that "
            "there are."
        )
    made, trained_at = known
    return {
        "trained_at": trained_at,
        "records": made.records,
        "prior": made.prior,
        "match_threshold": made.match,
        "queue_threshold": made.queue,
        "crowded_keys": len(made.crowded),
        "levels": made.rows(),
    }


def _rows(connection: Connection, query: str, **values: Any) -> list[Row]:
    found: list[Row] = connection.execute(query, values).to_arrow_table().to_pylist()
    return found
