"""Scores of pairs by a trained model, computed by splink.

Belongs here: laying records and pairs out as splink wants them, and its answer. Does
not belong here: which pairs are compared (`blocking`), what a score means (`outcomes`).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from pipelines.matching.comparisons import COMMON, COMPARISONS, Comparison
from pipelines.matching.model import MatchModel
from resources.warehouse import Connection

_APART = {
    "numbered or series": (
        "l.series_of IS DISTINCT FROM r.series_of "
        "AND NOT (l.name_key IS NULL OR r.name_key IS NULL) "
        "OR l.numerals IS DISTINCT FROM r.numerals "
        "AND jaro_winkler_similarity(l.name_key, r.name_key) >= 0.9"
    ),
    # A name and an address in a directory may go to another firm, years after.
    "founded years apart": (
        "abs(l.founded_year - r.founded_year) > 5 AND NOT list_has_any(l.domains, r.domains) "
        "AND NOT list_has_any(l.people, r.people)"
    ),
}
"""Why two records may not be joined by their score → the condition."""


SURE = ("lei", "cik", "company_number", "renamed")
"""Kinds of keys that settle by themselves that two records are of one organization."""


def _bits(comparison: Comparison) -> str:
    weighed = any(level.common for level in comparison.levels)
    extra = f" + s.mw_tf_adj_{comparison.name}" if weighed else ""
    return f"round(s.mw_{comparison.name}{extra}, 2)::FLOAT"


def write_shares(connection: Connection, model: MatchModel) -> None:
    """Make the temporary table `shares` (name, value, share) of values that are common."""
    rows = [(name, *each) for name, values in model.shares.items() for each in values.items()]
    names, values, shares = zip(*rows, strict=True)
    made = pa.table({"name": list(names), "value": list(values), "share": list(shares)})
    connection.register("shares_given", made)
    connection.execute("CREATE OR REPLACE TEMP TABLE shares AS FROM shares_given")
    connection.unregister("shares_given")


def write_scores(connection: Connection, model: MatchModel, records: str, pairs: str) -> None:
    """Make the table `scores` of the pairs that a person or the machine may join.

    Columns: left_id, right_id, kinds, score (a probability), is_sure (they share a
    register's number), apart (why they may not be joined whatever the score; mostly
    null) and bits_… of each comparison (what it says for a match). Pairs below the
    model's `queue` that aren't sure are left out. `records` and `pairs` are tables;
    `shares` must have been written.
    """
    _lay_out(connection, records, pairs)
    with quiet():
        from splink import DuckDBAPI, Linker

        api = DuckDBAPI(connection)
        table = api.register("match_input")
        linker = Linker(table, _settings(model), log_level=None, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register("match_blocked"))
        found = linker.inference.predict(model.queue, warning_mode="never").physical_name
    bits = ", ".join(f"{_bits(each)} AS bits_{each.name}" for each in COMPARISONS)
    sure = ", ".join(f"'{kind}'" for kind in SURE)
    apart = " ".join(f"WHEN {rule} THEN '{reason}'" for reason, rule in _APART.items())
    connection.execute(
        "CREATE OR REPLACE TABLE scores AS SELECT p.left_id, p.right_id, p.kinds, "
        f"round(coalesce(s.match_probability, 0), 6) AS score, {bits}, "
        f"list_has_any(p.kinds, [{sure}]) AS is_sure, "
        f"CASE {apart} END AS apart "
        f"FROM {pairs} AS p LEFT JOIN {found} AS s ON p.left_id = s.record_id_l "
        "AND p.right_id = s.record_id_r "
        f"JOIN {records} AS l ON l.record_id = p.left_id "
        f"JOIN {records} AS r ON r.record_id = p.right_id "
        "WHERE s.match_probability IS NOT NULL OR is_sure"
    )
    connection.execute(f"DROP TABLE {found}")


def _settings(model: MatchModel) -> dict[str, Any]:
    return {**model.settings(), "retain_intermediate_calculation_columns": True}


def _lay_out(connection: Connection, records: str, pairs: str) -> None:
    lay_out_records(
        connection,
        f"(FROM {records} WHERE record_id IN (SELECT left_id FROM {pairs} UNION "
        f"SELECT right_id FROM {pairs}))",
    )
    connection.execute(
        "CREATE OR REPLACE TABLE match_blocked AS SELECT '0' AS match_key, "
        f"left_id AS join_key_l, right_id AS join_key_r FROM {pairs}"
    )


def lay_out_records(connection: Connection, records: str) -> None:
    """Make the table `match_input`: records with the share of each weighed value."""
    shares = ", ".join(
        f"coalesce({name}_share.share, (SELECT share FROM shares WHERE name = '{name}' "
        f"AND value = '')) AS tf_{name}"
        for name in COMMON
    )
    joins = " ".join(
        f"LEFT JOIN shares AS {name}_share ON {name}_share.name = '{name}' "
        f"AND {name}_share.value = r.{name}"
        for name in COMMON
    )
    connection.execute(
        "CREATE OR REPLACE TABLE match_input AS SELECT r.*, "
        "list_distinct(list_transform(r.vendor_ids, lambda x: split_part(x, ':', 1))) AS vendors, "
        f"{shares} FROM {records} AS r {joins}"
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep splink's advice for people at a notebook from a nightly run."""
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
