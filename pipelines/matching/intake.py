"""What sources say now, beside what was matched before: the records that changed.

    temp.match_given    every record that the inputs have, with a hash of what they say
    temp.match_touched  ids of records that are new, changed or gone
    temp.match_changed  the new and changed ones in comparable form

Belongs here: reading the inputs and cleaning what changed. Does not belong here: what
follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.errors import ModelError
from pipelines.matching.records import FEATURES, GIVEN, features
from pipelines.matching.tables import RECORDS
from pipelines.naming import quote_table
from resources.warehouse import Connection, relation_columns

_BATCH = 50_000


def take_in(tx: Connection, inputs: Sequence[str], *, whole: bool) -> int:
    """Fill the three tables; how many records were touched. With `whole`, all are."""
    given = (
        "SELECT source || ':' || source_id AS record_id, *, "
        f"hash({', '.join(GIVEN)}) AS given_hash FROM "
        f"({' UNION ALL '.join(_one(tx, table) for table in inputs)}) "
        "WHERE source IS NOT NULL AND source_id IS NOT NULL"
    )
    tx.execute(
        f"CREATE OR REPLACE TEMP TABLE match_given AS SELECT record_id, given_hash FROM ({given})"
    )
    _refuse_repeated(tx, inputs)
    known = f"(SELECT record_id, given_hash FROM {RECORDS})"
    differ = "true" if whole else "g.given_hash IS DISTINCT FROM k.given_hash"
    tx.execute(
        "CREATE OR REPLACE TEMP TABLE match_touched AS SELECT record_id "
        f"FROM temp.match_given AS g FULL JOIN {known} AS k USING (record_id) WHERE {differ}"
    )
    _clean(tx, given)
    row = tx.execute("SELECT count(*) FROM temp.match_touched").fetchone()
    return int(row[0]) if row else 0


def _refuse_repeated(tx: Connection, inputs: Sequence[str]) -> None:
    repeated = tx.execute(
        "SELECT record_id FROM temp.match_given GROUP BY record_id HAVING count(*) > 1 "
        "ORDER BY record_id LIMIT 5"
    ).fetchall()
    if repeated:
        shown = ", ".join(row[0] for row in repeated)
        raise ModelError(
            f"core.org_xref can't be made: {shown} occurs more than once among "
            f"{', '.join(inputs)}; expected one row for each source and source_id. Nothing was "
            "written. Mend the model that gives it twice."
        )


def _one(tx: Connection, table: str) -> str:
    """A SELECT of all columns that matching takes; those that a table lacks are null."""
    there = relation_columns(tx, quote_table(table))
    unknown = sorted(set(there) - set(GIVEN))
    lacking = sorted({"source", "source_id", "name"} - set(there))
    if unknown or lacking:
        what = f"the unknown columns {', '.join(unknown)}" if unknown else ""
        what += " and " if unknown and lacking else ""
        what += f"no {', '.join(lacking)}" if lacking else ""
        raise ModelError(
            f"{table} can't be matched: it has {what}. Expected source, source_id, name and any "
            f"of {', '.join(name for name in GIVEN if name not in ('source', 'source_id'))}. "
            "Nothing was written."
        )
    columns = ", ".join(
        f"{name if name in there else 'NULL'}::{kind} AS {name}" for name, kind in GIVEN.items()
    )
    return f"SELECT {columns} FROM {quote_table(table)}"


def _clean(tx: Connection, given: str) -> None:
    spelled = ", ".join(f"{name} {kind}" for name, kind in FEATURES.items())
    tx.execute(f"CREATE OR REPLACE TEMP TABLE match_changed ({spelled}, given_hash UBIGINT)")
    rows = tx.execute(
        f"SELECT {', '.join(GIVEN)}, given_hash FROM ({given}) "
        "SEMI JOIN temp.match_touched USING (record_id) ORDER BY record_id"
    ).to_arrow_table()
    for start in range(0, rows.num_rows, _BATCH):
        part = rows.slice(start, _BATCH)
        made = features(part).append_column("given_hash", part["given_hash"])
        tx.register("match_part", made)
        tx.execute("INSERT INTO temp.match_changed FROM match_part")
        tx.unregister("match_part")
