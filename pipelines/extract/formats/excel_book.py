"""One workbook, opened: its sheets, cells, merged ranges and error cells.

Belongs here: calamine, and what has to be read beside it because it keeps quiet
about it: error cells (it gives them as empty) and, in some formats, merged
ranges. Does not belong here: tables and types.
"""

from __future__ import annotations

import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import python_calamine as calamine

from pipelines.extract.formats import excel_ods, excel_xls, excel_xlsb, excel_xlsx
from pipelines.extract.formats.excel_tables import Fault, Grid, Merged, Refused

if TYPE_CHECKING:
    from pipelines.extract.formats.excel_plain import Plain

_MOST_CELLS = 60_000_000


class Book:
    """A workbook; Refused when it can't be opened."""

    def __init__(self, path: str) -> None:
        # The reader goes by the name's ending, and a wrong one hides what is wrong.
        self._path = path = str(Path(path).rename(f"{path}.{_kind(path)}"))
        self._book = self._open(path)
        self._sheets = {
            sheet.name: sheet
            for sheet in self._book.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        }
        self._beside: Any = _BESIDE[_kind(path)](path)

    @staticmethod
    def _open(path: str) -> Any:
        try:
            return calamine.CalamineWorkbook.from_path(path)
        except calamine.PasswordError:
            raise Refused("The workbook is protected by a password. Save it without.") from None
        except (calamine.CalamineError, OSError) as error:
            raise Refused(f"The reader says: {_said(error)}.") from None

    def chosen(self, sheet: str | int | None) -> list[str]:
        """Names of the sheets to read: the one declared, or all worksheets."""
        names = list(self._sheets)
        if sheet is None:
            return names
        if isinstance(sheet, int) and 1 <= sheet <= len(names):
            return [names[sheet - 1]]
        if isinstance(sheet, str) and sheet in self._sheets:
            return [sheet]
        said = ", ".join(repr(name) for name in names) or "none"
        raise Refused(f"The workbook has no sheet {sheet!r}. Its worksheets are: {said}.")

    def cells(self, sheet: str) -> tuple[Grid, Merged]:
        """All cells from A1 on, error cells as Fault, and the merged ranges."""
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._beside.look, sheet)
            found = self._sheet(sheet)
            merged, errors = beside.result()
        if found.total_height * found.total_width > _MOST_CELLS:
            raise Refused(
                f"Sheet {sheet!r} claims {found.total_height:,} rows by {found.total_width:,} "
                f"columns, more than {_MOST_CELLS:,} cells. Clear the cells below and beside the "
                "table."
            )
        grid = found.to_python(skip_empty_area=False)
        for (row, column), said in errors.items():
            if row < len(grid) and column < len(grid[row]):
                grid[row][column] = Fault(said)
        return grid, found.merged_cell_ranges or merged

    def plain(self, sheet: str) -> Plain | None:
        """A large sheet as columns, where it is as simple as what programs write."""
        part = self._beside.large(sheet) if isinstance(self._beside, excel_xlsx.Beside) else None
        if part is None:
            return None
        # Imported here, for numpy takes longer than reading a small workbook.
        from pipelines.extract.formats.excel_plain import Plain
        from pipelines.extract.formats.excel_tags import NotPlain

        try:
            return Plain(self._path, part, sheet)
        except (
            NotPlain,
            IndexError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
        ):
            return None  # What is damaged is told by calamine.

    def _sheet(self, name: str) -> Any:
        try:
            return self._book.get_sheet_by_name(name)
        except calamine.CalamineError as error:
            said = _said(error)
        # Excel allows white space around a number, calamine does not.
        if "float" in said and excel_xlsx.trim_numbers(self._path):
            try:
                self._book = self._open(self._path)
                return self._book.get_sheet_by_name(name)
            except calamine.CalamineError as error:
                said = _said(error)
        raise Refused(f"Sheet {name!r} can't be read: {said}.")


def _kind(path: str) -> str:
    """The format by its content; xls where it is no package, whatever it then is."""
    with Path(path).open("rb") as file:
        if file.read(2) != b"PK":
            return "xls"
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise Refused(f"The workbook is damaged: {_said(error)}.") from None
    if "content.xml" in names:
        return "ods"
    return "xlsb" if "xl/workbook.bin" in names else "xlsx"


def _said(error: BaseException) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


_BESIDE = {
    "xls": excel_xls.Beside,
    "xlsx": excel_xlsx.Beside,
    "xlsb": excel_xlsb.Beside,
    "ods": excel_ods.Beside,
}
