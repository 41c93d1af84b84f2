"""A workbook's figures beside one another: the same one twice, or two that disagree.

Belongs here: comparing within one workbook. Does not belong here: earlier workbooks
(history).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pipelines.finance.kpi.readings import Reading


def compared(found: list[Reading]) -> list[Reading]:
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
