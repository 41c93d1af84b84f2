"""What people decided about a company and its labels; the same for every workbook of it.

Belongs here: decisions as values, and which one counts for a label. Does not belong
here: where they are kept, or guesses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.finance.kpi.vocabulary import BY_ID
from pipelines.finance.kpi.wording import words

IGNORE = "ignore"


@dataclass(frozen=True)
class Profile:
    """A company that reports. `currency` is what its figures are in where it doesn't say.

    `year_ends` is the last month of its financial year.
    """

    company: str
    currency: str | None = None
    year_ends: int = 12


@dataclass(frozen=True)
class Decision:
    """What a label of a company means: a metric's id, or `ignore`.

    Empty `sheet` and `section` stand for any. `currency`, `scale` (1000: the cells are
    in thousands), `sign` (-1: burn is written below zero) and `percent` (`share`: 0.45
    is 45 %; `points`: 45 is) settle what the workbooks leave open; None: they don't.
    """

    company: str
    label: str
    metric: str
    sheet: str = ""
    section: str = ""
    currency: str | None = None
    scale: int | None = None
    sign: int | None = None
    percent: str | None = None
    decided_by: str = ""

    @property
    def faults(self) -> list[str]:
        """What is wrong with it, a sentence each; such a decision isn't followed."""
        found = []
        if self.metric not in BY_ID and self.metric != IGNORE:
            found.append(f"No metric is called “{self.metric}”.")
        if self.percent not in (None, "share", "points"):
            found.append(f"A percentage is given as share or points, not as “{self.percent}”.")
        if self.sign not in (None, 1, -1):
            found.append(f"A sign is 1 or -1, not {self.sign}.")
        if self.scale is not None and self.scale < 1:
            found.append(f"A scale is 1 or more, not {self.scale}.")
        return found


class Mapping:
    """The decisions on one company's labels; the narrowest counts."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._by_label: dict[tuple[str, ...], list[Decision]] = {}
        for decision in decisions:
            if not decision.faults:
                self._by_label.setdefault(words(decision.label), []).append(decision)

    def of(self, sheet: str, section: str | None, label: str) -> Decision | None:
        """The decision on a label, one for its sheet and section before one for any."""
        fitting = [
            decision
            for decision in self._by_label.get(words(label), [])
            if decision.sheet in ("", sheet)
            and (not decision.section or words(decision.section) == words(section or ""))
        ]
        narrow = sorted(fitting, key=lambda d: (not d.section, not d.sheet))
        return narrow[0] if narrow else None
