"""The table on a sheet as columns, whichever way the sheet was read.

Belongs here: choosing the way, and taking the table's part of what it gave. Does
not belong here: reading (excel_book, excel_plain), finding the table
(excel_tables), writing it down (excel_child).

A large sheet is read as a plain one if it is one, else as a grid of cells. Both
give the same columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipelines.extract.formats import excel_tables as tables
from pipelines.extract.formats.excel_cells import column, text
from pipelines.extract.formats.excel_tables import Area, Fault, Grid, Merged, Refused
from pipelines.spec import Excel

if TYPE_CHECKING:
    from pipelines.extract.formats.excel_book import Book
    from pipelines.extract.formats.excel_plain import Plain

_HEAD = 500
"""Rows in which a plain sheet's header is looked for."""

Textual = Callable[[list[str]], list[bool]]
"""The table's labels → whether each column is to hold texts."""


@dataclass(frozen=True)
class Table:
    """A table's place, labels and columns.

    `faults` are its error cells: (row of the table, column of the sheet, what it shows).
    """

    area: Area
    labels: list[str]
    columns: list[pa.Array]
    faults: list[tuple[int, int, str]]


def table(book: Book, sheet: str, declared: Excel, textual: Textual) -> Table | None:
    """The declared table of a sheet; None where the sheet is empty."""
    plain = book.plain(sheet)
    found = of_plain(plain, declared, sheet, textual) if plain is not None else None
    return found or of_grid(*book.cells(sheet), declared, sheet, textual)


def of_grid(
    grid: Grid, merged: Merged, declared: Excel, sheet: str, textual: Textual
) -> Table | None:
    """The declared table in a grid of cells; None where that is empty."""
    area = tables.find(grid, declared, sheet)
    if area is None:
        return None
    if declared.fill_merged:
        tables.fill_merged(grid, merged, area)
    span = slice(area.left, area.right + 1)
    labels = [text(cell) for cell in grid[area.header][span]]
    whole = list(zip(*grid[area.first : area.last + 1], strict=True))[span]
    cells = [list(values) for values in whole] or [[] for _ in labels]
    columns, faults = [], []
    for at, (values, as_text) in enumerate(zip(cells, textual(labels), strict=True)):
        faults += _take_faults(values, area.left + at, as_text)
        columns.append(column(values, as_text=as_text))
    return Table(area, labels, columns, sorted(faults))


def of_plain(plain: Plain, declared: Excel, sheet: str, textual: Textual) -> Table | None:
    """The declared table of a plain sheet; None where only the whole grid can tell it."""
    from pipelines.extract.formats.excel_tags import NotPlain

    try:
        shape = plain.shape(_HEAD)
        area = tables.find(shape, declared, sheet)
        if area is None or area.header >= _HEAD:
            return None
        labels = [text(cell) for cell in shape[area.header][area.left : area.right + 1]]
        columns, faults = [], []
        for at, as_text in enumerate(textual(labels), area.left):
            found, wrong = _plain_column(plain, at, area, as_text)
            columns.append(found)
            faults += wrong
    except (NotPlain, Refused):
        return None
    return Table(area, labels, columns, sorted(faults))


def _plain_column(
    plain: Plain, at: int, area: Area, as_text: bool
) -> tuple[pa.Array, list[tuple[int, int, str]]]:
    """A column and its error cells."""
    rows = area.first, area.last + 1
    found = plain.array(at, *rows, as_text=as_text)
    if found is not None:
        return found, []
    values = plain.values(at, *rows)
    faults = _take_faults(values, at, as_text)
    return column(values, as_text=as_text), faults


def _take_faults(values: list[Any], column: int, textual: bool) -> list[tuple[int, int, str]]:
    """Error cells of a column: text in a text column, else taken out and told."""
    if Fault not in set(map(type, values)):
        return []
    faults = []
    for row, value in enumerate(values):
        if isinstance(value, Fault):
            values[row] = str(value) if textual else ""
            if not textual:
                faults.append((row, column, str(value)))
    return faults
