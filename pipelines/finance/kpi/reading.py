"""A workbook's figures: each used, repeated, queued or ignored, with the reason.

Belongs here: the order of questions put to a cell. Does not belong here: answering any
one question, or comparing figures (comparing, history).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

from pipelines.finance.kpi.blocks import Block, Row, Value, blocks_of
from pipelines.finance.kpi.comparing import compared
from pipelines.finance.kpi.history import History
from pipelines.finance.kpi.labels import SURE, Label, Match, match, take_apart
from pipelines.finance.kpi.mapping import IGNORE, Decision, Mapping, Profile
from pipelines.finance.kpi.periods import Scenario
from pipelines.finance.kpi.readings import Reading, Workbook
from pipelines.finance.kpi.settle import Context, Open, settle
from pipelines.finance.kpi.statements import Statements
from pipelines.finance.kpi.surroundings import doubt_of, scenario_named, sum_doubt, title_doubt
from pipelines.finance.kpi.vocabulary import BY_ID, Metric


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
    return compared(found)


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


def read_all(books: Iterable[Workbook], profile: Profile, mapping: Mapping) -> list[Reading]:
    """The readings of a company's workbooks, oldest first, compared with earlier ones."""
    history = History()
    ordered = sorted(books, key=lambda book: (book.as_of or date.min, book.file))
    return [
        reading
        for book in ordered
        for reading in history.compared(read_workbook(book, profile, mapping))
    ]
