"""How files are laid out.

Belongs here: what may be declared of a file's format. Does not belong here: reading
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.spec.columns import Types


@dataclass(frozen=True, kw_only=True)
class Csv:
    """Delimited text. What is None is detected from the file's beginning.

    `header_row` is the 1-based physical line of the header, 0 for a file
    without one (then `names` gives the columns). `types="text"` keeps every
    undeclared column as written; `"infer"` types it where that loses nothing.
    `nulls` are the unquoted spellings of null.
    """

    delimiter: str | None = None
    quote: str | None = '"'
    escape: str | None = None
    encoding: str | None = None
    header_row: int | None = None
    names: tuple[str, ...] = ()
    comment: str | None = None
    skip_footer: int = 0
    trim: bool = False
    nulls: tuple[str, ...] = ("",)
    types: Types = "text"


@dataclass(frozen=True, kw_only=True)
class Json:
    """One JSON document a file.

    `records` is a JSON path to the records: `$` (the document is one record),
    `$[*]`, `$.items[*]`, `$.*` (the values of an object keyed by anything),
    `$.a.*['b c'][0]`. A record that is no object becomes the column `value`.
    `context` carries fields of the document into each record: column → path. A
    wildcard in it takes the key that the record has there, and a final `~` gives
    the key itself: for records at `$.facts.*.*`, `$.facts.*~` is the first key.
    `columnar=True` reads an object of equally long arrays as rows. Documents
    larger than 64 MB can be read at paths with one wildcard, at the end.
    """

    records: str = "$[*]"
    context: Mapping[str, str] = field(default_factory=dict)
    columnar: bool = False
    encoding: str | None = None


@dataclass(frozen=True, kw_only=True)
class JsonLines:
    """One JSON object a line."""

    encoding: str | None = None


@dataclass(frozen=True, kw_only=True)
class Xml:
    """Records in an XML document, also inside an SGML envelope.

    `record` is a path of local names, `/feed/entry` or `//entry` (namespaces are
    ignored throughout). `columns` maps column → XPath relative to the record;
    empty: every child element and attribute becomes a column, nested ones
    structs, repeated ones lists; an empty element is NULL. `context` maps column
    → XPath from the document's root. With `envelope="sgml"` the XML documents of
    an EDGAR submission are read (plain XML, too), and a context path such as
    `sgml:FILER/COMPANY-DATA/CIK` or `sgml:DOCUMENT/TYPE` names an entry of the
    envelope's header by the end of its path.
    """

    record: str
    columns: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    envelope: Literal["none", "sgml"] = "none"


@dataclass(frozen=True, kw_only=True)
class Parquet:
    """Parquet files; types are the file's own, `_path` is the row's number."""


@dataclass(frozen=True, kw_only=True)
class Excel:
    """A table on a sheet of a workbook: xls, xlsx, xlsm, xlsb or ods.

    `sheet` is a name, a 1-based position, or None for every sheet. The table is
    found by `range` (`B4:H200`, `B4:H` to the last row), else by `header` (the
    first row that holds all these labels, in any order), else the first row
    whose cells are all filled. Reading stops at `range`'s end or, with
    `stop_at_blank`, at the first blank row. `fill_merged` repeats a merged
    cell's value over its range. `types="text"` keeps every undeclared column as
    text. An error cell (#N/A) rejects its record unless its column is text; a
    number is rounded to the scale of a declared DECIMAL.
    """

    sheet: str | int | None = 1
    range: str | None = None
    header: tuple[str, ...] = ()
    stop_at_blank: bool = False
    fill_merged: bool = True
    types: Types = "infer"


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Every filled cell of a workbook (xls, xlsx, xlsm, xlsb, ods), a record each.

    For sheets that people lay out as they like, whose tables a model finds. The
    columns: `sheet`, `sheet_number` (from 1), `sheet_hidden`, `cell` (B4),
    `row_number` and `column_number` (from 1), `kind` (number, text, date, time, bool,
    error, duration), `value` as text, exact; `merged_to`, the last cell of the range
    that the cell is merged over. From xlsx and xlsm alone come `number_format`, the
    code by which a number is shown, and `modified_at`, when the workbook says that it
    was last saved. `_path` is `Sheet1!B4`.
    """


FileFormat = Csv | Json | JsonLines | Xml | Parquet | Excel | Cells
