"""Whole columns at once: parsing, trimming, finding what is empty.

Belongs here: what Arrow does to a page in one go. Does not belong here: single
records, rejects, origins.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from pipelines.arrays import text, texts
from pipelines.extract.formats.csv_records import Dialect

_NOTHING = text("")


def parsed_alike(kind: pa.DataType) -> bool:
    """Whether Arrow's typed parse accepts only what the cast from text would, as the same.

    Not so for decimals: it lets some overflow.
    """
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date32(kind)
        or pa.types.is_timestamp(kind)
    )


def parse_fields(
    page: bytes, dialect: Dialect, schema: pa.Schema, nulls: Sequence[str], *, keep_empty: bool
) -> tuple[pa.Table, list[int]]:
    """Every field under the schema, and the numbers of records of another width.

    `page` must be valid UTF-8 and end with a line end. Only what is unquoted
    can be null. Empty lines are records if `keep_empty`. ArrowInvalid when a
    field is not of its type, which is never so where the type is string.
    """
    if not page:
        return schema.empty_table(), []
    ragged: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        ragged.append(row.number - 1)
        return "skip"

    rows = pacsv.read_csv(
        pa.py_buffer(page),
        pacsv.ReadOptions(use_threads=False, column_names=schema.names, block_size=len(page) + 1),
        pacsv.ParseOptions(
            delimiter=dialect.delimiter.decode(),
            quote_char=dialect.quote.decode() if dialect.quote else False,
            escape_char=dialect.escape.decode() if dialect.escape else False,
            newlines_in_values=True,
            ignore_empty_lines=not keep_empty,
            invalid_row_handler=note,
        ),
        pacsv.ConvertOptions(
            check_utf8=False,
            column_types=schema,
            null_values=list(nulls),
            strings_can_be_null=bool(nulls),
            quoted_strings_can_be_null=False,
        ),
    )
    for field in schema:
        if pa.types.is_floating(field.type) and not pc.all(pc.is_finite(rows[field.name])).as_py():
            raise pa.ArrowInvalid(f"A number in {field.name} is not finite.")
    return rows, ragged


def trimmed(rows: pa.Table, nulls: Sequence[str]) -> pa.Table:
    """Text without white space at its ends; what thereby spells null is null."""
    spelled = texts(nulls)
    for at, name in enumerate(rows.column_names):
        if pa.types.is_string(rows.schema.field(at).type):
            before = rows.column(at)
            after = pc.utf8_trim_whitespace(before)
            became = pc.and_(pc.is_in(after, value_set=spelled), pc.not_equal(before, after))
            after = pc.if_else(became, pa.scalar(None, pa.string()), after)
            rows = rows.set_column(at, name, after)
    return rows


def blank_rows(rows: pa.Table) -> pa.ChunkedArray | None:
    """True where every field is null or empty text; None if that is nowhere."""
    blank = None
    for column in rows.columns:
        empty = pc.is_null(column)
        if pa.types.is_string(column.type):
            empty = pc.or_kleene(empty, pc.equal(column, _NOTHING))
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return None
    return blank
