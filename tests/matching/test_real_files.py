"""Matching over the real market data, directory and filings, beside pairs that were read.

`checked_pairs.csv` holds pairs that a person read with names, places, years and sites
beside them: drawn from what was joined by slug, name and place, and every fourteenth that
waited for a decision. Those of which reading gave no clear answer are left out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.engine import build_model, run_stream
from pipelines.engine.matching import match_organizations
from pipelines.spec import raw_table
from tests.assets.bench import catalog
from tests.assets.whole import Outcome, outcome

CHECKED = Path(__file__).with_name("checked_pairs.csv")
TABLES = ("crunchbase", "yc", "sec")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """The three sources loaded and matched."""
    made = outcome(shared / "data", tmp_path_factory.mktemp("home"), catalog())
    wanted: set[str] = set()
    waiting = [f"staging.{name}__org_records" for name in TABLES]
    while waiting:
        table = waiting.pop()
        if table not in wanted:
            wanted.add(table)
            waiting += made.engine.catalog.upstream(table)
    for source, stream in made.engine.catalog.streams():
        if raw_table(source.name, stream.name) in wanted:
            run_stream(made.engine, source, stream, run_id="load")
    for table, model in made.engine.catalog.models.items():
        if table in wanted:
            build_model(made.engine.warehouse, model, run_id="load")
    match_organizations(made.engine, run_id="match")
    yield made
    made.engine.close()


def _checked(verdict: str) -> set[tuple[str, str]]:
    with CHECKED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {(row["left"], row["right"]) for row in rows if row["verdict"] == verdict}


def _joined(real: Outcome) -> set[tuple[str, str]]:
    rows = real.rows(
        "WITH now AS (SELECT source || ':' || source_id AS record_id, org_id "
        "FROM core.org_xref WHERE valid_to IS NULL) "
        "SELECT a.record_id AS l, b.record_id AS r FROM now AS a JOIN now AS b USING (org_id) "
        "WHERE a.record_id < b.record_id"
    )
    return {(row["l"], row["r"]) for row in rows}


def test_what_a_person_calls_different_is_not_joined(real: Outcome) -> None:
    assert _joined(real) & _checked("different") == set()


def test_what_a_person_calls_the_same_is_joined_or_waits(real: Outcome) -> None:
    waiting = {
        (row["l"], row["r"])
        for row in real.rows("SELECT left_id AS l, right_id AS r FROM headwater.match_queue")
    }
    joined, same = _joined(real), _checked("same")
    assert len(same & joined) >= 0.6 * len(same)
    assert len(same & (joined | waiting)) >= 0.97 * len(same)


def test_no_two_records_of_one_source_are_joined(real: Outcome) -> None:
    sources = [(left.partition(":")[0], right.partition(":")[0]) for left, right in _joined(real)]
    assert sources
    assert [pair for pair in sources if pair[0] == pair[1]] == []


def test_a_name_that_is_lost_is_joined_to_nothing(real: Outcome) -> None:
    lost = real.rows("SELECT record_id FROM headwater.match_records WHERE name_is_placeholder")
    assert lost
    joined = {record for pair in _joined(real) for record in pair}
    assert {row["record_id"] for row in lost} & joined == set()
