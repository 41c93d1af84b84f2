"""Periods as people spell them: Jan-25, 1Q25, Q1 FY25, 2025-03, März 2026, T1 2025, FY2025B.

Belongs here: one text → the period and the scenario that it names. Does not belong
here: cells that are dates, for which a whole row must be seen (lines).

A spelling that two people could read as two periods names none: 03/04/2025 is
nobody's month, and 2024/25 is a year of which the end isn't said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipelines.finance.kpi.calendars import Granularity, Period, ending, period
from pipelines.finance.kpi.wording import fold

Scenario = Literal["actual", "budget", "forecast"]

_MONTH_NAMES = (
    "january januar janvier enero gennaio januari janeiro",
    "february februar fevrier febrero febbraio februari fevereiro",
    "march maerz mars marzo maart marco mrz mrt",
    "april avril abril aprile",
    "may mai mayo maggio mei maio",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus augusti",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro desember",
)
_SCENARIOS: dict[Scenario, str] = {
    "actual": "actual actuals act ist reel reels realise realises real reales effettivo consuntivo",
    "budget": "budget bud bgt budgeted plan planned soll presupuesto presupuestado budgete aop",
    "forecast": "forecast fc fcst fcast estimate est prognose prevision previsions projected"
    " projection projections outlook hochrechnung pronostico previsione",
}
_LETTERS: dict[str, Scenario] = {
    "a": "actual", "b": "budget", "f": "forecast", "e": "forecast", "p": "forecast",
}  # fmt: skip
SCENARIO_OF: dict[str, Scenario] = {
    word: scenario for scenario, words in _SCENARIOS.items() for word in words.split()
}
_CODES = {
    "Q": "q qtr quarter quartal t trim trimestre trimester kvartal kwartaal",
    "H": "h hj half halbjahr semestre semester sem",
    "F": "fy gj fiscal financial exercice ejercicio geschaeftsjahr year jahr",
    "P": "m month monat mois mes months",
    "": "of the ended ending ends end per as at to for period st nd rd th er eme ere em de del du"
    " unaudited audited preliminary prelim flash draft restated ungeprueft vorlaeufig provisoire",
}
_CODE_OF = {word: code for code, words in _CODES.items() for word in words.split()}
_STRANGE = re.compile(r"[^a-z0-9\s\-–—_/.,'():]")
_TOKEN = re.compile(r"[a-z]+|\d+")
_DATE = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t]00:00(?::00)?)?|(\d{1,2})\.(\d{1,2})\.(\d{4}))"
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_SEASON = re.compile(r"(\d{4})\s*/\s*(\d{2})")
_MONTH_FORMS = {
    "MY": (0, 1), "YM": (1, 0), "Mn": (0, 1), "YPn": (2, 0), "PnY": (1, 2), "Pnn": (1, 2),
    "Yn": (1, 0), "nY": (0, 1), "M": (0, None), "Pn": (1, None), "nn": (0, 1),
}  # fmt: skip
"""Form → places of the month and the year."""
_PART = re.compile("F?([QH])F?nF?|F?n([QH])F?")


@dataclass(frozen=True)
class Heading:
    """What a heading names; `day` where it names but a day, `fiscal` if it says so."""

    period: Period | None = None
    scenario: Scenario | None = None
    day: date | None = None


def month_of(word: str) -> int | None:
    """The month that a folded word of three letters or more begins, in any language."""
    if len(word) < 3:
        return None
    found = {
        number
        for number, names in enumerate(_MONTH_NAMES, 1)
        if any(name.startswith(word) for name in names.split())
    }
    return found.pop() if len(found) == 1 else None


def scenario_of(text: str) -> Scenario | None:
    """The scenario that a text consists of; None where it says more or less."""
    folded = fold(text)
    tokens = _TOKEN.findall(folded)
    if not tokens or _STRANGE.search(folded):
        return None
    found = {SCENARIO_OF.get(token) for token in tokens}
    return found.pop() if len(found) == 1 else None


def heading_of(text: str, *, year: int | None = None, ends: int = 12) -> Heading | None:
    """The period and scenario of a heading, or None where it names no one period.

    `year` is that of headings above, for months and quarters that name none; `ends` is
    the last month of the company's year. Where that isn't December, a quarter or year
    must say that it is fiscal (FY), else it could be either.
    """
    folded = fold(text)
    if _STRANGE.search(folded) or len(folded) > 40:
        return None
    tokens, scenario = _without_scenario(_TOKEN.findall(folded))
    on = _day(folded)
    if on is not None:
        return Heading(day=on, scenario=scenario)
    if not tokens or (_SEASON.search(folded) and _is_season(folded)):
        return None
    coded = [(code, token) for token in tokens if (code := _code(token)) != ""]
    form = "".join(code for code, _ in coded)
    texts = [token for _, token in coded]
    found = _spelled(form, texts, year, ends)
    if isinstance(found, date):
        return Heading(day=found, scenario=scenario)
    return Heading(found, scenario) if found else None


def _code(token: str) -> str:
    """One letter for what a token is; empty for a filler, ? for anything else."""
    if token.isdigit():
        return "Y" if len(token) == 4 and "1990" <= token <= "2100" else _short(token)
    if token in _CODE_OF:
        return _CODE_OF[token]
    return "M" if month_of(token) else "?"


def _short(token: str) -> str:
    return "n" if len(token) <= 2 else "?"


def _without_scenario(tokens: list[str]) -> tuple[list[str], Scenario | None]:
    """The tokens less the one that names a scenario, if it is one alone."""
    named = [token for token in tokens if token in SCENARIO_OF]
    if len(named) == 1:
        return [token for token in tokens if token != named[0]], SCENARIO_OF[named[0]]
    if len(tokens) > 1 and tokens[-1] in _LETTERS and tokens[-2].isdigit():
        return tokens[:-1], _LETTERS[tokens[-1]]
    return tokens, None


def _day(folded: str) -> date | None:
    """A whole date, where only one can be meant."""
    if found := _DATE.fullmatch(folded):
        parts = [int(part) for part in found.groups() if part]
        return _date(*(parts if found[1] else reversed(parts)))
    if found := _SLASHED.fullmatch(folded):
        first, second, year = map(int, found.groups())
        if first > 12 or first == second:
            return _date(year, second, first)
        return _date(year, first, second) if second > 12 else None
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_season(folded: str) -> bool:
    """2024/25: a year over two calendar years, and no month."""
    found = _SEASON.search(folded)
    return found is not None and int(found[2]) == (int(found[1]) + 1) % 100


def _spelled(form: str, texts: list[str], year: int | None, ends: int) -> Period | date | None:
    if form in _MONTH_FORMS:
        return _month(form, texts, year)
    if form in ("nMY", "MnY"):
        at = 0 if form == "nMY" else 1
        return _date(int(texts[2]), month_of(texts[1 - at]) or 0, int(texts[at]))
    if form in ("QnMY", "FnMY", "PnMY", "QMY", "FMY", "PMY", "HMY"):
        return _ended(form[0], texts[-2], texts[-1])
    fiscal = "F" in form and texts[form.index("F")] not in ("year", "jahr")
    if ends != 12 and not fiscal:
        return None
    if form in ("Y", "FY", "YF"):
        return period("year", int(texts[form.index("Y")]), 1, ends)
    if form == "Fn" and len(texts[1]) == 2 and fiscal:
        return period("year", 2000 + int(texts[1]), 1, ends)
    return _part(form, texts, year, ends)


def _month(form: str, texts: list[str], year: int | None) -> Period | None:
    month_at, year_at = _MONTH_FORMS[form]
    said = texts[month_at]
    month = int(said) if said.isdigit() else month_of(said) or 0
    if year_at is not None:
        digits = texts[year_at]
        if len(digits) not in (2, 4) or (form == "nn" and not 12 < int(digits) < 70):
            return None
        named = int(digits) if len(digits) == 4 else 2000 + int(digits)
        if len(digits) == 2 and year not in (None, named):
            return None  # Jan 25 below 2026 may be a day.
        year = named
    if year is None or not 1 <= month <= 12:
        return None
    return period("month", year, month)


def _ended(code: str, month: str, year: str) -> Period | None:
    """Quarter ended 31 March 2025."""
    lengths: dict[str, Granularity] = {"Q": "quarter", "H": "half", "F": "year", "P": "month"}
    return ending(lengths[code], date(int(year), month_of(month) or 1, 1))


def _part(form: str, texts: list[str], year: int | None, ends: int) -> Period | None:
    """A quarter or half: its number beside its letter, its year before or behind."""
    pieces = list(zip(form, texts, strict=True))
    named = None
    if form.startswith("Y"):
        named, pieces = texts[0], pieces[1:]
    elif form.startswith("Fn") and len(form) > 3 and len(texts[1]) == 2:
        named, pieces = texts[1], pieces[2:]
    elif form.endswith("Y") or (len(form) > 2 and form[-1] == "n" and len(texts[-1]) == 2):
        named, pieces = texts[-1], pieces[:-1]
    found = _PART.fullmatch("".join(code for code, _ in pieces))
    if found is None:
        return None
    if named is not None:
        year = int(named) if len(named) == 4 else 2000 + int(named)
    number = int(next(text for code, text in pieces if code == "n"))
    kind: Granularity = "quarter" if (found[1] or found[2]) == "Q" else "half"
    if year is None or not 1 <= number <= (4 if kind == "quarter" else 2):
        return None
    return period(kind, year, number, ends)
