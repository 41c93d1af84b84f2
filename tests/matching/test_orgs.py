"""Ids of organizations: they stay, and what ended can still be found."""

from __future__ import annotations

from pipelines.matching.orgs import Assigned, assign, first_id

Groups = list[list[str]]


class History:
    """Runs one after the other, as tables would keep them."""

    def __init__(self) -> None:
        self.now: dict[str, str] = {}
        self.born: dict[str, int] = {}
        self.aliases: dict[str, str] = {}

    def run(self, *groups: list[str]) -> Assigned:
        made = assign(sorted(groups), self.now, self.born, self.aliases)
        self.now = made.org_of
        for org in made.revived:
            del self.aliases[org]
        self.aliases = {old: made.merged.get(to, to) for old, to in self.aliases.items()}
        self.aliases.update(made.merged)
        for org in sorted(made.used):
            self.born.setdefault(org, len(self.born))
        return made


def test_an_unrelated_record_changes_nobodys_id() -> None:
    history = History()
    before = dict(history.run(["b:1", "c:1"], ["d:1"]).org_of)
    after = history.run(["a:0"], ["b:1", "c:1"], ["d:1"]).org_of
    assert {record: after[record] for record in before} == before


def test_a_record_that_comes_first_in_order_does_not_rename_its_organization() -> None:
    history = History()
    org = history.run(["b:1"]).org_of["b:1"]
    assert history.run(["a:1", "b:1"]).org_of["a:1"] == org


def test_a_merge_keeps_the_older_id_and_the_other_as_alias() -> None:
    history = History()
    old = history.run(["b:1"]).org_of["b:1"]
    young = history.run(["b:1"], ["a:1"]).org_of["a:1"]
    made = history.run(["a:1", "b:1"])
    assert set(made.org_of.values()) == {old}
    assert made.merged == {young: old}


def test_a_split_leaves_the_id_with_the_larger_part() -> None:
    history = History()
    org = history.run(["a:1", "b:1", "c:1"]).org_of["a:1"]
    made = history.run(["a:1"], ["b:1", "c:1"])
    assert made.org_of["b:1"] == org
    assert made.org_of["a:1"] != org
    assert made.split == {made.org_of["a:1"]: org}


def test_what_was_merged_and_is_apart_again_gets_its_id_back() -> None:
    history = History()
    history.run(["b:1", "c:1"])
    young = history.run(["b:1", "c:1"], ["a:1"]).org_of["a:1"]
    history.run(["a:1", "b:1", "c:1"])
    made = history.run(["a:1"], ["b:1", "c:1"])
    assert made.org_of["a:1"] == young
    assert made.revived == [young]
    assert history.aliases == {}


def test_an_id_is_never_given_to_another_organization() -> None:
    history = History()
    org = history.run(["a:1", "b:1", "c:1"]).org_of["a:1"]
    assert org == first_id("a:1")
    made = history.run(["a:1"], ["b:1", "c:1"])
    assert made.org_of["a:1"] not in {org, first_id("b:1")}


def test_a_chain_of_merges_leads_to_the_last_one() -> None:
    history = History()
    first = history.run(["a:1"]).org_of["a:1"]
    second = history.run(["a:1"], ["b:1"]).org_of["b:1"]
    third = history.run(["a:1"], ["b:1"], ["c:1"]).org_of["c:1"]
    history.run(["a:1"], ["b:1", "c:1"])
    history.run(["a:1", "b:1", "c:1"])
    assert history.aliases == {second: first, third: first}
