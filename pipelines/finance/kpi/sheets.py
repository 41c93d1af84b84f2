"""The cells of one sheet, and the same sheet seen with rows and columns exchanged.

Belongs here: what stands where. Does not belong here: what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Place = tuple[int, int]
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d*)")


@dataclass(frozen=True)
class Cell:
    """One filled cell; `row` and `column` count from 1, `value` is exact text.

    `kind`: number, text, date, time, bool, error or duration. `merged_to` is the last
    cell of the range that it is merged over.
    """

    address: str
    row: int
    column: int
    kind: str
    value: str
    number_format: str | None = None
    merged_to: str | None = None

    @property
    def place(self) -> Place:
        """Row and column."""
        return self.row, self.column


class Sheet:
    """The filled cells of a sheet, by their place."""

    def __init__(self, name: str, cells: Iterable[Cell]) -> None:
        self.name = name
        self.cells: Mapping[Place, Cell] = {cell.place: cell for cell in cells}
        self.spread: Mapping[Place, Cell] = dict(self._spread())

    def _spread(self) -> Iterator[tuple[Place, Cell]]:
        """Each place under a merged cell, with that cell."""
        for cell in self.cells.values():
            found = _ADDRESS.fullmatch(cell.merged_to or "")
            if found is None:
                continue
            last = _number(found[1])
            for row in range(cell.row, min(int(found[2]), cell.row + 1000) + 1):
                for column in range(cell.column, min(last, cell.column + 1000) + 1):
                    yield (row, column), cell


class View:
    """A sheet as lines, each with positions: rows and columns, or the other way round."""

    def __init__(self, sheet: Sheet, *, flipped: bool) -> None:
        self.sheet = sheet
        self.flipped = flipped
        self._lines: dict[int, dict[int, Cell]] = {}
        for place, cell in sheet.cells.items():
            line, at = self.turned(place)
            self._lines.setdefault(line, {})[at] = cell
        self._spread: dict[int, dict[int, Cell]] = {}
        for place, cell in sheet.spread.items():
            line, at = self.turned(place)
            self._spread.setdefault(line, {})[at] = cell

    def turned(self, place: Place) -> Place:
        """(row, column) as (line, position), and back."""
        return (place[1], place[0]) if self.flipped else place

    @property
    def last(self) -> int:
        """The last line that holds anything; 0 where none does."""
        return max(self._lines, default=0)

    def lines(self) -> list[int]:
        """Lines that hold anything, in order."""
        return sorted(self._lines)

    def line(self, number: int) -> Mapping[int, Cell]:
        """Position → cell, of the cells that stand in the line themselves."""
        return self._lines.get(number, {})

    def get(self, line: int, at: int) -> Cell | None:
        """The cell itself."""
        return self._lines.get(line, {}).get(at)

    def covering(self, line: int, at: int) -> Cell | None:
        """The cell, or the merged one that lies over this place."""
        return self.get(line, at) or self._spread.get(line, {}).get(at)

    def covered(self, line: int) -> Mapping[int, Cell]:
        """Position → cell, merged cells repeated over the line's part of their range."""
        return self._spread.get(line, {}) | self._lines.get(line, {})


def _number(letters: str) -> int:
    """`A` → 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
