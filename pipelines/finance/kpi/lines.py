"""The lines of a sheet that name periods: a header row, or a column of months.

Belongs here: which cells of one line name which period and scenario, seen together
with the lines beside it. Does not belong here: which lines head a table (blocks).

A line must be seen whole, because one cell doesn't say it all: 31.03.2025 is a month
among month ends and a quarter among quarter ends, Jan is of the year above it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipelines.finance.kpi.calendars import Granularity, Period, ending, is_month_end, period
from pipelines.finance.kpi.periods import Heading, Scenario, heading_of, scenario_of
from pipelines.finance.kpi.sheets import Cell, View
from pipelines.finance.kpi.units import unit_of
from pipelines.finance.kpi.wording import fold, words

_YEAR = re.compile(r"(?:fy|cy|year|jahr)?\s*((?:19|20)\d\d)")
_OVERALL = frozenset(
    word
    for line in (
        "total sum summe gesamt ytd ltm ttm mtd qtd cumulative cumul kumuliert avg average vs",
        "variance var delta change growth yoy qoq mom wachstum abweichung ecart variation versus",
    )
    for word in line.split()
)
_LONGEST = 40
"""Letters of a heading; a longer text is a remark."""
_ABOVE = 3
"""Lines above a heading in which its year may stand."""
_LENGTH: dict[int, Granularity] = {1: "month", 3: "quarter", 6: "half", 12: "year"}


@dataclass(frozen=True)
class Column:
    """One position of a header line. `doubt` says why it can't be used as it is.

    It isn't `understood` where its text holds a number and yet names no period.
    """

    at: int
    cell: Cell
    period: Period | None
    scenario: Scenario | None
    doubt: str | None = None
    understood: bool = True


@dataclass(frozen=True)
class Line:
    """A line that names periods; its values begin behind line `body`.

    `weak`: the periods are bare numbers like 2024, which may as well be figures. `hint`
    is what the sheet's name and the words over the line say.
    """

    number: int
    body: int
    columns: tuple[Column, ...]
    weak: bool
    hint: str

    @property
    def positions(self) -> list[int]:
        """Where its columns stand, in order."""
        return [column.at for column in self.columns]


def line_of(view: View, number: int, *, ends: int, said: str) -> Line | None:
    """The periods that a line names, or None where it names none.

    `ends` is the last month of the company's year, `said` what the sheet's name says,
    which may hold a year.
    """
    cells = view.covered(number)
    years = _years_above(view, number, cells, said)
    headings = {at: _heading(cell, years.get(at), ends) for at, cell in cells.items()}
    found = {at: heading for at, heading in headings.items() if heading}
    weak = all(cells[at].kind == "number" for at in found)
    if weak and not _counts_up([heading.period for heading in found.values()]):
        return None
    if not weak:
        found = {at: heading for at, heading in found.items() if cells[at].kind != "number"}
    hint = f"{said} {_hint(view, number)}"
    days = {at: heading.day for at, heading in found.items() if heading.day}
    length = _length(days.values(), hint) if days else None
    if days and length is None and not _is_run(list(days.values())):
        found = {at: heading for at, heading in found.items() if not heading.day}
    scenarios, body, dropped = _scenarios(view, number, list(found))
    columns = [
        _column(at, cells[at], heading, scenarios.get(at), length)
        for at, heading in sorted(found.items())
        if at not in dropped
    ]
    if not columns:
        return None
    more = [] if weak else _not_understood(cells, columns, set(found) | dropped)
    whole = sorted([*columns, *more], key=lambda column: column.at)
    return Line(number, body, tuple(whole), weak, hint)


def _heading(cell: Cell, year: int | None, ends: int) -> Heading | None:
    if cell.kind == "text":
        return heading_of(cell.value, year=year, ends=ends)
    if cell.kind == "date":
        return Heading(day=_day(cell))
    whole = cell.kind == "number" and cell.value.isdigit() and 1990 <= int(cell.value) <= 2100
    if whole and "," not in (cell.number_format or "") and ends == 12:
        return Heading(period("year", int(cell.value)))
    return None


def _day(cell: Cell) -> date:
    """The day of a cell; its month's last day where the cell shows no day."""
    day = date.fromisoformat(cell.value[:10])
    code = re.sub(r'"[^"]*"|\[[^\]]*\]', "", (cell.number_format or "d").lower())
    return day if "d" in code or "m" not in code else ending("month", day).end


def _counts_up(periods: Iterable[Period | None]) -> bool:
    """Whether years follow one another without a gap, two or more of them."""
    years = [found.start.year for found in periods if found]
    return len(years) > 1 and all(b - a == 1 for a, b in pairwise(years))


def _years_above(view: View, number: int, cells: Mapping[int, Cell], said: str) -> dict[int, int]:
    """The year that stands over each position, or in the sheet's name."""
    for line in range(number - 1, max(number - 1 - _ABOVE, 0), -1):
        named = {at: _year(cell) for at, cell in view.covered(line).items()}
        years = {at: year for at, year in named.items() if year}
        if not years:
            continue
        spread: dict[int, int] = {}
        for at in cells:
            before = [place for place in named if place <= at]
            if before and (year := named[max(before)]):
                spread[at] = year
        return spread
    once = {int(year) for year in re.findall(r"(?<!\d)(20\d\d)(?!\d)", said)}
    return dict.fromkeys(cells, once.pop()) if len(once) == 1 else {}


def _year(cell: Cell) -> int | None:
    found = _YEAR.fullmatch(fold(cell.value)) if cell.kind in ("text", "number") else None
    return int(found[1]) if found else None


def _length(days: Iterable[date], hint: str) -> Granularity | None:
    """How long the periods are that these days end or begin; None where that is open."""
    known = sorted(set(days))
    ends, starts = all(map(is_month_end, known)), all(day.day == 1 for day in known)
    if not (ends or starts):
        return None
    months = [day.year * 12 + day.month for day in known]
    gaps = [b - a for a, b in pairwise(months)]
    hinted = _hinted(hint)
    if not gaps or 0 in gaps:
        return hinted
    shortest = min(gaps)
    length = _LENGTH.get(shortest)
    if length is None or any(gap % shortest for gap in gaps):
        return None
    aligned = {month % shortest for month in months} == {0 if ends else 1 % shortest}
    if length == "month" or (aligned and hinted == length):
        return length
    return length if aligned and hinted is None else None


def _hinted(text: str) -> Granularity | None:
    """The length that a sheet's name or the words over a table call for."""
    folded = fold(text)
    hints: dict[Granularity, str] = {
        "month": r"monthly|\bmonth\b|\bmonat\b|\bmois\b|\bmes\b|monatlich|mensuel|mensual|mensile",
        "quarter": "quarterly|quartal|trimestriel|trimestral|quarter",
        "year": "annual|yearly|jaehrlich|annuel|anual",
    }
    found = [length for length, pattern in hints.items() if re.search(pattern, folded)]
    return found[0] if len(found) == 1 else None


def _hint(view: View, number: int) -> str:
    """What the line and those above it say in words."""
    lines = range(max(number - _ABOVE, 1), number + 1)
    return " ".join(c.value for n in lines for c in view.line(n).values() if c.kind == "text")


def _is_run(days: list[date]) -> bool:
    """Whether days stand in order, as a header's do."""
    return len(days) > 1 and all(a < b for a, b in pairwise(days))


def _scenarios(
    view: View, number: int, positions: list[int]
) -> tuple[dict[int, Scenario], int, set[int]]:
    """Scenarios named beside a line, its last header line, and positions that aren't values.

    Under a period stand Actual, Budget and perhaps Variance: what isn't a scenario
    there is no value of the period.
    """
    below = {at: view.covering(number + 1, at) for at in positions}
    below = {at: cell for at, cell in below.items() if cell is not view.covering(number, at)}
    texts = {at: cell for at, cell in below.items() if cell and cell.kind == "text"}
    named = {at: scenario for at, cell in texts.items() if (scenario := scenario_of(cell.value))}
    if named and all(cell is None or cell.kind == "text" for cell in below.values()):
        return named, number + 1, set(texts) - set(named)
    for line in (number - 1, number - 2):
        cells = {at: c for at, c in view.covered(line).items() if c.kind == "text"}
        over = {at: scenario for at, c in cells.items() if (scenario := scenario_of(c.value))}
        if not over:
            continue
        spread: dict[int, Scenario] = {}
        for at in positions:
            before = [place for place in cells if place <= at]
            if before and (scenario := over.get(max(before))):
                spread[at] = scenario
        return spread, number, set()
    return {}, number, set()


def _column(
    at: int, cell: Cell, heading: Heading, beside: Scenario | None, length: Granularity | None
) -> Column:
    scenario = heading.scenario or beside
    if heading.scenario and beside and heading.scenario != beside:
        doubt = f"“{cell.value}” says {heading.scenario}, the heading beside it {beside}."
        return Column(at, cell, heading.period, None, doubt)
    if heading.day is None:
        return Column(at, cell, heading.period, scenario)
    if length is None:
        doubt = f"{heading.day} may end a month, a quarter or a year; the sheet doesn't say which."
        return Column(at, cell, None, scenario, doubt)
    if length == "month" or is_month_end(heading.day):
        return Column(at, cell, ending(length, heading.day), scenario)
    ahead = {"quarter": 2, "half": 5, "year": 11}[length]
    month = heading.day.year * 12 + heading.day.month - 1 + ahead
    return Column(at, cell, ending(length, date(month // 12, month % 12 + 1, 1)), scenario)


def _not_understood(
    cells: Mapping[int, Cell], columns: Sequence[Column], known: set[int]
) -> Iterator[Column]:
    """Headings with a number in them that aren't read: their figures are asked about.

    Totals, changes and sums over periods are left alone; they are no period's figures.
    """
    first = columns[0].at
    for at, cell in cells.items():
        if at <= first or at in known or cell.kind != "text" or len(cell.value) > _LONGEST:
            continue
        said = words(cell.value)
        if (
            re.search(r"\d", cell.value)
            and not unit_of(cell.value)
            and not _OVERALL.intersection(said)
        ):
            doubt = f"“{cell.value}” may name a period, but isn't understood."
            yield Column(at, cell, None, None, doubt, understood=False)


def doubted(columns: Sequence[Column], hint: str) -> tuple[Column, ...]:
    """The columns of one table, with what is doubtful of them once they are seen together."""
    times: Counter[tuple[Period, Scenario | None]] = Counter(
        (c.period, c.scenario) for c in columns if c.period
    )
    months = sorted({c.period.end for c in columns if c.period and c.period.granularity == "month"})
    numbers = [day.year * 12 + day.month for day in months]
    quarterly = (
        len(numbers) > 1
        and all(b - a == 3 for a, b in pairwise(numbers))
        and all(number % 3 == 0 for number in numbers)
        and _hinted(hint) != "month"
    )
    made = []
    for c in columns:
        doubt = c.doubt
        if c.period and times[c.period, c.scenario] > 1:
            doubt = (
                doubt or f"Two columns are headed “{c.cell.value}”, and nothing tells them apart."
            )
        elif quarterly and c.period and c.period.granularity == "month":
            doubt = doubt or f"“{c.cell.value}” may be a month or the quarter that ends with it."
        made.append(replace(c, doubt=doubt))
    return tuple(made)
