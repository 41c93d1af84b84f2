"""A workbook's figures: each used, repeated, queued or ignored, with the reason.

Belongs here: the order of questions put to a cell, and the comparison of figures within
one workbook. Does not belong here: answering any one question, or earlier workbooks
(history).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Literal

from pipelines.finance.kpi.blocks import Block, Row, Value, blocks_of
from pipelines.finance.kpi.calendars import Period
from pipelines.finance.kpi.history import History
from pipelines.finance.kpi.labels import SURE, Label, Match, match, take_apart
from pipelines.finance.kpi.mapping import IGNORE, Decision, Mapping, Profile
from pipelines.finance.kpi.periods import Scenario
from pipelines.finance.kpi.settle import Context, Open, settle
from pipelines.finance.kpi.sheets import Sheet
from pipelines.finance.kpi.statements import Statements
from pipelines.finance.kpi.surroundings import doubt_of, scenario_named, sum_doubt, title_doubt
from pipelines.finance.kpi.vocabulary import BY_ID, Metric

Status = Literal["used", "repeated", "queued", "ignored"]


@dataclass(frozen=True)
class Workbook:
    """One workbook that a company sent: its sheets, and the day on which it was believed."""

    file: str
    as_of: date | None
    sheets: Sequence[Sheet]


@dataclass(frozen=True)
class Reading:
    """One value cell. `value`, `currency` and `scale` are known once it is used.

    `value` is in whole units of its currency, percentages in points. A queued reading
    keeps the guess at its metric; `confidence` and `reason` are of that. `scale_decided`:
    a person said what the scale is.
    """

    file: str
    sheet: str
    cell: str
    label: str
    section: str
    status: Status
    reason: str
    confidence: float
    metric: Metric | None
    period: Period | None
    scenario: Scenario | None
    value_raw: str
    value: Decimal | None = None
    currency: str | None = None
    scale: int | None = None
    scale_decided: bool = False


def read_workbook(book: Workbook, profile: Profile, mapping: Mapping) -> list[Reading]:
    """Every value cell of a workbook's tables, in the order of its sheets and cells.

    A workbook without a table gives one queued reading that says so.
    """
    blocks = [b for sheet in book.sheets for b in blocks_of(sheet, ends=profile.year_ends)]
    statements = Statements(book.sheets, blocks)
    reader = _Reader(book, profile, mapping, statements)
    found = [each for block in blocks for row in block.rows for each in reader.row(block, row)]
    if not found:
        return list(_no_table(book))
    return _compared(found)


class _Reader:
    """What is the same for all rows of one workbook."""

    def __init__(
        self, book: Workbook, profile: Profile, mapping: Mapping, statements: Statements
    ) -> None:
        self._book = book
        self._profile = profile
        self._mapping = mapping
        self._statements = statements

    def row(self, block: Block, row: Row) -> Iterator[Reading]:
        """The readings of one label."""
        text = row.label.value if row.label else ""
        decision = self._mapping.of(block.sheet.name, row.section, text)
        label = take_apart(text)
        known, scenario = match(label)
        if decision and decision.metric != IGNORE:
            reason = f"Decided by {decision.decided_by or 'a person'}."
            known = Match(BY_ID[decision.metric], 1.0, reason)
        elif row.label is None:
            known = Match(None, 0.0, "No label stands beside it.")
        elif known.confidence >= SURE and (doubt := doubt_of(row)):
            known = Match(known.metric, 0.7, doubt)
        for value in row.values:
            drawn = self._blank(block, row, value, known, scenario)
            if decision and decision.metric == IGNORE:
                by = f"Decided by {decision.decided_by or 'a person'} to be of no interest."
                yield replace(drawn, status="ignored", metric=None, confidence=1.0, reason=by)
            elif known.confidence < SURE or known.metric is None:
                yield drawn
            else:
                yield self._figure(drawn, block, row, value, label, decision, known.metric)

    def _blank(
        self, block: Block, row: Row, value: Value, known: Match, scenario: Scenario | None
    ) -> Reading:
        """A queued reading, which says why the label alone doesn't do."""
        near = [s for s in (scenario, row.scenario, value.column.scenario) if s]
        return Reading(
            file=self._book.file,
            sheet=block.sheet.name,
            cell=value.cell.address,
            label=row.label.value if row.label else "",
            section=row.section or "",
            status="queued",
            reason=known.reason,
            confidence=known.confidence,
            metric=known.metric,
            period=value.column.period,
            scenario=near[0] if len(set(near)) == 1 else None,
            value_raw=value.cell.value,
        )

    def _figure(
        self,
        drawn: Reading,
        block: Block,
        row: Row,
        value: Value,
        label: Label,
        decision: Decision | None,
        metric: Metric,
    ) -> Reading:
        """The reading as a figure, or queued with what it leaves open."""
        context = Context(
            metric,
            self._profile,
            decision,
            label.unit,
            self._statements.of(block, row),
            frozenset(self._statements.currencies),
        )
        try:
            scenario = self._scenario(drawn, block, row, value, label)
            figure = settle(row, value, context)
        except Open as question:
            return replace(drawn, reason=str(question))
        return replace(
            drawn,
            status="used",
            scenario=scenario,
            value=figure.value,
            currency=figure.currency,
            scale=figure.scale,
            scale_decided=bool(decision and decision.scale),
        )

    def _scenario(
        self, drawn: Reading, block: Block, row: Row, value: Value, label: Label
    ) -> Scenario:
        """The scenario of a value; Open where it, or the period, can't be told."""
        as_of, column = self._book.as_of, value.column
        if as_of is None:
            raise Open("Neither the workbook nor its path says of which day it is.")
        if column.doubt or column.period is None:
            raise Open(column.doubt or f"“{column.cell.value}” names no period.")
        if doubt := sum_doubt(block):
            raise Open(doubt)
        near = {s for s in (label.scenario, row.scenario, column.scenario, drawn.scenario) if s}
        if len(near) > 1:
            raise Open(f"It is headed both {' and '.join(sorted(near))}.")
        if near:
            return near.pop()
        wider = (
            scenario_named(row.section or "")
            or scenario_named(block.sheet.name)
            or scenario_named(PurePosixPath(self._book.file).stem)
        )
        if wider:
            return wider
        if doubt := title_doubt(block):
            raise Open(doubt)
        if column.period.end > as_of:
            raise Open(
                f"The period ends on {column.period.end}, after the workbook's day {as_of}, and "
                "nothing says whether it is budget or forecast."
            )
        return "actual"


def _no_table(book: Workbook) -> Iterator[Reading]:
    """What is told of a workbook in which no table was found, if it holds any number."""
    for sheet in book.sheets:
        for cell in sheet.cells.values():
            if cell.kind == "number":
                reason = "No row or column of the workbook names periods with figures."
                yield Reading(
                    book.file, sheet.name, cell.address, "", "", "queued", reason, 0.0, None, None,
                    None, cell.value,
                )  # fmt: skip
                return


def _compared(found: list[Reading]) -> list[Reading]:
    """The readings, with figures that a workbook gives twice told apart.

    The finest of several that agree is used; those that don't agree are all queued.
    """
    found = _once(found)
    groups: dict[tuple[object, ...], list[Reading]] = {}
    for reading in found:
        if reading.status == "used" and reading.metric:
            key = (reading.metric.id, reading.period, reading.scenario)
            groups.setdefault(key, []).append(reading)
    instead: dict[int, Reading] = {}
    for group in groups.values():
        if len(group) > 1:
            instead |= _told_apart(group)
    return [instead.get(id(reading), reading) for reading in found]


def _once(found: list[Reading]) -> list[Reading]:
    """One reading a cell; a cell that two tables claim is queued."""
    by_cell: dict[tuple[str, str], Reading] = {}
    for reading in found:
        place = reading.sheet, reading.cell
        if place in by_cell:
            reason = "It stands in a row and in a column that both look like a table's."
            reading = replace(reading, status="queued", reason=reason, value=None, currency=None)
        by_cell[place] = reading
    return list(by_cell.values())


def _told_apart(group: list[Reading]) -> dict[int, Reading]:
    best = min(group, key=lambda each: each.scale or 1)
    if all(_agree(best, each) for each in group):
        reason = f"Says again what cell {best.cell} of sheet “{best.sheet}” says."
        return {
            id(each): replace(each, status="repeated", reason=reason)
            for each in group
            if each is not best
        }
    cells = ", ".join(f"{each.sheet}!{each.cell}" for each in group)
    reason = f"The workbook gives several figures for this: cells {cells}."
    return {
        id(each): replace(
            each, status="queued", reason=reason, value=None, currency=None, scale=None
        )
        for each in group
    }


def _agree(one: Reading, other: Reading) -> bool:
    """Whether two figures are the same but for the rounding of the coarser."""
    if one.value is None or other.value is None or one.currency != other.currency:
        return False
    coarser = max(one.scale or 1, other.scale or 1)
    return abs(one.value - other.value) <= (Decimal(coarser) / 2 if coarser > 1 else 0)


def read_all(books: Iterable[Workbook], profile: Profile, mapping: Mapping) -> list[Reading]:
    """The readings of a company's workbooks, oldest first, compared with earlier ones."""
    history = History()
    ordered = sorted(books, key=lambda book: (book.as_of or date.min, book.file))
    return [
        reading
        for book in ordered
        for reading in history.compared(read_workbook(book, profile, mapping))
    ]
