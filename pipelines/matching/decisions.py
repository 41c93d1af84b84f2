"""What people decide of pairs: data that always wins and is replayed on every run.

Belongs here: writing decisions. Does not belong here: what follows from them
(`clusters`), showing them (the command).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from pipelines.errors import ConfigurationError
from pipelines.matching.tables import DECISIONS, RECORDS, XREF, matched_before, newest_decision
from resources.warehouse import Connection, Warehouse

Verdict = Literal["accept", "reject"]


def decide(
    warehouse: Warehouse,
    verdict: Verdict,
    pairs: Sequence[tuple[str, str]],
    *,
    by: str,
    note: str = "",
) -> list[int]:
    """Write one decision on each pair of records; their numbers.

    A later decision on the same pair overrides an earlier one. Raises
    ConfigurationError for records that there are not.
    """

    def work(tx: Connection) -> list[int]:
        check_records(tx, {record for pair in pairs for record in pair})
        first = newest_decision(tx) + 1
        now = datetime.now(UTC)
        for number, (left, right) in enumerate(pairs, first):
            values = [number, verdict, min(left, right), max(left, right), by, now, note or None]
            tx.execute(f"INSERT INTO {DECISIONS} VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return list(range(first, first + len(pairs)))

    committed = warehouse.commit(work, message=f"{verdict} {len(pairs)} matches")
    numbers: list[int] = committed.value
    return numbers


def split(warehouse: Warehouse, record: str, *, by: str, note: str = "") -> list[int]:
    """Keep a record apart from all others that are its organization now."""
    with warehouse.read() as connection:
        check_records(connection, {record})
        rows = connection.execute(
            f"SELECT source || ':' || source_id AS record_id FROM {XREF} WHERE valid_to IS NULL "
            f"AND org_id = (SELECT org_id FROM {XREF} WHERE valid_to IS NULL "
            "AND source || ':' || source_id = $record) AND record_id <> $record ORDER BY record_id",
            {"record": record},
        ).fetchall()
    if not rows:
        raise ConfigurationError(
            f"{record} is the only record of its organization, so there is nothing to split it "
            "from. `headwater match show` tells an organization's records."
        )
    return decide(warehouse, "reject", [(record, row[0]) for row in rows], by=by, note=note)


def check_records(connection: Connection, records: set[str]) -> None:
    """Raise ConfigurationError for records that matching has never seen."""
    if not matched_before(connection):
        raise ConfigurationError(
            "No records were matched yet, so there is nothing to decide. `headwater match run` "
            "matches what the sources say."
        )
    found = connection.execute(
        f"SELECT record_id FROM {RECORDS} WHERE list_contains($names, record_id)",
        {"names": sorted(records)},
    ).fetchall()
    missing = sorted(records - {row[0] for row in found})
    if missing:
        raise ConfigurationError(
            f"There is no record {' nor '.join(missing)}. A record is named by its source and its "
            "id there, such as hubspot:1234; `headwater match list` shows those that wait."
        )
