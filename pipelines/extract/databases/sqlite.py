"""SQLite: one file, one read transaction, columns that may hold values of any type.

Belongs here: asking SQLite. Does not belong here: which declared type means what
(`sqlite_types`), rows to Arrow (`records`).
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from pipelines.errors import DeclarationError, SourceError, SourceNotFound
from pipelines.extract.databases.address import Address
from pipelines.extract.databases.cursor import Progress
from pipelines.extract.databases.faults import fault
from pipelines.extract.databases.kinds import ANYTHING, BYTES, Kind
from pipelines.extract.databases.names import joined_name, split_name
from pipelines.extract.databases.records import Shape, unseen
from pipelines.extract.databases.sqlite_types import (
    NUMBERS,
    ORDERED_AS,
    TEXTS,
    kind_of,
    moment_of,
    respelled,
)
from pipelines.extract.readers import FoundStream
from pipelines.flow import Pulled
from pipelines.naming import literal, normalise, quote
from pipelines.spec import PulledStream

_BUSY_S = 60.0
_LONGEST_S = 3600.0
_STEPS = 1_000_000
_CONSTANT = re.compile(r"-?[0-9.e+-]+|'(?:[^']|'')*'", re.IGNORECASE | re.DOTALL)


class SqliteReader:
    """Reads one file, which is opened for each method's work and never written."""

    def __init__(self, address: Address, page_rows: int) -> None:
        self._address = address
        self._page_rows = page_rows
        self._file = Path(unquote(urlsplit(address.text).path)[1:]).absolute()

    def check(self) -> str:
        """Open the file and count what may be read."""
        count = len(self.discover())
        what = "one table or view" if count == 1 else f"{count} tables and views"
        return f"SQLite {sqlite3.sqlite_version} opens {self._file}; {what} can be read."

    def discover(self) -> list[FoundStream]:
        """All tables and views."""
        with self._faults("listing tables"), closing(self._connect()) as connection:
            names = connection.execute(
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
            ).fetchall()
            return [_found(connection, name, kind) for name, kind in names]

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """The table as it is at one moment, or what is new in it since `state`."""
        progress = Progress.of(stream, state)
        theirs = split_name(stream.theirs)[1]
        with self._faults(f"reading {theirs}"), closing(self._connect()) as connection:
            connection.execute("BEGIN")
            declared = _declared(connection, theirs)
            shape = _shape(stream, declared)
            way = _Way(connection, theirs, declared, progress)
            cursor = connection.execute(way.select())
            while rows := cursor.fetchmany(self._page_rows):
                kept = rows if not way.exact else unseen(way.along, shape.names, rows)
                table, rejects = shape.table(kept)
                yield Pulled(table, about={"sql": way.select()}, rejects=rejects)
        yield Pulled(pa.table({}), way.state(shape.names))

    def close(self) -> None:
        """Nothing is kept open."""

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{percent(str(self._file))}?mode=ro",
            uri=True,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only = ON")
        # Text that is no UTF-8 is met as lone surrogates, which no column takes.
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        end = time.monotonic() + _LONGEST_S
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        return connection

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        try:
            yield
        except SourceError:
            raise
        except sqlite3.Error as error:
            raise fault(self._address, what, error) from None


class _Way:
    """Which rows of the table this run reads, and where the next one goes on."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        table: str,
        declared: Mapping[str, str],
        progress: Progress | None,
    ) -> None:
        self._table, self._names, self._progress = table, list(declared), progress
        self._value = self._upto = None
        if progress is None:
            return
        progress.check(declared, table)
        self._column = quote(progress.cursor)
        # Numbers sort before texts, whatever the column is declared as: only values of
        # its own sort move the cursor, and all others are read every time.
        group = self._group(connection, declared[progress.cursor])
        self._sorted = f"typeof({self._column}) IN ({', '.join(map(literal, group))})"
        row = connection.execute(
            f"SELECT quote(max({self._column})) FROM {quote(table)} WHERE {self._sorted}"
        ).fetchone()
        self._upto = None if row[0] == "NULL" else row[0]
        self._value = progress.value if self._upto is None else self._greatest(connection)

    @property
    def exact(self) -> bool:
        """Rows read again are told by their digests."""
        return self._progress is not None and self._progress.exact

    @property
    def along(self) -> Progress:
        """The way along the cursor."""
        assert self._progress is not None
        return self._progress

    def select(self) -> str:
        """The statement that gives the rows."""
        chosen = [quote(name) for name in self._names]
        if self._progress is None:
            return f"SELECT {', '.join(chosen)} FROM {quote(self._table)}"
        if self.exact:
            chosen += [self._again(self._progress.upto, ">"), self._again(self._value, ">=")]
        where = ""
        if self._progress.value is not None:
            where = f" WHERE {self._reached(self._progress.value, '>=')} OR NOT {self._sorted}"
        return f"SELECT {', '.join(chosen)} FROM {quote(self._table)}{where}"

    def state(self, names: tuple[str, ...]) -> dict[str, Any]:
        """From where the next run goes on."""
        if self._progress is None:
            return {}
        return self._progress.state(self._value, self._upto, names)

    def _group(self, connection: sqlite3.Connection, declared: str) -> tuple[str, ...]:
        """The sort of values that the cursor goes along: as so far, as declared, or as found."""
        if self.along.value is not None:
            return TEXTS if self.along.value.startswith("'") else NUMBERS
        known = ORDERED_AS.get(kind_of(declared))
        if known is not None:
            return known
        found = connection.execute(
            f"SELECT 1 FROM {quote(self._table)} WHERE typeof({self._column}) = 'text' LIMIT 1"
        ).fetchone()
        return TEXTS if found else NUMBERS

    def _again(self, value: str | None, sign: str) -> str:
        """Whether a row was read by the last run (`>`), or will be by the next (`>=`)."""
        if value is None:
            return "1"
        reached = self._reached(value, sign)
        return f"(NOT {self._sorted} OR {'NOT ' if sign == '>' else ''}{reached})"

    def _reached(self, value: str, sign: str) -> str:
        return f"{self._column} {sign} {_constant(value)}"

    def _greatest(self, connection: sqlite3.Connection) -> str | None:
        before, value = self.along.value, self._behind(connection)
        if before is None or self.along.goes_back:
            return value
        row = connection.execute(f"SELECT quote(max({_constant(before)}, {value}))").fetchone()
        return str(row[0])

    def _behind(self, connection: sqlite3.Connection) -> str:
        """The newest value less the lookback, as a constant."""
        newest = str(self._upto)
        if self.along.lookback is None:
            return newest
        if not newest.startswith("'"):
            if isinstance(self.along.lookback, timedelta):
                raise self.along.misfit(f"a number such as {newest[:40]}")
            row = connection.execute(f"SELECT quote({newest} - {self.along.lookback})").fetchone()
            return str(row[0])
        text = newest[1:-1]
        try:
            return literal(respelled(text, self.along.behind(moment_of(text))))
        except ValueError:
            raise self.along.misfit(f"a text such as {text[:40]!r}") from None


def _constant(value: str) -> str:
    """A number or text as SQLite itself has written it, and nothing else."""
    if not _CONSTANT.fullmatch(value):
        raise DeclarationError(
            f"The cursor's value {value[:100]!r} in the stream's state is no number or text of "
            "SQLite. Read the stream anew with --full-refresh."
        )
    return value


def _declared(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Column → declared type; SourceNotFound when there is no such table."""
    rows = connection.execute(f"PRAGMA table_xinfo({quote(table)})").fetchall()
    if not rows:
        raise SourceNotFound(
            f"The file has no table or view {table}. `headwater sources discover` lists what "
            "there is."
        )
    return {row[1]: row[2] for row in rows if row[6] != 1}


def _shape(stream: PulledStream, declared: Mapping[str, str]) -> Shape:
    """Where the stream declares a type, the value as text is what it is made from."""
    kinds: list[Kind] = []
    for name, said in declared.items():
        column = stream.columns.get(normalise(name))
        wanted = column.type.upper() if column and column.type else ""
        kinds.append((BYTES if wanted == "BLOB" else ANYTHING) if wanted else kind_of(said))
    return Shape(tuple(declared), tuple(kinds))


def _found(connection: sqlite3.Connection, name: str, kind: str) -> FoundStream:
    declared = _declared(connection, name)
    keys = connection.execute(
        f"SELECT name FROM pragma_table_xinfo({literal(name)}) WHERE pk > 0 ORDER BY pk"
    ).fetchall()
    columns = {column: kind_of(said).sql for column, said in declared.items()}
    about = "A view." if kind == "view" else ""
    return FoundStream(joined_name(None, name), tuple(row[0] for row in keys), None, columns, about)
