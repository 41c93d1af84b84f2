"""Clusters: what belongs together is together, and what may not be never is."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.matching.clusters import Decision, Edge, Member, cluster

MATCH = 0.95


def _members(*records: str, **told: Member) -> dict[str, Member]:
    plain = {record: Member(record.partition(":")[0], record) for record in records}
    return plain | {name.replace("_", ":"): member for name, member in told.items()}


def _groups(
    members: dict[str, Member], edges: Sequence[Edge], decisions: Sequence[Decision] = ()
) -> list[list[str]]:
    return cluster(members, edges, decisions, MATCH)[0].groups()


def test_a_chain_of_matches_is_one_organization() -> None:
    members = _members("a:1", "b:1", "c:1")
    edges = [Edge("a:1", "b:1", 0.99), Edge("b:1", "c:1", 0.97)]
    assert _groups(members, edges) == [["a:1", "b:1", "c:1"]]


def test_what_is_unsure_joins_nothing() -> None:
    assert len(_groups(_members("a:1", "b:1"), [Edge("a:1", "b:1", 0.94)])) == 2


def test_two_records_of_one_source_stay_apart_and_the_better_match_wins() -> None:
    members = _members("a:1", "a:2", "b:1")
    edges = [Edge("a:1", "b:1", 0.96), Edge("a:2", "b:1", 0.99)]
    made, refused = cluster(members, edges, [], MATCH)
    assert made.groups() == [["a:1"], ["a:2", "b:1"]]
    assert [(each.edge.left, each.reason) for each in refused] == [("a:1", "two records of a")]


def test_a_record_that_its_source_says_was_renamed_may_join() -> None:
    members = _members(a_1=Member("a", "a:1"), a_2=Member("a", "a:1"), b_1=Member("b", "b:1"))
    edges = [Edge("a:1", "a:2", 0, is_sure=True), Edge("a:2", "b:1", 0.99)]
    assert _groups(members, edges) == [["a:1", "a:2", "b:1"]]


def test_two_leis_two_ciks_and_two_numbers_of_one_register_never_meet() -> None:
    for one, other, reason in (
        (Member("a", "a:1", lei="L1"), Member("b", "b:1", lei="L2"), "LEI"),
        (Member("a", "a:1", cik="1"), Member("b", "b:1", cik="2"), "CIK"),
        (
            Member("a", "a:1", company_number="GB:1"),
            Member("b", "b:1", company_number="GB:2"),
            "the register of GB",
        ),
    ):
        members = {"a:1": one, "b:1": other, "c:1": Member("c", "c:1")}
        edges = [Edge("a:1", "c:1", 0.99), Edge("b:1", "c:1", 0.98)]
        made, refused = cluster(members, edges, [], MATCH)
        assert made.groups() == [["a:1", "c:1"], ["b:1"]]
        assert [each.reason for each in refused] == [f"two different numbers of {reason}"]


def test_numbers_of_two_registers_may_meet() -> None:
    members = {
        "a:1": Member("a", "a:1", company_number="GB:1"),
        "b:1": Member("b", "b:1", company_number="DE:2"),
    }
    assert len(_groups(members, [Edge("a:1", "b:1", 0.99)])) == 1


def test_a_vehicle_joins_nothing_by_its_score() -> None:
    edge = Edge("a:1", "b:1", 0.999, apart="numbered or series")
    made, refused = cluster(_members("a:1", "b:1"), [edge], [], MATCH)
    assert len(made.groups()) == 2
    assert refused[0].reason == "numbered or series"


def test_a_rejection_holds_through_every_chain() -> None:
    members = _members("a:1", "b:1", "c:1")
    edges = [Edge("a:1", "b:1", 0.99), Edge("b:1", "c:1", 0.97)]
    rejected = [Decision(1, "reject", "a:1", "c:1")]
    assert _groups(members, edges, rejected) == [["a:1", "b:1"], ["c:1"]]


def test_an_acceptance_overrides_scores_and_every_veto() -> None:
    members = {"a:1": Member("a", "a:1", lei="L1"), "a:2": Member("a", "a:2", lei="L2")}
    assert len(_groups(members, [], [Decision(1, "accept", "a:1", "a:2")])) == 1


def test_the_later_of_two_decisions_counts() -> None:
    members = _members("a:1", "b:1")
    edges = [Edge("a:1", "b:1", 0.99)]
    accept, reject = Decision(1, "accept", "a:1", "b:1"), Decision(2, "reject", "b:1", "a:1")
    assert len(_groups(members, edges, [accept, reject])) == 2
    assert len(_groups(members, [], [accept._replace(number=3), reject])) == 1


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_the_order_of_edges_and_far_components_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"{source}:{n}" for source in "abc" for n in range(5)]
    edges = [
        Edge(min(pair), max(pair), round(chance.uniform(0.9, 1), 3))
        for pair in (chance.sample(names, 2) for _ in range(14))
    ]
    members = _members(*names)
    whole = _groups(members, edges)
    shuffled = edges[:]
    chance.shuffle(shuffled)
    assert _groups(members, shuffled) == whole
    far = _members("x:1", "y:1")
    more = _groups(members | far, [*edges, Edge("x:1", "y:1", 1.0)])
    assert more == [*whole, ["x:1", "y:1"]]
    for group in whole:
        assert len({record.partition(":")[0] for record in group}) == len(group)
