"""What a Postgres database has: tables, views, columns, keys, sizes.

Belongs here: the questions to its catalog. Does not belong here: what a type is read
as (`postgres_types`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.errors import SourceNotFound
from pipelines.extract.databases.names import joined_name, split_name
from pipelines.extract.databases.postgres_session import Session
from pipelines.extract.databases.postgres_types import Field
from pipelines.naming import literal, quote

_READABLE = "'r', 'p', 'v', 'm', 'f'"
_TABLES = f"""
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name,
  c.relkind::text AS kind, obj_description(c.oid, 'pg_class') AS description,
  n.nspname = ANY (current_schemas(false)) AND pg_table_is_visible(c.oid) AS bare,
  ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN LATERAL
    unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts
    ORDER BY k.place) AS key,
  CASE WHEN c.relkind IN ('r', 'm') THEN
    pg_relation_size(c.oid) / current_setting('block_size')::int8 ELSE 0 END AS blocks
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ({_READABLE}) AND """
_OF_USERS = """n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
  AND NOT c.relispartition AND has_schema_privilege(n.oid, 'USAGE')
  AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
ORDER BY 2, 3"""
_FIELDS = """
WITH RECURSIVE seen AS (
  SELECT attrelid, attnum, attname, attnotnull, atttypid AS typid, atttypmod AS typmod
  FROM pg_attribute WHERE attrelid IN ({oids}) AND attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT s.attrelid, s.attnum, s.attname, s.attnotnull, t.typbasetype,
    CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE s.typmod END
  FROM seen s JOIN pg_type t ON t.oid = s.typid WHERE t.typtype = 'd')
SELECT s.attrelid::int8 AS oid, s.attname::text AS name, NOT s.attnotnull AS nullable,
  CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname::text ELSE '' END AS type,
  format_type(s.typid, s.typmod) AS spelled, s.typmod AS typmod,
  t.typcategory = 'A' AND t.typname NOT IN ('int2vector', 'oidvector') AS listed,
  CASE WHEN e.typnamespace = 'pg_catalog'::regnamespace THEN e.typname::text ELSE '' END AS element
FROM seen s JOIN pg_type t ON t.oid = s.typid LEFT JOIN pg_type e ON e.oid = t.typelem
WHERE t.typtype <> 'd' ORDER BY s.attrelid, s.attnum"""


@dataclass(frozen=True)
class Relation:
    """A table or view. `blocks` are its pages on disk; 0 where that says nothing.

    `bare`: its name finds it without the schema.
    """

    schema: str
    name: str
    kind: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    blocks: int
    bare: bool
    description: str

    @property
    def sql(self) -> str:
        """Its name for SQL text."""
        return f"{quote(self.schema)}.{quote(self.name)}"

    @property
    def shown(self) -> str:
        """Its name as a stream's `of` says it."""
        return joined_name(self.schema, self.name)


def relations(session: Session) -> list[Relation]:
    """All that the user may read, by name."""
    return _relations(session, session.ask(_TABLES + _OF_USERS, "listing tables"))


def relation(session: Session, theirs: str) -> Relation:
    """The table or view of a stream; SourceNotFound when there is none."""
    schema, name = split_name(theirs)
    said = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
    found = _relations(
        session,
        session.ask(f"{_TABLES} c.oid = to_regclass({literal(said)})", f"looking for {theirs}"),
    )
    if not found:
        raise SourceNotFound(
            f"The database has no table or view {theirs}, or the user may not see it. Name it as "
            "schema.table in the stream's `of`; `headwater sources discover` lists what there is."
        )
    return found[0]


def _relations(session: Session, rows: list[dict[str, Any]]) -> list[Relation]:
    if not rows:
        return []
    oids = ", ".join(str(row["oid"]) for row in rows)
    fields: dict[int, list[Field]] = {}
    for row in session.ask(_FIELDS.format(oids=oids), "reading the catalog"):
        fields.setdefault(row["oid"], []).append(_field(row))
    return [
        Relation(
            row["schema"],
            row["name"],
            row["kind"],
            tuple(row["key"]),
            tuple(fields.get(row["oid"], ())),
            row["blocks"],
            row["bare"],
            row["description"] or "",
        )
        for row in rows
    ]


def _field(row: dict[str, Any]) -> Field:
    element = row["element"] if row["listed"] else None
    numeric = "numeric" in (row["type"], element)
    return Field(
        row["name"],
        row["type"],
        row["spelled"],
        element,
        _digits(row["typmod"]) if numeric else None,
        row["nullable"],
    )


def _digits(typmod: int) -> tuple[int, int] | None:
    """Precision and scale as a numeric's type modifier packs them."""
    if typmod < 0:
        return None
    packed = typmod - 4
    return (packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024
