"""Released records whose key has been loaded anew since they were set aside.

Belongs here: finding and leaving them out, so that an old record never
overwrites a newer one. Does not belong here: any other reason to leave rows out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.flow import ORIGIN_COLUMNS
from pipelines.load.quarantine import quarantine_table
from pipelines.load.stage import Staged
from pipelines.naming import quote, quote_table
from resources.warehouse import Connection


def without_outdated(
    connection: Connection, table: str, key: Sequence[str], staged: Staged
) -> Staged:
    """The staged rows but the outdated ones, which count as duplicates."""
    same = " AND ".join(f"t.{quote(k)} IS NOT DISTINCT FROM staged.{quote(k)}" for k in key)
    origin = " AND ".join(f"q.{n} IS NOT DISTINCT FROM staged.{n}" for n in ORIGIN_COLUMNS)
    newer = (
        f"EXISTS (SELECT 1 FROM {quote_table(table)} AS t "
        f"JOIN {quote_table(quarantine_table(table))} AS q ON {origin} "
        f"WHERE {same} AND t._load_id > q._load_id)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE current_rows AS "
        f"SELECT staged.* FROM {staged.relation} AS staged WHERE NOT {newer}"
    )
    row = connection.execute("SELECT count(*) FROM temp.main.current_rows").fetchone()
    kept = int(row[0]) if row else 0
    return replace(
        staged,
        relation="temp.main.current_rows",
        rows=kept,
        files=(),
        duplicate=staged.duplicate + staged.rows - kept,
    )
