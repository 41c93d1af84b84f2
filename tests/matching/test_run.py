"""Runs of matching over a lake: what changed is followed, what didn't stays."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from pipelines.errors import ModelError
from pipelines.flow import TableReport
from pipelines.matching.decisions import decide
from pipelines.matching.run import match_records
from resources.warehouse import Warehouse, make_equal
from tests.matching.made_up import Row, given_table, world

TABLE = "staging.made_up__org_records"


class Lake:
    """A warehouse in which one table holds the records to match."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.runs = 0

    def put(self, rows: Sequence[Row]) -> None:
        made = given_table(rows)

        def work(tx: Any) -> None:
            tx.register("given", made)
            tx.execute("CREATE OR REPLACE TEMP TABLE given_rows AS FROM given")
            make_equal(tx, TABLE, "temp.given_rows", ["source", "source_id"])

        self.warehouse.commit(work, message="put")

    def match(self, rows: Sequence[Row] | None = None, *, retrain: bool = False) -> TableReport:
        if rows is not None:
            self.put(rows)
        self.runs += 1
        return match_records(self.warehouse, [TABLE], run_id=str(self.runs), retrain=retrain)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.warehouse.read() as connection:
            return connection.execute(query).fetchall()

    def orgs(self) -> dict[str, str]:
        """Record → organization, as it is now."""
        return dict(
            self.rows(
                "SELECT source || ':' || source_id, org_id FROM core.org_xref "
                "WHERE valid_to IS NULL"
            )
        )


@pytest.fixture
def lake(warehouse: Warehouse) -> Lake:
    return Lake(warehouse)


def some(count: int) -> list[Row]:
    """The records of the made-up firm's first companies."""
    rows, truth = world()
    return [row for row in rows if truth[f"{row['source']}:{row['source_id']}"] <= count]


def partition(orgs: dict[str, str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for record in sorted(orgs):
        groups.setdefault(orgs[record], []).append(record)
    return sorted(groups.values())


def test_every_record_has_exactly_one_open_row(lake: Lake) -> None:
    rows = some(60)
    lake.match(rows)
    open_rows = lake.rows(
        "SELECT source, source_id, count(*) FROM core.org_xref WHERE valid_to IS NULL GROUP BY ALL"
    )
    assert len(open_rows) == len(rows)
    assert {row[2] for row in open_rows} == {1}


def test_a_run_after_which_nothing_changed_commits_nothing(lake: Lake) -> None:
    lake.match(some(60))
    before = lake.warehouse.snapshot()
    assert lake.match().status == "unchanged"
    assert lake.warehouse.snapshot() == before


def test_few_new_records_give_what_a_run_over_everything_gives(lake: Lake) -> None:
    rows = some(120)
    random.Random(3).shuffle(rows)
    lake.match(rows[:-30])
    for end in (-20, -10, None):
        assert lake.match(rows[:end]).mode == "incremental"
    step_by_step = lake.orgs()
    pairs = lake.rows("SELECT left_id, right_id FROM headwater.match_pairs ORDER BY ALL")
    scores = dict(lake.rows("SELECT left_id || right_id, score FROM headwater.match_pairs"))
    lake.warehouse.commit(_forget_the_records, message="forget")
    lake.match()
    assert lake.orgs() == step_by_step
    assert lake.rows("SELECT left_id, right_id FROM headwater.match_pairs ORDER BY ALL") == pairs
    again = dict(lake.rows("SELECT left_id || right_id, score FROM headwater.match_pairs"))
    assert again == scores


def _forget_the_records(tx: Any) -> None:
    """So that the next run compares everything, with the model that is there."""
    tx.execute("DELETE FROM headwater.match_records")
    tx.execute("DELETE FROM headwater.match_pairs")
    tx.execute("UPDATE headwater.match_runs SET inputs = '{}'")


def test_records_that_change_and_go_are_followed(lake: Lake) -> None:
    rows = some(60)
    lake.match(rows)
    before = lake.orgs()
    gone = rows[5]
    changed = [{**row} for row in rows if row is not gone]
    lake.match(changed)
    record = f"{gone['source']}:{gone['source_id']}"
    after = lake.orgs()
    assert set(before) - set(after) == {record}
    assert {name: before[name] for name in after} == after
    closed = lake.rows(
        "SELECT source || ':' || source_id FROM core.org_xref WHERE valid_to IS NOT NULL"
    )
    assert closed == [(record,)]


def test_a_rejection_splits_and_an_acceptance_joins_again(lake: Lake) -> None:
    lake.match(some(60))
    before = lake.orgs()
    one, other = next(group for group in partition(before) if len(group) > 3)[:2]
    rest = [name for name in before if before[name] == before[one] and name != one]
    decide(lake.warehouse, "reject", [(one, each) for each in rest], by="ada", note="not them")
    lake.match()
    after = lake.orgs()
    assert after[one] != after[other] == before[other]
    aliases = lake.rows(
        "SELECT alias_id, org_id, reason FROM core.org_alias WHERE valid_to IS NULL"
    )
    assert aliases == [(before[other], after[one], "split")]
    assert lake.match(retrain=True).mode == "full"
    assert lake.orgs() == after
    decide(
        lake.warehouse, "accept", [(one, each) for each in rest], by="ada", note="them after all"
    )
    lake.match()
    assert lake.orgs() == before
    merged = lake.rows("SELECT alias_id, org_id FROM core.org_alias WHERE reason = 'merged'")
    assert merged == [(after[one], before[one])]


def test_the_models_parameters_and_thresholds_are_kept(lake: Lake) -> None:
    lake.match(some(60))
    kept = lake.rows("SELECT match_threshold, queue_threshold, records FROM headwater.match_models")
    assert len(kept) == 1
    match, queue, records = kept[0]
    assert 0 < queue < match < 1
    assert records == len(some(60))


def test_a_record_given_twice_is_refused_by_name(lake: Lake) -> None:
    rows = some(20)
    lake.match(rows)

    def double(tx: Any) -> None:
        tx.execute(f"INSERT INTO {TABLE} FROM {TABLE} LIMIT 1")

    lake.warehouse.commit(double, message="double")
    with pytest.raises(ModelError, match="occurs more than once"):
        lake.match()


def test_an_input_of_another_shape_is_refused_by_column(lake: Lake) -> None:
    lake.match(some(20))
    lake.warehouse.commit(
        lambda tx: tx.execute(f"ALTER TABLE {TABLE} ADD COLUMN sitz VARCHAR"), message="add"
    )
    lake.warehouse.commit(
        lambda tx: tx.execute(f"UPDATE {TABLE} SET sitz = 'Berlin'"), message="fill"
    )
    with pytest.raises(ModelError, match="unknown columns sitz"):
        lake.match()
