"""Whether a package would change anything, asked before it is committed.

Belongs here: comparing what was read again with what the table holds. Does not
belong here: deciding what to read again (the system's cursor does: what stands at its
last value is asked for twice, so that nothing at that value is missed).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.load.landing import Package
from pipelines.load.quarantine import quarantine_table
from pipelines.load.records import known_state
from pipelines.load.stage import Staged
from pipelines.load.steps import staged_rows
from pipelines.naming import literal, quote, quote_table
from pipelines.spec import Stream
from resources.warehouse import Connection, Warehouse, all_columns, table_exists

_FEW = 10_000


def brings_news(warehouse: Warehouse, package: Package, stream: Stream) -> bool:
    """False if every row of a merging package is in its table, as it is.

    Large packages are taken for news unseen: what is read twice is little.
    """
    manifest = package.manifest
    stream = manifest.rules.restore(stream)
    if stream.mode != "merge" or manifest.kind != "load" or manifest.counts.read > _FEW:
        return True
    if any(item.drop for item in stream.unnest):
        return True
    state = known_state(warehouse, manifest.table)
    with warehouse.read() as connection:
        existing = warehouse.known(all_columns, connection).get(manifest.table)
        if existing is None:
            return True
        _, settled, staged = staged_rows(connection, package, stream, state, existing)
        if staged.misfit or not _known_rejects(connection, package):
            return True
        if manifest.counts.rows == 0:
            return False
        if not settled.columns.keys() <= existing.keys():
            return True
        return _differs(connection, manifest.table, stream.key, staged, list(settled.columns))


def _differs(
    connection: Connection, table: str, key: Sequence[str], staged: Staged, names: Sequence[str]
) -> bool:
    same = " AND ".join(f"t.{quote(name)} IS NOT DISTINCT FROM s.{quote(name)}" for name in key)
    other = " OR ".join(
        f"t.{quote(name)} IS DISTINCT FROM s.{quote(name)}" for name in names if name not in key
    )
    row = connection.execute(
        f"SELECT 1 FROM {staged.relation} AS s "
        f"LEFT JOIN {quote_table(table)} AS t ON {same} "
        f"WHERE t._load_id IS NULL OR {other or 'false'} LIMIT 1"
    ).fetchone()
    return row is not None


def _known_rejects(connection: Connection, package: Package) -> bool:
    """Whether each record set aside stands in quarantine already, for the same reason."""
    rejects = package.manifest.rejects
    if rejects is None:
        return True
    place = quarantine_table(package.manifest.table)
    if not table_exists(connection, place):
        return False
    row = connection.execute(
        f"SELECT 1 FROM read_parquet({literal(str(package.path(rejects)))}) AS new "
        f"WHERE NOT EXISTS (SELECT 1 FROM {quote_table(place)} AS old "
        "WHERE old._raw IS NOT DISTINCT FROM new._raw "
        "AND old._reason IS NOT DISTINCT FROM new._reason) LIMIT 1"
    ).fetchone()
    return row is None
