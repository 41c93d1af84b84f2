"""Finding columns whose whole numbers a double would not hold.

Belongs here: the look at the values. Does not belong here: the rules by type
(`widen`), or what the column becomes then (`columns`).
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.load.columns import SYSTEM_TYPES, UNKNOWN, physical
from pipelines.load.expressions import attempt
from pipelines.load.landing import Package
from pipelines.load.widen import is_risky
from pipelines.naming import literal, quote, quote_table
from pipelines.sqltypes import arrow_type
from resources.warehouse import Connection


def inexact_columns(
    connection: Connection,
    package: Package,
    known: Mapping[str, str],
    wanted: Mapping[str, str],
) -> set[str]:
    """Columns that hold, in the table or in the package, a value that would change.

    `known` are the table's columns, `wanted` the types they are to get.
    """
    found = set()
    table = quote_table(package.manifest.table)
    for name, kind in wanted.items():
        if name in known and _loses(connection, table, name, known[name], kind):
            found.add(name)
        for part in package.manifest.parts:
            said = part.columns.get(name, UNKNOWN)
            place = f"read_parquet({literal(str(package.path(part)))})"
            if name not in SYSTEM_TYPES and _loses(connection, place, name, said, kind):
                found.add(name)
    return found


def _loses(connection: Connection, place: str, name: str, before: str, after: str) -> bool:
    if not is_risky(arrow_type(before), arrow_type(after)):
        return False
    value = attempt(quote(name), physical(before), physical(after))
    query = f"SELECT 1 FROM {place} WHERE {quote(name)} IS NOT NULL AND ({value}) IS NULL LIMIT 1"
    return connection.execute(query).fetchone() is not None
