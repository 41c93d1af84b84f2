"""Blocks of label by period on a sheet: which value stands under which, in either direction.

Belongs here: choosing the lines that head tables, and what labels each value. Does not
belong here: what a label or unit means (labels, settle).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipelines.finance.kpi.labels import take_apart
from pipelines.finance.kpi.lines import Column, Line, doubted, line_of
from pipelines.finance.kpi.numbers import is_missing
from pipelines.finance.kpi.periods import Scenario, scenario_of
from pipelines.finance.kpi.sheets import Cell, Place, Sheet, View
from pipelines.finance.kpi.units import Unit, unit_of
from pipelines.finance.kpi.wording import words

_HEADS_LABELS = {
    words(each)
    for each in ("metric", "metrics", "kpi", "item", "line item", "description", "kennzahl")
}
_BLANK_LINES = 3
"""So many blank lines end a block."""
_BESIDE = 3
"""Positions behind the last period in which a row's unit may stand."""


@dataclass(frozen=True)
class Value:
    """A filled cell under a period. `column` says what heads it."""

    cell: Cell
    column: Column
    unit: Unit | None


@dataclass(frozen=True)
class Row:
    """The values of one label.

    `asides` are other texts beside it, `section` the heading over it, `over` the unit that
    a heading in the table states, `corner` the cells at the crossing of labels and periods.
    """

    label: Cell | None
    asides: tuple[str, ...]
    scenario: Scenario | None
    unit: Unit | None
    section: str | None
    over: Unit | None
    corner: tuple[Cell, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Block:
    """One table: its rows, where it begins, and the places of its headings and figures."""

    sheet: Sheet
    rows: tuple[Row, ...]
    top_left: Place
    places: frozenset[Place]


@dataclass(frozen=True)
class _Head:
    """A header line in its view, with the last line of its body."""

    view: View
    line: Line
    last: int = 0

    def covers(self, place: Place) -> bool:
        """Whether a cell lies in the head or the body, labels included."""
        line, at = self.view.turned(place)
        return self.line.number <= line <= self.last and at <= max(self.line.positions)


def blocks_of(sheet: Sheet, *, ends: int) -> list[Block]:
    """The tables of a sheet; none where no line names periods.

    `ends` is the last month of the company's year.
    """
    views = [View(sheet, flipped=False), View(sheet, flipped=True)]
    found = [
        _Head(view, line)
        for view in views
        for number in view.lines()
        if (line := line_of(view, number, ends=ends, said=sheet.name))
    ]
    heads = _chosen(found)
    made = [block for head in heads for block in _cut(sheet, head)]
    return sorted((b for b in made if b.rows), key=lambda block: block.top_left)


def _chosen(found: list[_Head]) -> list[_Head]:
    """Heads that don't lie in one another's tables; the longest come first."""
    several = [head for head in found if _periods(head.line) > 1]
    # A line with one period is a head only where there is nothing better.
    ranked = sorted(
        several or [head for head in found if not head.line.weak],
        key=lambda head: (head.line.weak, -_periods(head.line), head.view.flipped),
    )
    chosen: list[_Head] = []
    for head in ranked:
        cells = [column.cell.place for column in head.line.columns]
        other = [each for each in chosen if each.view.flipped != head.view.flipped]
        if any(each.covers(place) for each in other for place in cells):
            continue
        if head.line.weak and any(each.covers(place) for each in chosen for place in cells):
            continue
        chosen.append(replace(head, last=_last(head, found)))
    return [head for head in chosen if head.last >= head.line.body + 1]


def _periods(line: Line) -> int:
    """How many periods a line tells apart."""
    read = [column for column in line.columns if column.understood]
    return len({(c.period, c.scenario, c.cell.value if c.period is None else "") for c in read})


def _last(head: _Head, found: Iterable[_Head]) -> int:
    """The last line of a body: before the next head over its columns, or a wide gap."""
    positions = set(head.line.positions)
    nexts = [
        each.line.number
        for each in found
        if each.view is head.view
        and not each.line.weak
        and each.line.number > head.line.number
        and _periods(each.line) > 1
        and positions & set(each.line.positions)
    ]
    end = min(nexts, default=head.view.last + 1) - 1
    lines = [n for n in head.view.lines() if head.line.body < n <= end]
    before = head.line.body
    for number in lines:
        if number - before > _BLANK_LINES:
            break
        before = number
    return before


def _cut(sheet: Sheet, head: _Head) -> Iterator[Block]:
    """A head's tables: several where labels stand between its periods."""
    view, line = head.view, head.line
    body = range(line.body + 1, head.last + 1)
    starts = [0]
    for place, (one, other) in enumerate(pairwise(line.columns), 1):
        between = range(one.at + 1, other.at)
        if any(sum(_is_label(view.get(n, at)) for n in body) > 1 for at in between):
            starts.append(place)
    left = 1
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        columns = doubted(line.columns[start:stop], line.hint)
        table = replace(line, columns=columns)
        held = {n: values for n in body if (values := _values(view, table, n))}
        rows = tuple(_rows(view, table, body, left, held))
        across = range(left, columns[-1].at + _BESIDE + 1)
        lines = [*range(line.number, line.body + 1), *held]
        places = frozenset(view.turned((n, at)) for n in lines for at in across)
        yield Block(sheet, rows, view.turned((line.number, left)), places)
        left = columns[-1].at + 1


def _is_label(cell: Cell | None) -> bool:
    """Whether a cell is text that says what a row is."""
    if cell is None or cell.kind != "text" or is_missing(cell.value):
        return False
    return not (unit_of(cell.value) or scenario_of(cell.value))


def _rows(
    view: View, line: Line, body: Sequence[int], left: int, held: Mapping[int, tuple[Value, ...]]
) -> Iterator[Row]:
    beside = range(left, line.positions[0])
    labelled = _label_position(view, list(held), beside)
    corner = tuple(
        cell
        for n in dict.fromkeys((line.number, line.body))
        for at in beside
        if (cell := view.get(n, at))
    )
    section, over, whole, under = None, None, None, dict[int, Cell]()
    before: Row | None = None
    for number in body:
        if number in held:
            values = tuple(replace(v, column=_below(v.column, under)) for v in held[number])
            row = _row(view, number, labelled, beside, line.positions[-1], values)
            before = row = _continued(row, before)
            yield replace(row, section=section, over=over, corner=corner)
            continue
        said = {at: cell for at in line.positions if (cell := _words(view.get(number, at)))}
        own = [cell for at in beside if (cell := _words(view.get(number, at)))]
        if unit := _unit_in(view, number, [*beside, *line.positions]):
            over = whole = unit
        if said and (not own or words(own[0].value) in _HEADS_LABELS or _any_scenario(said)):
            under = said  # Another line of headings, such as Actual and Budget.
        elif own and not said:
            section = own[0].value
            over = take_apart(section).unit or whole


def _continued(row: Row, before: Row | None) -> Row:
    """The row, with the label over it where it is but another scenario of the same."""
    if row.label or before is None or not (row.scenario and before.scenario):
        return row
    if row.scenario == before.scenario:
        return row
    return replace(row, label=before.label, asides=before.asides, unit=row.unit or before.unit)


def _unit_in(view: View, number: int, positions: Iterable[int]) -> Unit | None:
    """The unit that a line without figures states."""
    cells = [cell for at in positions if (cell := view.get(number, at)) and cell.kind == "text"]
    units = {unit for cell in cells if (unit := unit_of(cell.value)) and unit.kind is None}
    return units.pop() if len(units) == 1 else None


def _any_scenario(said: Mapping[int, Cell]) -> bool:
    return any(scenario_of(cell.value) for cell in said.values())


def _words(cell: Cell | None) -> Cell | None:
    """The cell, where it holds a text that is no figure, no unit and not n/a."""
    if cell is None or cell.kind != "text" or _says_nothing(cell.value):
        return None
    return cell


def _below(column: Column, under: Mapping[int, Cell]) -> Column:
    """A column with what a heading inside the table adds to it."""
    cell = under.get(column.at)
    if cell is None:
        return column
    scenario = scenario_of(cell.value)
    if scenario and column.scenario in (None, scenario):
        return replace(column, scenario=scenario)
    doubt = f"It stands under “{cell.value}”, too, which is no scenario of the period over it."
    return replace(column, doubt=column.doubt or doubt)


def _row(
    view: View,
    number: int,
    labelled: int | None,
    beside: Iterable[int],
    last: int,
    values: tuple[Value, ...],
) -> Row:
    texts = {at: c for at in beside if (c := view.covering(number, at)) and c.kind == "text"}
    label = texts.pop(labelled, None) if labelled is not None else None
    if label is None:
        at = next((at for at, cell in reversed(texts.items()) if _is_label(cell)), None)
        label = texts.pop(at) if at is not None else None
    behind = [view.get(number, at) for at in range(last + 1, last + _BESIDE + 1)]
    near = [*texts.values(), *(cell for cell in behind if cell and cell.kind == "text")]
    units = {unit for cell in near if (unit := unit_of(cell.value))}
    scenarios = {said for cell in texts.values() if (said := scenario_of(cell.value))}
    return Row(
        label=label,
        asides=tuple(cell.value for cell in texts.values() if _is_label(cell)),
        scenario=scenarios.pop() if len(scenarios) == 1 else None,
        unit=units.pop() if len(units) == 1 else None,
        section=None,
        over=None,
        corner=(),
        values=values,
    )


def _values(view: View, line: Line, number: int) -> tuple[Value, ...]:
    """The filled cells of a line under its periods, if any of them can be a figure."""
    found = []
    for column in line.columns:
        cell = view.get(number, column.at)
        if cell is None or (cell.kind == "text" and _says_nothing(cell.value)):
            continue
        found.append(Value(cell, column, _unit_under(view, line, column)))
    figures = [v for v in found if v.cell.kind != "text" or any(c.isdigit() for c in v.cell.value)]
    return tuple(found) if figures else ()


def _says_nothing(text: str) -> bool:
    """Whether a text under a period is no figure: n/a, or a unit."""
    return is_missing(text) or unit_of(text) is not None


def _unit_under(view: View, line: Line, column: Column) -> Unit | None:
    """A unit that stands under or over a column's heading."""
    for number in (line.body + 1, line.body, line.number - 1):
        cell = view.get(number, column.at)
        if cell and cell.kind == "text" and (unit := unit_of(cell.value)):
            return unit
    return None


def _label_position(view: View, numbers: Sequence[int], beside: Iterable[int]) -> int | None:
    """Where the labels stand: the position with the most different ones, nearest to the values."""
    best, most = None, 0
    for at in beside:
        cells = [view.get(n, at) for n in numbers]
        different = len({cell.value for cell in cells if cell and _is_label(cell)})
        if different and different >= most:
            best, most = at, different
    return best
