"""Which records are compared at all: those that share a key.

Belongs here: the keys of a record, and the pairs that share one. Does not belong
here: how alike the two are (`model`). A key says nothing by itself; it only saves
comparing everything with everything. Which pairs there are depends on the two
records and on the model alone, never on what else is there, so that a few new
records find the same partners as a run over everything.
"""

from __future__ import annotations

from resources.warehouse import Connection

KEYS = {
    "lei": "[lei]",
    "cik": "[cik]",
    "company_number": "[company_number]",
    "vendor_id": "vendor_ids",
    "domain": "domains",
    "name": "name_keys",
    "short": "[CASE WHEN length(name_short) >= 4 THEN name_short END]",
    "person": "people",
    "renamed": "list_append(replaces, record_id)",
    "skeleton": (
        "[CASE WHEN length(name_short) >= 6 THEN left(name_short, 1) || "
        "left(regexp_replace(name_short[2:], '[aeiouyhw]', '', 'g'), 7) "
        "|| coalesce(numerals, '') END]"
    ),
}
"""Kind of key → the expression of a record's keys of that kind, a list.

A skeleton is a name's consonants: two spellings of one name mostly share it.
"""

MOST = 400
"""Records that may share a key and still be compared by it, when a model is trained."""


def write_keys(connection: Connection, records: str, keys: str) -> None:
    """Make the temporary table `keys` (kind, key, record_id) of the records' keys."""
    parts = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, unnest({expression}) AS key, record_id FROM {records}"
        for kind, expression in KEYS.items()
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {keys} AS "
        f"SELECT DISTINCT kind, key, record_id FROM ({parts}) WHERE key <> ''"
    )


def crowded_keys(connection: Connection, keys: str) -> list[tuple[str, str]]:
    """Keys that more than MOST records share, in order; a trained model leaves them out."""
    return connection.execute(
        f"SELECT kind, key FROM {keys} GROUP BY kind, key HAVING count(*) > {MOST} "
        "ORDER BY kind, key"
    ).fetchall()


def write_pairs(connection: Connection, keys: str, crowded: str, pairs: str, new: str = "") -> None:
    """Make the temporary table `pairs` (left_id, right_id, kinds), each pair once.

    `crowded` is a table of keys to leave out. With `new`, a table with a column
    record_id, only pairs with one of these records.
    """
    names = list(KEYS)
    # A bit for each kind: lists would cost memory for every pair.
    places = f"list_position({names!r}, l.kind) - 1"
    usable = f"(FROM {keys} ANTI JOIN {crowded} USING (kind, key))"
    side = f"(FROM {usable} SEMI JOIN {new} USING (record_id))" if new else usable
    order = "<>" if new else "<"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {pairs} AS "
        f"SELECT left_id, right_id, list_filter({names!r}, "
        "lambda kind, place: (bits >> (place - 1)::INTEGER) & 1 = 1) AS kinds FROM ("
        "SELECT least(l.record_id, r.record_id) AS left_id, "
        "greatest(l.record_id, r.record_id) AS right_id, "
        f"bit_or(1 << ({places})::INTEGER) AS bits "
        f"FROM {side} AS l JOIN {usable} AS r "
        f"ON l.kind = r.kind AND l.key = r.key AND l.record_id {order} r.record_id "
        "GROUP BY left_id, right_id)"
    )
