"""A hash of a table's content, to tell whether two tables hold the same rows.

Belongs here: the hash. Does not belong here: who compares what.
"""

from __future__ import annotations

from collections.abc import Collection

from pipelines.naming import literal, quote, quote_table
from resources.warehouse import Connection, table_columns


def table_hash(connection: Connection, table: str, *, ignore: Collection[str] = ()) -> str:
    """Hex digits that depend on columns, types and rows, but on no order.

    Comparable between tables read by the same version of DuckDB. `ignore` names
    columns to leave out. A table that is absent has the hash `absent`.
    """
    columns = {n: t for n, t in sorted(table_columns(connection, table).items()) if n not in ignore}
    if not columns:
        return "absent"
    values = ", ".join(f"{quote(name)} := {quote(name)}" for name in columns)
    shape = literal(repr(columns))
    row = connection.execute(
        f"SELECT count(*), coalesce(bit_xor(h), 0), coalesce(sum(h::HUGEINT), 0), hash({shape}) "
        f"FROM (SELECT hash(struct_pack({values})) AS h FROM {quote_table(table)})"
    ).fetchone()
    count, xor, total, kind = row or (0, 0, 0, 0)
    return f"{count:x}-{xor:016x}-{total % 2**64:016x}-{kind:016x}"
