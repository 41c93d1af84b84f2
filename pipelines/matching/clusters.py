"""Pairs put together to organizations, as far as nothing forbids it.

    decisions of people, then register numbers, then scores from the highest down;
    each joins two clusters unless a member of one may not be with a member of the other

Belongs here: that order and what forbids. Does not belong here: scores, and the ids that
clusters get (`orgs`). The result for one connected component depends on its own records
and edges alone, so clusters far from a change stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class Member(NamedTuple):
    """What clustering must know of a record; `family` groups a source's own renames.

    Two families of one `scope` (a source, mostly) are two organizations.
    """

    scope: str
    family: str
    lei: str | None = None
    cik: str | None = None
    company_number: str | None = None


class Edge(NamedTuple):
    """Two records that may belong together; `apart` says why they may not, mostly None."""

    left: str
    right: str
    score: float
    is_sure: bool = False
    apart: str | None = None


class Decision(NamedTuple):
    """What a person decided of two records; a later `number` overrides an earlier one."""

    number: int
    verdict: Literal["accept", "reject"]
    left: str
    right: str


class Refused(NamedTuple):
    """An edge good enough to join by, and why it didn't."""

    edge: Edge
    reason: str


@dataclass
class _Cluster:
    members: list[str]
    families: dict[str, str]
    numbers: dict[str, str]
    rejects: dict[str, int] = field(default_factory=dict)


class Clusters:
    """Clusters of some records while they grow; `joined` holds each one's best score."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._of = {record: _first(record, member) for record, member in members.items()}
        self.joined: dict[str, float] = {}

    def together(self, left: str, right: str) -> bool:
        """Whether two records are in one cluster."""
        return self._of[left] is self._of[right]

    def reject(self, decision: Decision) -> None:
        """Keep two records apart."""
        for one, other in ((decision.left, decision.right), (decision.right, decision.left)):
            known = self._of[one].rejects
            known[other] = max(decision.number, known.get(other, -1))

    def forbids(self, left: str, right: str, *, since: int | None = None) -> str | None:
        """Why the clusters of two records may not be one; None where nothing forbids it.

        With `since`, a decision's number, only later rejections count: people's
        decisions override everything else.
        """
        a, b = self._of[left], self._of[right]
        if len(a.members) > len(b.members):
            a, b = b, a
        if any(b.rejects.get(record, -1) > (since or -1) for record in a.members):
            return "a person keeps them apart"
        if since is not None:
            return None
        for kind, number in a.numbers.items():
            if b.numbers.get(kind, number) != number:
                return f"two different numbers of {kind}"
        for scope, family in a.families.items():
            if b.families.get(scope, family) != family:
                return f"two records of {scope}"
        return None

    def join(self, left: str, right: str, score: float) -> None:
        """Make the clusters of two records one."""
        a, b = self._of[left], self._of[right]
        for record in (left, right):
            self.joined[record] = max(score, self.joined.get(record, 0.0))
        if a is b:
            return
        if len(a.members) < len(b.members):
            a, b = b, a
        a.members += b.members
        a.families.update(b.families)
        a.numbers.update(b.numbers)
        for record, number in b.rejects.items():
            a.rejects[record] = max(number, a.rejects.get(record, -1))
        for record in b.members:
            self._of[record] = a

    def groups(self) -> list[list[str]]:
        """The clusters, their records in order, in the order of their first records."""
        found = {id(cluster): sorted(cluster.members) for cluster in self._of.values()}
        return sorted(found.values())


def cluster(
    members: Mapping[str, Member],
    edges: Iterable[Edge],
    decisions: Sequence[Decision],
    match: float,
) -> tuple[Clusters, list[Refused]]:
    """Clusters of the records, and the edges from `match` up that were refused.

    Edges and decisions must only name records among `members`.
    """
    made = Clusters(members)
    latest = {frozenset((each.left, each.right)): each for each in sorted(decisions)}
    for each in latest.values():
        if each.verdict == "reject":
            made.reject(each)
    for each in sorted(latest.values(), reverse=True):
        if each.verdict == "accept" and not made.forbids(each.left, each.right, since=each.number):
            made.join(each.left, each.right, 1.0)
    refused = []
    for edge in sorted(edges, key=_order):
        if not edge.is_sure and edge.score < match:
            continue
        reason = None if edge.is_sure else edge.apart
        if not made.together(edge.left, edge.right):
            reason = reason or made.forbids(edge.left, edge.right)
        if reason is None:
            made.join(edge.left, edge.right, 1.0 if edge.is_sure else edge.score)
        elif not made.together(edge.left, edge.right):
            refused.append(Refused(edge, reason))
    return made, refused


def _order(edge: Edge) -> tuple[bool, float, str, str]:
    return (not edge.is_sure, -edge.score, edge.left, edge.right)


def _first(record: str, member: Member) -> _Cluster:
    numbers = {
        kind: number for kind, number in (("LEI", member.lei), ("CIK", member.cik)) if number
    }
    if member.company_number:
        register, _, number = member.company_number.partition(":")
        numbers[f"the register of {register}"] = number
    return _Cluster([record], {member.scope: member.family}, numbers)
