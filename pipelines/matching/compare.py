"""The pairs of a run: found, scored, and put beside those that stay as they were.

    temp.match_all     every record in comparable form, as it is now
    temp.match_scores  scores of pairs with a touched record
    temp.match_now     every scored pair as it is now

Belongs here: moving between the lake and the workbench, a DuckDB in memory in which
splink makes its tables. Does not belong here: which pairs (`blocking`) and which scores
(`scoring`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipelines.matching.blocking import KEYS, write_keys, write_pairs
from pipelines.matching.model import MatchModel
from pipelines.matching.scoring import write_scores, write_shares
from pipelines.matching.tables import COLUMNS, PAIRS, RECORDS
from pipelines.matching.training import train
from resources.warehouse import Connection

_CHUNK = 2_000_000
"""Pairs that are scored at a time, so that memory doesn't grow with their number."""


def lay_out_all(tx: Connection) -> None:
    """Make the view temp.match_all: records that weren't touched, and the changed ones."""
    columns = ", ".join(COLUMNS[RECORDS])
    tx.execute(
        f"CREATE OR REPLACE TEMP VIEW match_all AS SELECT {columns} FROM {RECORDS} "
        "ANTI JOIN temp.match_touched USING (record_id) "
        f"UNION ALL SELECT {columns} FROM temp.match_changed"
    )


def learn(tx: Connection) -> MatchModel:
    """Train a model on all records."""
    with _workbench(tx) as bench:
        _carry(tx, bench, "FROM temp.match_all", "records")
        return train(bench, "records")


def compare(tx: Connection, model: MatchModel, *, whole: bool) -> int:
    """Fill temp.match_scores and temp.match_now; how many pairs were compared.

    With `whole`, every record was touched.
    """
    tx.execute("CREATE OR REPLACE TEMP TABLE match_crowded (kind VARCHAR, key VARCHAR)")
    if model.crowded:
        tx.executemany("INSERT INTO temp.match_crowded VALUES (?, ?)", list(model.crowded))
    write_keys(tx, "temp.match_changed", "match_keys")
    if not whole:
        _add_others(tx)
    touched = "" if whole else "temp.match_touched"
    write_pairs(tx, "match_keys", "match_crowded", "match_found", new=touched)
    row = tx.execute("SELECT count(*) FROM match_found").fetchone()
    count = int(row[0]) if row else 0
    _score(tx, model, count)
    columns = ", ".join(COLUMNS[PAIRS])
    tx.execute(
        f"CREATE OR REPLACE TEMP VIEW match_now AS SELECT {columns} FROM {PAIRS} AS p "
        "WHERE p.left_id NOT IN (SELECT record_id FROM temp.match_touched) "
        "AND p.right_id NOT IN (SELECT record_id FROM temp.match_touched) "
        f"UNION ALL SELECT {columns} FROM temp.match_scores"
    )
    return count


def _add_others(tx: Connection) -> None:
    """To the keys of the touched records, those of all others that share one of them."""
    parts = " UNION ALL ".join(
        f"SELECT record_id, '{kind}' AS kind, unnest({expression}) AS key FROM {RECORDS}"
        for kind, expression in KEYS.items()
    )
    tx.execute(
        "CREATE OR REPLACE TEMP TABLE match_others AS SELECT DISTINCT kind, key, record_id "
        f"FROM ({parts}) SEMI JOIN match_keys USING (kind, key)"
    )
    tx.execute(
        "INSERT INTO match_keys SELECT kind, key, record_id FROM temp.match_others "
        "ANTI JOIN temp.match_touched USING (record_id)"
    )


def _score(tx: Connection, model: MatchModel, count: int) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS[PAIRS].items())
    tx.execute(f"CREATE OR REPLACE TEMP TABLE match_scores ({columns})")
    if not count:
        return
    chunks = count // _CHUNK + 1
    with _workbench(tx) as bench:
        for chunk in range(chunks):
            part = f"FROM match_found WHERE hash(left_id) % {chunks} = {chunk}"
            _carry(tx, bench, part, "pairs")
            _carry(
                tx,
                bench,
                "FROM temp.match_all WHERE record_id IN (SELECT left_id FROM match_found WHERE "
                f"hash(left_id) % {chunks} = {chunk} UNION SELECT right_id FROM match_found "
                f"WHERE hash(left_id) % {chunks} = {chunk})",
                "records",
            )
            write_shares(bench, model)
            write_scores(bench, model, "records", "pairs")
            tx.register("match_part", bench.execute("FROM scores").to_arrow_table())
            tx.execute("INSERT INTO temp.match_scores BY NAME FROM match_part")
            tx.unregister("match_part")


@contextmanager
def _workbench(tx: Connection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the lake's own limits."""
    bench = duckdb.connect()
    try:
        for name in ("memory_limit", "temp_directory", "threads"):
            row = tx.execute(f"SELECT current_setting('{name}')").fetchone()
            bench.execute(f"SET {name} = '{row[0]}'" if row else "SELECT 1")
        yield bench
    finally:
        bench.close()


def _carry(tx: Connection, bench: duckdb.DuckDBPyConnection, query: str, table: str) -> None:
    bench.register("carried", tx.execute(query).to_arrow_table())
    bench.execute(f"CREATE OR REPLACE TABLE {table} AS FROM carried")
    bench.unregister("carried")
