"""Ids of organizations that stay: whose cluster is whose, from one run to the next.

Belongs here: which cluster inherits an id, what becomes of the others, and new ids.
Does not belong here: clustering (`clusters`) and tables (`tables`).

An id goes on with the cluster that keeps most of its records. Where several ids go to
one cluster, the oldest stays and the others become its aliases. A cluster that none
goes to gets a new id, made from its first record, so an unrelated record never
changes anybody's id. One that was merged before and is apart again gets its id back.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Assigned:
    """What came of it.

    `org_of` gives each record its organization. `merged` maps an id that ended to the
    one that it is an alias of, `split` a new id to the one whose records it took, and
    `revived` are ids that were aliases and are in use again. `used` are all in use.
    """

    org_of: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    split: dict[str, str] = field(default_factory=dict)
    revived: list[str] = field(default_factory=list)


def assign(
    groups: Sequence[Sequence[str]],
    before: Mapping[str, str],
    born: Mapping[str, int],
    aliases: Mapping[str, str],
) -> Assigned:
    """Ids for clusters, each a sorted list of records.

    `before` gives the ids that records have; it must cover whole organizations. `born`
    orders the ids that were ever used, the oldest first, at least those of `before` and
    those that the clusters' first records would make; `aliases` maps ids that were
    merged to what they are now.
    """
    made = Assigned()
    claims = _claims(groups, before)
    for place, group in enumerate(groups):
        claimed = sorted(claims.get(place, ()), key=lambda org: (born.get(org, 0), org))
        if claimed:
            org = claimed[0]
            made.merged.update(dict.fromkeys(claimed[1:], org))
        else:
            parent = _parent(group, before)
            org = _new(group, parent, born, aliases, made)
        made.used.add(org)
        made.org_of.update(dict.fromkeys(group, org))
    return made


def _claims(groups: Sequence[Sequence[str]], before: Mapping[str, str]) -> dict[int, list[str]]:
    """Cluster → the ids that go on with it, each id with the cluster of most its records."""
    shares: dict[str, Counter[int]] = defaultdict(Counter)
    for place, group in enumerate(groups):
        for record in group:
            if record in before:
                shares[before[record]][place] += 1
    heirs: dict[int, list[str]] = defaultdict(list)
    for org, counts in shares.items():
        place = min(counts, key=lambda at: (-counts[at], groups[at][0]))
        heirs[place].append(org)
    return heirs


def _parent(group: Sequence[str], before: Mapping[str, str]) -> str | None:
    counts = Counter(before[record] for record in group if record in before)
    return min(counts, key=lambda org: (-counts[org], org)) if counts else None


def _new(
    group: Sequence[str],
    parent: str | None,
    born: Mapping[str, int],
    aliases: Mapping[str, str],
    made: Assigned,
) -> str:
    for record in group if parent else ():
        org = first_id(record)
        if aliases.get(org) == parent and org not in made.used:
            made.revived.append(org)
            made.split[org] = str(parent)
            return org
    number = 0
    org = first_id(group[0])
    while org in born or org in made.used:
        number += 1
        org = first_id(f"{group[0]}#{number}")
    if parent:
        made.split[org] = parent
    return org


def first_id(record: str) -> str:
    """The id of an organization whose first record this is."""
    return f"org_{hashlib.sha256(record.encode()).hexdigest()[:16]}"
