"""The tables that matching keeps in the lake, and reading them.

    core.org_xref              record → organization, since when and until when
    core.org_alias             ids that ended or were taken from another, and why
    headwater.match_records    every record in comparable form
    headwater.match_pairs      pairs that may be one organization, with their scores
    headwater.match_queue      pairs that wait for a person
    headwater.match_decisions  what people decided
    headwater.match_models     what was learned, each time
    headwater.match_runs       what each run read and did

Belongs here: their columns, and queries that several modules need. Does not belong
here: changing their rows (`write`, `decisions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from pipelines.matching.comparisons import COMPARISONS
from pipelines.matching.model import MatchModel
from pipelines.matching.records import FEATURES
from pipelines.sqltypes import arrow_type
from resources.warehouse import Connection, table_exists

XREF, ALIAS = "core.org_xref", "core.org_alias"
RECORDS, PAIRS = "headwater.match_records", "headwater.match_pairs"
QUEUE, DECISIONS = "headwater.match_queue", "headwater.match_decisions"
MODELS, RUNS = "headwater.match_models", "headwater.match_runs"

BITS = tuple(f"bits_{comparison.name}" for comparison in COMPARISONS)
_PAIR = {"left_id": "VARCHAR", "right_id": "VARCHAR"}
COLUMNS: dict[str, dict[str, str]] = {
    XREF: {
        "source": "VARCHAR",
        "source_id": "VARCHAR",
        "org_id": "VARCHAR",
        "score": "DOUBLE",
        "valid_from": "TIMESTAMPTZ",
        "valid_to": "TIMESTAMPTZ",
    },
    ALIAS: {
        "alias_id": "VARCHAR",
        "org_id": "VARCHAR",
        "reason": "VARCHAR",
        "valid_from": "TIMESTAMPTZ",
        "valid_to": "TIMESTAMPTZ",
    },
    RECORDS: {**FEATURES, "given_hash": "UBIGINT"},
    PAIRS: {
        **_PAIR,
        "kinds": "VARCHAR[]",
        "score": "DOUBLE",
        "is_sure": "BOOLEAN",
        "apart": "VARCHAR",
        **dict.fromkeys(BITS, "FLOAT"),
    },
    QUEUE: {**_PAIR, "score": "DOUBLE", "reason": "VARCHAR"},
    DECISIONS: {
        "number": "BIGINT",
        "verdict": "VARCHAR",
        **_PAIR,
        "decided_by": "VARCHAR",
        "decided_at": "TIMESTAMPTZ",
        "note": "VARCHAR",
    },
    MODELS: {
        "version": "INTEGER",
        "trained_at": "TIMESTAMPTZ",
        "records": "BIGINT",
        "match_threshold": "DOUBLE",
        "queue_threshold": "DOUBLE",
        "model": "VARCHAR",
    },
    RUNS: {
        "run_id": "VARCHAR",
        "ran_at": "TIMESTAMPTZ",
        "mode": "VARCHAR",
        "inputs": "VARCHAR",
        "decisions": "BIGINT",
        "records": "BIGINT",
        "changed": "BIGINT",
        "pairs": "BIGINT",
        "organizations": "BIGINT",
        "seconds": "DOUBLE",
    },
}
"""Table → column → type."""


@dataclass(frozen=True)
class LastRun:
    """The newest run: the version of each input it read, and decisions up to a number."""

    run_id: str
    inputs: dict[str, int]
    decisions: int


def create_tables(tx: Connection) -> None:
    """Make the tables that aren't there yet."""
    for table, columns in COLUMNS.items():
        spelled = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        tx.execute(f"CREATE TABLE IF NOT EXISTS {table} ({spelled})")


def matched_before(connection: Connection) -> bool:
    """Whether this lake holds the tables of matching at all."""
    return table_exists(connection, RUNS)


def last_run(connection: Connection) -> LastRun | None:
    """The newest run, None before the first."""
    if not matched_before(connection):
        return None
    row = connection.execute(
        f"SELECT run_id, inputs, decisions FROM {RUNS} ORDER BY ran_at DESC LIMIT 1"
    ).fetchone()
    return LastRun(row[0], orjson.loads(row[1]), int(row[2])) if row else None


def newest_decision(connection: Connection) -> int:
    """The number of the newest decision, 0 before the first."""
    if not table_exists(connection, DECISIONS):
        return 0
    row = connection.execute(f"SELECT max(number) FROM {DECISIONS}").fetchone()
    return int(row[0] or 0) if row else 0


def model_version(connection: Connection) -> int | None:
    """The version of the model in use, without reading the model."""
    if not matched_before(connection):
        return None
    row = connection.execute(
        f"SELECT version FROM {MODELS} ORDER BY trained_at DESC LIMIT 1"
    ).fetchone()
    return int(row[0]) if row else None


def current_model(connection: Connection) -> tuple[MatchModel, Any] | None:
    """The model in use and when it was trained."""
    if not matched_before(connection):
        return None
    row = connection.execute(
        f"SELECT model, trained_at FROM {MODELS} ORDER BY trained_at DESC LIMIT 1"
    ).fetchone()
    return (MatchModel.from_json(orjson.loads(row[0])), row[1]) if row else None


def stage(
    tx: Connection, name: str, columns: dict[str, str], rows: Sequence[Sequence[Any]]
) -> None:
    """Make the temporary table `name` of rows, each in the order of the columns."""
    spelled = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    tx.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({spelled})")
    if not rows:
        return
    values = zip(*rows, strict=True)
    made = pa.table(
        {
            column: pa.array(list(part), arrow_type(kind))
            for (column, kind), part in zip(columns.items(), values, strict=True)
        }
    )
    tx.register("match_part", made)
    tx.execute(f"INSERT INTO {name} FROM match_part")
    tx.unregister("match_part")
