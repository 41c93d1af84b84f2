"""Where on a sheet the table lies.

Belongs here: ranges, header labels, the first full row, blank rows, merged
cells. Does not belong here: opening workbooks, or types. Rows and columns count
from 0 here; what people read counts from 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pipelines.extract.formats.excel_cells import text
from pipelines.spec import Excel

Grid: TypeAlias = "list[list[Any]]"
"""Rows of cells, all equally long; an empty cell is an empty text."""
Merged: TypeAlias = "Sequence[tuple[tuple[int, int], tuple[int, int]]]"

Errors: TypeAlias = "dict[tuple[int, int], str]"
"""(row, column) → what an error cell shows."""

_RANGE = re.compile(
    r"\$?([A-Z]{1,3})\$?([1-9]\d*):\$?([A-Z]{1,3})(?:\$?([1-9]\d*))?", re.IGNORECASE
)


class Fault(str):
    """An error cell: what it shows, such as #N/A."""

    __slots__ = ()


class Refused(ValueError):
    """The workbook or its table can't be read; the message is a whole sentence."""


@dataclass(frozen=True)
class Area:
    """A table: its header row, and first and last of its rows and columns."""

    header: int
    first: int
    last: int
    left: int
    right: int


def find(grid: Grid, declared: Excel, sheet: str) -> Area | None:
    """The declared table; None on an empty sheet, Refused where it isn't there."""
    last = len(grid) - 1
    while last >= 0 and grid[last].count("") == len(grid[last]):
        last -= 1
    if last < 0:
        return None
    if declared.range:
        header, left, right, end = parse_range(declared.range)
        width = len(grid[0])
        if header > last or left >= width:
            end_cell = f"{column_letters(width - 1)}{last + 1}"
            raise Refused(f"Sheet {sheet!r} ends at {end_cell}, before {declared.range}.")
        right = min(right, width - 1)
        last = last if end is None else min(end, last)
    elif declared.header:
        header, left, right = _by_labels(grid, declared.header, sheet)
    else:
        header, left, right = _by_fullness(grid, sheet)
    stop = _stop(grid, header + 1, last, left, right) if declared.stop_at_blank else last
    while stop > header and _blank(grid[stop], left, right):
        stop -= 1
    return Area(header, header + 1, stop, left, right)


def parse_range(declared: str) -> tuple[int, int, int, int | None]:
    """Header row, left and right column, last row (None: as far as it goes)."""
    found = _RANGE.fullmatch(declared.strip())
    if found is None:
        raise Refused(f"{declared!r} is no range. Expected one like B4:H200 or B4:H.")
    left, right = sorted((column_number(found[1]), column_number(found[3])))
    end = int(found[4]) - 1 if found[4] else None
    return int(found[2]) - 1, left, right, end


def column_number(letters: str) -> int:
    """`A` → 0, `AA` → 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """0 → `A`, 26 → `AA`."""
    letters = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _by_labels(grid: Grid, labels: Sequence[str], sheet: str) -> tuple[int, int, int]:
    wanted = {_label(label) for label in labels}
    for row, cells in enumerate(grid):
        places = [at for at, cell in enumerate(cells) if cell != "" and _label(cell) in wanted]
        if len({_label(cells[at]) for at in places}) < len(wanted):
            continue
        left, right = places[0], places[-1]
        while left > 0 and cells[left - 1] != "":
            left -= 1
        while right + 1 < len(cells) and cells[right + 1] != "":
            right += 1
        return row, left, right
    said = ", ".join(labels)
    raise Refused(f"Sheet {sheet!r} has no row with the labels {said}.")


def _by_fullness(grid: Grid, sheet: str) -> tuple[int, int, int]:
    width = len(grid[0])
    used = [any(cells[at] != "" for cells in grid) for at in range(width)]
    left, right = used.index(True), width - 1 - used[::-1].index(True)
    for row, whole in enumerate(grid):
        cells = whole[left : right + 1]
        if "" in cells:
            continue
        if not any(isinstance(cell, str) and not isinstance(cell, Fault) for cell in cells):
            raise Refused(
                f"Row {row + 1} of sheet {sheet!r} is the first that is filled throughout, but it "
                "holds no text, so it is no header. Declare the header's labels or the range."
            )
        return row, left, right
    area = f"{column_letters(left)} to {column_letters(right)}"
    raise Refused(
        f"No row of sheet {sheet!r} is filled in every column from {area}, so its header can't be "
        "told. Declare the header's labels or the range."
    )


def _label(cell: Any) -> str:
    return " ".join(text(cell).split()).casefold()


def _stop(grid: Grid, first: int, last: int, left: int, right: int) -> int:
    for row in range(first, last + 1):
        if _blank(grid[row], left, right):
            return row - 1
    return last


def _blank(cells: Sequence[Any], left: int, right: int) -> bool:
    return all(cell == "" for cell in cells[left : right + 1])


def fill_merged(grid: Grid, merged: Merged, area: Area) -> None:
    """Repeat each merged cell's value over its range; a label only in the header."""
    for (top, left), (bottom, right) in merged:
        if not area.header <= top <= area.last or left >= len(grid[top]):
            continue
        value = grid[top][left]
        bottom = area.header if top == area.header else min(bottom, area.last)
        for row in range(top, bottom + 1):
            cells = grid[row]
            for at in range(left, min(right, len(cells) - 1) + 1):
                if cells[at] == "":
                    cells[at] = value
