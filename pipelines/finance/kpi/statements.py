"""What a workbook states about its units outside its tables: notes, titles, corners.

Belongs here: finding such statements, and which one speaks for a row. Does not belong
here: units in labels, columns and formats, which stand nearer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipelines.finance.kpi.blocks import Block, Row
from pipelines.finance.kpi.labels import take_apart
from pipelines.finance.kpi.sheets import Cell, Sheet
from pipelines.finance.kpi.units import CANDIDATES, Unit, unit_of

_SHORTENED = re.compile(r"\b(tsd|mio|mrd)\.", re.IGNORECASE)
_PIECES = re.compile(r"[.;,:|()\[\]\n]|\s[-–—]\s")


@dataclass(frozen=True)
class Stated:
    """The currency and scale that hold for a row, and a doubt about each if there is one.

    `scale_of` is the currency that was named together with the scale: kEUR.
    """

    currency: str | None = None
    scale: int | None = None
    scale_of: str | None = None
    currency_doubt: str | None = None
    scale_doubt: str | None = None


class Statements:
    """The statements of one workbook, by sheet."""

    def __init__(self, sheets: Iterable[Sheet], blocks: Sequence[Block]) -> None:
        self._said: dict[str, list[tuple[Cell, Unit]]] = {}
        self._corners: dict[str, list[Unit]] = {}
        self._scaled = {b.sheet.name for b in blocks if any(_is_scaled(row) for row in b.rows)}
        self._of_tables = {block.sheet.name for block in blocks}
        for sheet in sheets:
            taken = {p for block in blocks if block.sheet is sheet for p in block.places}
            said = self._said.setdefault(sheet.name, [])
            for cell in sheet.cells.values():
                if cell.kind == "text" and cell.place not in taken and (u := _stated(cell.value)):
                    said.append((cell, u))
            corners = {c.place: c for b in blocks if b.sheet is sheet for c in _corners(b)}
            self._corners[sheet.name] = [u for c in corners.values() if (u := _stated(c.value))]
            if named := _stated(sheet.name):
                said.append((Cell("", 0, 0, "text", sheet.name), named))

    @property
    def currencies(self) -> set[str]:
        """Every currency that the workbook's statements name by its code."""
        units = self._on(lambda _: True)
        return {u.currency for u in units if u.currency and u.currency not in CANDIDATES}

    def of(self, block: Block, row: Row) -> Stated:
        """What is stated for a row: over it, at the table's corner, on its sheet, elsewhere."""
        sheet = block.sheet.name
        said = self._said.get(sheet, [])
        above = [unit for cell, unit in said if 0 < cell.row < block.top_left[0]]
        levels = [
            [row.over] if row.over else [],
            [unit for cell in row.corner if (unit := _stated(cell.value))],
            above[-1:],
            [unit for _, unit in said],
            self._on(lambda name: name not in self._of_tables),
        ]
        others = self._on(lambda name: name in self._of_tables - {sheet})
        currency, currency_doubt = _agreed([*levels, others], "currency")
        scale, scale_doubt = _agreed(levels, "scale")
        with_scale = next((u for units in levels for u in units if u.scale == scale), Unit())
        if scale is None and (self._scaled or any(unit.scale for unit in others)):
            scale_doubt = (
                "Other rows or sheets speak of thousands or more; nothing says it of this."
            )
        return Stated(
            str(currency) if currency else None,
            int(scale) if scale else None,
            with_scale.currency if scale else None,
            currency_doubt,
            scale_doubt or (_torn(levels) if scale else None),
        )

    def _on(self, chosen: Callable[[str], bool]) -> list[Unit]:
        """The statements of some sheets, those in their tables' corners too."""
        notes = [unit for name, said in self._said.items() if chosen(name) for _, unit in said]
        return notes + [u for name, units in self._corners.items() if chosen(name) for u in units]


def _corners(block: Block) -> Iterable[Cell]:
    """The texts at the crossing of a table's labels and periods."""
    return (cell for row in block.rows[:1] for cell in row.corner)


def _is_scaled(row: Row) -> bool:
    """Whether a row says itself that it is in thousands or more."""
    label = take_apart(row.label.value).unit if row.label else Unit()
    units = [label, row.unit, row.over, *(value.unit for value in row.values)]
    return any(unit and (unit.scale or 1) >= 1000 for unit in units)


def _torn(levels: Iterable[Sequence[Unit]]) -> str | None:
    """A doubt where a currency stands near, and further away a currency with its scale."""
    near: str | None = None
    for units in levels:
        for unit in units:
            if unit.scale:
                if near and unit.currency:
                    return f"One note says {near}, another {unit.currency} in {unit.scale:,}s."
                return None
        near = near or next((unit.currency for unit in units if unit.currency), None)
    return None


def _agreed(levels: Iterable[Sequence[Unit]], field: str) -> tuple[str | int | None, str | None]:
    """The nearest statement of one kind; a doubt where statements as near differ."""
    for units in levels:
        found = {value for unit in units if (value := getattr(unit, field)) is not None}
        if len(found) == 1:
            return found.pop(), None
        if found:
            said = " and ".join(sorted(str(value) for value in found))
            return None, f"Notes name more than one {field}: {said}."
    return None, None


def _stated(text: str) -> Unit | None:
    """The currency and scale that a note states; parts of it say nothing else."""
    whole = unit_of(text)
    spelled = _SHORTENED.sub(r"\1", text)
    units = [whole] if whole else [unit_of(piece) for piece in _PIECES.split(spelled)]
    made = Unit()
    for unit in units:
        if unit and (unit.currency or (unit.scale or 0) >= 1000):
            made = Unit(made.currency or unit.currency, made.scale or unit.scale)
    return made or None
