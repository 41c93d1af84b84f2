"""The vocabulary that assets/ is written in: frozen declarations, no behaviour.

Belongs here: what a source, a stream, a file format, a model, a check *is*.
Does not belong here: reading, loading, building, validating (the catalog does
that) or anything that costs import time; only the standard library is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["append", "merge", "replace", "history"]
Contract = Literal["evolve", "freeze", "quarantine"]
Duplicates = Literal["keep", "report", "drop"]
Severity = Literal["critical", "warning", "info"]
Types = Literal["text", "infer"]
Materialized = Literal["full", "incremental"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its SQL type in the warehouse, meaning and unit.

    `type` is a DuckDB type name such as `DECIMAL(18,2)` or `TIMESTAMPTZ`; None
    leaves it to what the source says.
    """

    type: str | None = None
    description: str = ""
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One expectation on one table, under great-expectations' own name.

    `expectation` is e.g. `expect_column_values_to_not_be_null`; `arguments` are
    that expectation's own. A critical failure stops what is downstream.
    """

    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"
    description: str = ""


# ── file formats ──────────────────────────────────────────────────────────────


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


FileFormat = Csv | Json | JsonLines | Xml | Parquet | Excel


# ── sources ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Unnest:
    """Turns a list column into a child table `raw.<system>__<into>`.

    The child carries the parent's `keys` columns, the position in the list and
    the origin; the column stays in the parent unless `drop`.
    """

    column: str
    into: str
    keys: tuple[str, ...]
    drop: bool = False


@dataclass(frozen=True, kw_only=True)
class FileStream:
    """Records that arrive as files; one stream feeds `raw.<system>__<name>`.

    `files` are globs below HEADWATER_DATA. Modes: `append` adds the rows of new
    and changed files; `merge` upserts by `key`; `replace` makes the table equal
    to the files as they are now; `history` keeps validity intervals by `key`.
    `columns` are keyed by the column's name in the warehouse.
    """

    name: str
    files: tuple[str, ...]
    format: FileFormat
    description: str
    mode: Mode = "replace"
    key: tuple[str, ...] = ()
    contract: Contract = "evolve"
    columns: Mapping[str, Column] = field(default_factory=dict)
    drop_blank: bool = True
    duplicates: Duplicates = "keep"
    unnest: tuple[Unnest, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """One system and the streams read from it."""

    name: str
    description: str
    owner: str
    streams: tuple[FileStream, ...]
    homepage: str | None = None
    licence: str | None = None


# ── models and rules ──────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Incremental:
    """How to rebuild only what changed in one driving input.

    Rows of `table` whose `by` columns occur in its change feed are read again,
    and the model's rows with these `by` values are replaced by the result. So
    `by` must be columns of both, and the SQL must not mix rows of different
    `by` values. A change in any other input rebuilds the whole table.
    """

    table: str
    by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Model:
    """One table built from others; made from the header of one file.

    `sql` for a SQL model; `python` is the file of a Python model, whose
    function `build(inputs: Mapping[str, pyarrow.Table]) -> pyarrow.Table` gets
    the tables named in `inputs`. `inputs` of a SQL model are read from its SQL,
    which begins at `line` of the file `path`. `table` is taken from the path.
    """

    table: str = ""
    description: str
    owner: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    inputs: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    materialized: Materialized = "full"
    incremental: Incremental | None = None
    sql: str | None = None
    python: str | None = None
    path: str = ""
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule over several tables: SQL that returns the offending rows."""

    name: str
    description: str
    severity: Severity
    table: str
    inputs: tuple[str, ...]
    sql: str
    path: str = ""
    line: int = 1


def raw_table(source: str, stream: str) -> str:
    """The table that a stream feeds, e.g. `raw.crunchbase__companies`."""
    return f"raw.{source}__{stream}"
