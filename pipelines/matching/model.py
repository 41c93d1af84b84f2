"""A trained model: every number that a score is made from.

Belongs here: what a model holds, and its form as JSON. Does not belong here: how the
numbers are learned (`training`) or used (`scoring`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.matching.comparisons import COMPARISONS, Odds, settings

MATCH = 0.95
"""From this probability on, two records are taken for one organization."""
QUEUE = 0.35
"""From this probability on, a person is asked."""
VERSION = 1
"""Raised when comparisons, keys or training change, so that a new model is trained."""


@dataclass(frozen=True)
class MatchModel:
    """The parameters of a Fellegi-Sunter model, and what decides by its scores.

    `m` and `u` hold for each comparison a probability a level; `learned` names the
    comparisons whose `m` came from the data, the others keep what was assumed.
    `shares` gives for each weighed column the shares of values that several records of
    one source have, and under the empty text that of every other value.
    `crowded` are the keys that too many records share to be compared by.
    """

    prior: float
    m: Odds
    u: Odds
    learned: tuple[str, ...]
    shares: Mapping[str, Mapping[str, float]]
    crowded: tuple[tuple[str, str], ...]
    records: int
    match: float = MATCH
    queue: float = QUEUE
    version: int = VERSION

    def settings(self) -> dict[str, Any]:
        """As splink takes it, for pairs that are already found."""
        return settings(self.prior, self.m, self.u, ["l.record_id = r.record_id"])

    def rows(self) -> list[dict[str, Any]]:
        """A row a level, for people: how much it speaks for a match, in bits."""
        from math import log2

        return [
            {
                "comparison": comparison.name,
                "level": level.name,
                "m": m,
                "u": u,
                "bits": round(log2(m / u), 2),
                "learned": comparison.name in self.learned,
            }
            for comparison in COMPARISONS
            for level, m, u in zip(
                comparison.levels, self.m[comparison.name], self.u[comparison.name], strict=True
            )
        ]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values, from which `from_json` makes an equal model."""
        return {**self.__dict__, "crowded": [list(key) for key in self.crowded]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> MatchModel:
        """The model that `to_json` wrote."""
        crowded = tuple((kind, key) for kind, key in value["crowded"])
        return cls(**{**value, "crowded": crowded, "learned": tuple(value["learned"])})
