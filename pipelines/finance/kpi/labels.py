"""From a label to the metric that it names, with how sure that is and why.

Belongs here: taking a label apart and comparing it with the vocabulary. Does not
belong here: what people decided about a company's labels (mapping).

A label that is a metric's name, letter for letter once folded, names it. One that may
mean it, looks like it, or says something besides, is a guess that a person confirms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from pipelines.finance.kpi.periods import SCENARIO_OF, Scenario, scenario_of
from pipelines.finance.kpi.units import Unit, unit_of
from pipelines.finance.kpi.vocabulary import METRICS, Metric
from pipelines.finance.kpi.wording import words

SURE = 0.9
"""From this confidence on a label is used without asking."""

Words = tuple[str, ...]
_NAMES: dict[Words, Metric] = {words(name): metric for metric in METRICS for name in metric.names}
_HINTS: dict[Words, Metric] = {words(hint): metric for metric in METRICS for hint in metric.hints}
_NEUTRAL = frozenset(
    words(each)
    for each in (
        "eop", "end of period", "period end", "month end", "end of month", "at month end",
        "quarter end", "closing", "closing balance", "ending", "unaudited", "management accounts",
        "stichtag", "monatsende", "fin de mois", "fin de periode", "fin de mes",
    )
)  # fmt: skip
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_SEPARATOR = re.compile(r"\s*[,;:|]\s*|\s+[-–—]\s+")


@dataclass(frozen=True)
class Label:
    """A label taken apart: its own words, those in brackets, and what it states besides."""

    core: Words
    asides: tuple[Words, ...]
    unit: Unit
    scenario: Scenario | None


@dataclass(frozen=True)
class Match:
    """The metric that a label names, from 0 (nothing like it) to 1, and why."""

    metric: Metric | None
    confidence: float
    reason: str


def take_apart(text: str) -> Label:
    """A label's words, without the unit and scenario that it states.

    They may stand in brackets, behind a comma or dash, or as its last words.
    """
    units, scenarios, asides = [], [], []

    def taken(part: str) -> bool:
        unit, scenario = unit_of(part), scenario_of(part)
        if unit:
            units.append(unit)
        elif scenario:
            scenarios.append(scenario)
        return bool(unit or scenario)

    def aside(found: re.Match[str]) -> str:
        if not taken(found[1]) and words(found[1]):
            asides.append(words(found[1]))
        return " "

    rest = _BRACKETS.sub(aside, text).strip(" .:*-–—")
    pieces = _SEPARATOR.split(rest)
    while len(pieces) > 1 and taken(pieces[-1]):
        pieces.pop()
    while len(pieces) > 1 and taken(pieces[0]):
        pieces.pop(0)
    core, unit = _without_unit(" ".join(pieces))
    units += [unit] if unit else []
    merged = Unit()
    for each in units:
        merged = Unit(
            merged.currency or each.currency, merged.scale or each.scale, merged.kind or each.kind
        )
    return Label(words(core), tuple(asides), merged, scenarios[0] if scenarios else None)


def _without_unit(text: str) -> tuple[str, Unit | None]:
    """A text less the unit that its last or first words are."""
    parts = text.split()
    for count in (4, 3, 2, 1):
        if len(parts) <= count:
            continue
        unit = unit_of(" ".join(parts[-count:]))
        if unit and (unit.currency or unit.kind == "percent"):
            return " ".join(parts[:-count]), unit
    if len(parts) > 1:
        unit = unit_of(parts[0])
        if unit and (unit.currency or unit.kind == "percent"):
            return " ".join(parts[1:]), unit
    return text, None


def match(label: Label) -> tuple[Match, Scenario | None]:
    """The metric a label names, and the scenario if one is among its words."""
    found = _named(label.core, label.asides)
    if found is not None:
        return found, label.scenario
    for scenario_word, rest in (
        (label.core[-1:], label.core[:-1]),
        (label.core[:1], label.core[1:]),
    ):
        scenario = SCENARIO_OF.get(scenario_word[0]) if scenario_word else None
        if scenario and rest and (found := _named(rest, label.asides)):
            return found, scenario
    return _guess(label.core), label.scenario


def _named(core: Words, asides: tuple[Words, ...]) -> Match | None:
    """The match of a label that is a name, or a hint, or None."""
    joined = sum(asides, core)
    shown = " ".join(core)
    if asides and joined in _NAMES:
        metric = _NAMES[joined]
        return Match(metric, 1.0, f"“{' '.join(joined)}” is a name of {metric.title}.")
    if core in _NAMES:
        metric = _NAMES[core]
        others = [a for a in asides if a not in _NEUTRAL and _NAMES.get(a) is not metric]
        if others:
            said = " ".join(others[0])
            return Match(metric, 0.5, f"“{said}” in brackets may limit {metric.title}.")
        return Match(metric, 1.0, f"“{shown}” is a name of {metric.title}.")
    if core in _HINTS:
        metric = _HINTS[core]
        return Match(metric, 0.6, f"“{shown}” may mean {metric.title}, or something else.")
    return None


@cache
def _guess(core: Words) -> Match:
    """What a label that nobody knows looks most like; never sure."""
    shown = " ".join(core)
    typos = {m.id: m for name, m in _NAMES.items() if _is_typo(core, name)}
    if len(typos) == 1:
        (metric,) = typos.values()
        return Match(metric, 0.8, f"“{shown}” is one letter away from a name of {metric.title}.")
    best, likeness = None, 0.0
    for name, metric in _NAMES.items():
        matcher = SequenceMatcher(None, shown, " ".join(name), autojunk=False)
        if matcher.quick_ratio() > likeness and (ratio := matcher.ratio()) > likeness:
            best, likeness = metric, ratio
    if best is None or likeness < 0.6:
        return Match(None, 0.0, f"“{shown}” is like no known name.")
    return Match(best, round(likeness / 2, 2), f"“{shown}” looks a little like {best.title}.")


def _is_typo(one: Words, other: Words) -> bool:
    """Whether long words differ by one letter at most, and short ones not at all."""
    if len(one) != len(other) or one == other:
        return False
    return all(
        a == b or (min(len(a), len(b)) >= 6 and _one_apart(a, b))
        for a, b in zip(one, other, strict=True)
    )


def _one_apart(a: str, b: str) -> bool:
    """One letter put in, left out, changed, or two exchanged."""
    if abs(len(a) - len(b)) > 1:
        return False
    at = next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    rests = a[at:], b[at:]
    return (
        rests[0][1:] == rests[1][1:]
        or rests[0][1:] == rests[1]
        or rests[0] == rests[1][1:]
        or (rests[0][:2] == rests[1][:2][::-1] and rests[0][2:] == rests[1][2:])
    )


def names_metric(said: Words) -> bool:
    """Whether words are the name of a metric."""
    return said in _NAMES
