"""`headwater sql`: one reading statement, answered exactly in the form asked for.

Belongs here: refusing what does not read, and writing results. Does not belong
here: how the lake is opened (`lake`).
"""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import orjson

from pipelines.commands.lake import reading
from pipelines.commands.show import console, new_table
from pipelines.errors import ConfigurationError
from resources.settings import load_settings
from resources.warehouse import READING, Connection

SHOWN_ROWS = 200
_BATCH = 10_000
_JSON_OWN = {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT"} | {
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "VARCHAR",
    "BLOB",
}
_NESTED = ("STRUCT", "MAP", "UNION")


def sql(query: str, *, as_of: str | None, form: str, output: Path | None) -> None:
    """Run the query and write its result; ConfigurationError for what is refused."""
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise ConfigurationError("Parquet is not for terminals: name a file with --output.")
    with reading(load_settings(), as_of) as connection:
        try:
            relation = _ask(connection, query)
            if form == "table":
                _show(relation, output)
                return
            with _target(output) as file:
                _WRITERS[form](relation, file)
        except duckdb.Error as error:
            raise ConfigurationError(f"The query can't be answered: {error}") from None


def _ask(connection: Connection, query: str) -> duckdb.DuckDBPyRelation:
    statements = connection.extract_statements(query)
    if len(statements) != 1:
        raise ConfigurationError(
            f"The query holds {len(statements)} statements; expected one that reads."
        )
    kind = statements[0].type
    if kind not in READING:
        raise ConfigurationError(
            f"{kind.name} is not a statement that reads. Only SELECT, WITH, FROM, VALUES, SHOW, "
            "DESCRIBE, SUMMARIZE and EXPLAIN are answered here."
        )
    if kind == duckdb.StatementType.EXPLAIN:
        rows = connection.execute(statements[0]).fetchall()
        text = "\n".join(str(row[-1]) for row in rows)
        return connection.sql("SELECT unnest(string_split(?, chr(10))) AS plan", params=[text])
    return connection.sql(query)


def _cast(relation: duckdb.DuckDBPyRelation, keep: set[str]) -> duckdb.DuckDBPyRelation:
    """The relation with all but the kept types as text, which holds every value."""
    parts = []
    for position, declared in enumerate(map(str, relation.types), start=1):
        nested = keep and (declared.startswith(_NESTED) or declared.endswith("]"))
        kept = declared in keep or nested
        parts.append(f"#{position}" if kept else f"CAST(#{position} AS VARCHAR)")
    return relation.query("result", f"SELECT {', '.join(parts)} FROM result")


def _batches(relation: duckdb.DuckDBPyRelation) -> Iterator[list[tuple[Any, ...]]]:
    while rows := relation.fetchmany(_BATCH):
        yield rows


# ── forms ─────────────────────────────────────────────────────────────────────


def _show(relation: duckdb.DuckDBPyRelation, output: Path | None) -> None:
    rows = _cast(relation, set()).fetchmany(SHOWN_ROWS + 1)
    table = new_table(*relation.columns)
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*("∅" if value is None else _plain(str(value)) for value in row))
    if output is None:
        _print_table(table, len(rows), console())
        return
    with output.open("w", encoding="utf-8") as file:
        _print_table(table, len(rows), console(file))


def _print_table(table: Any, rows: int, target: Any) -> None:
    target.print(table)
    if rows > SHOWN_ROWS:
        target.print(
            f"The first {SHOWN_ROWS} rows; --format csv, json or parquet writes all.", style="dim"
        )


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


def _json(relation: duckdb.DuckDBPyRelation, file: BinaryIO) -> None:
    """A list of objects. What JSON can't hold exactly is text, bytes are base64."""
    names = _distinct(relation.columns)
    separator = b"[\n"
    for rows in _batches(_cast(relation, _JSON_OWN)):
        for row in rows:
            record = {name: _exact(value) for name, value in zip(names, row, strict=True)}
            file.write(separator + orjson.dumps(record, option=orjson.OPT_NON_STR_KEYS))
            separator = b",\n"
    file.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def _csv(relation: duckdb.DuckDBPyRelation, file: BinaryIO) -> None:
    """Header and rows; null is an unquoted empty field, empty text a quoted one."""
    file.write(_line(relation.columns))
    for rows in _batches(_cast(relation, set())):
        file.writelines(map(_line, rows))


def _line(values: Iterable[str | None]) -> bytes:
    return (",".join(map(_field, values)) + "\n").encode()


def _field(value: str | None) -> str:
    if value is None:
        return ""
    if value == "" or value != value.strip() or any(sign in value for sign in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def _parquet(relation: duckdb.DuckDBPyRelation, file: BinaryIO) -> None:
    import pyarrow.parquet as pq

    reader = relation.to_arrow_reader(_BATCH)
    with pq.ParquetWriter(file, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


_WRITERS = {"json": _json, "csv": _csv, "parquet": _parquet}


def _exact(value: Any) -> Any:
    """A value as JSON can hold it without change."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): _exact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names for an object's keys; a repeated one gets its position."""
    return [
        name if name not in names[:position] else f"{name}_{position + 1}"
        for position, name in enumerate(names)
    ]


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as file:
        yield file
