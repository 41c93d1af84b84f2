"""Any database that SQLAlchemy has a dialect for: MySQL, MariaDB, and others.

Belongs here: asking through SQLAlchemy, and what MySQL's sessions are set to. Does not
belong here: types (`dialect_types`), rows to Arrow (`records`).

Rows come through a cursor on the server, one connection at a time: these databases
can't lend a snapshot to a second one. Each value is a Python object on the way.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import NoSuchModuleError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from pipelines.errors import ConfigurationError, DeclarationError, SourceError, SourceNotFound
from pipelines.extract.databases.address import Address
from pipelines.extract.databases.cursor import Progress
from pipelines.extract.databases.dialect_types import CURSORS, kind_of
from pipelines.extract.databases.faults import fault
from pipelines.extract.databases.kinds import (
    ANYTHING,
    DAY,
    INSTANT,
    MOMENT,
    TEXT,
    Kind,
    as_text,
)
from pipelines.extract.databases.names import joined_name, split_name
from pipelines.extract.databases.records import Shape, unseen
from pipelines.extract.readers import FoundStream
from pipelines.flow import Pulled
from pipelines.naming import normalise
from pipelines.spec import PulledStream

_MYSQL = ("mysql", "mariadb")
_CONNECT_S = 20
_LONGEST_S = 3600
_ISOLATION = ("REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE")


class DialectReader:
    """Reads one database through its dialect; one connection for each method's work."""

    def __init__(self, address: Address, page_rows: int) -> None:
        self._address = address
        self._page_rows = page_rows
        self._mysql = address.kind in _MYSQL
        self._engine = _engine(address)

    def check(self) -> str:
        """Connect, and count what may be read."""
        count = len(self.discover())
        what = "one table or view" if count == 1 else f"{count} tables and views"
        return f"{self._address.shown} answers ({self._engine.dialect.name}); {what} can be read."

    def discover(self) -> list[FoundStream]:
        """Tables and views of the database's own schema."""
        with self._connection("listing tables") as connection:
            asked = sa.inspect(connection)
            names = [(name, "") for name in asked.get_table_names()]
            names += [(name, "A view.") for name in asked.get_view_names()]
            return [self._told(asked, name, about) for name, about in sorted(names)]

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """The table as it is at one moment, or what is new in it since `state`."""
        progress = Progress.of(stream, state)
        schema, name = split_name(stream.theirs)
        with self._connection(f"reading {stream.theirs}") as connection:
            self._begin(connection)
            columns = _columns(sa.inspect(connection), name, schema, stream.theirs)
            shape = self._shape(stream, columns)
            table = sa.table(name, *[sa.column(each) for each in shape.names], schema=schema)
            way = _Way(connection, table, shape, progress)
            select = way.select([self._chosen(table.c[c["name"]], c) for c in columns])
            about = {"sql": str(select.compile(self._engine))}
            options = {"stream_results": True, "max_row_buffer": self._page_rows}
            answer = connection.execution_options(**options).execute(select)
            for page in answer.partitions(self._page_rows):
                rows = [tuple(row) for row in page]
                kept = unseen(progress, shape.names, rows) if progress and progress.exact else rows
                records, rejects = shape.table(kept)
                yield Pulled(records, about=about, rejects=rejects)
        yield Pulled(pa.table({}), way.state())

    def close(self) -> None:
        """Let go of pooled connections."""
        self._engine.dispose()

    @contextmanager
    def _connection(self, what: str) -> Iterator[sa.Connection]:
        try:
            with warnings.catch_warnings():
                # A type that the dialect doesn't know is read as text; that is no news.
                warnings.simplefilter("ignore", sa.exc.SAWarning)
                with self._engine.connect() as connection:
                    if self._mysql:
                        _set_up_mysql(connection)
                    yield connection
                    connection.rollback()
        except SourceError:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise fault(self._address, what, error) from None

    def _begin(self, connection: sa.Connection) -> None:
        """From now on see one state of the database, where it offers that."""
        connection.rollback()
        if self._mysql:
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            return
        raw = connection.connection.dbapi_connection
        try:
            offered = self._engine.dialect.get_isolation_level_values(raw)  # type: ignore[arg-type]
        except NotImplementedError:
            return
        level: Any = next((each for each in _ISOLATION if each in offered), None)
        if level is not None:
            connection.execution_options(isolation_level=level)

    def _chosen(self, column: ColumnElement[Any], reflected: ReflectedColumn) -> Any:
        if self._mysql and type(reflected["type"]).__name__.upper() == "FLOAT":
            # MySQL writes six digits of a float; in a sum with a double it writes all.
            return (column + sa.literal_column("0e0")).label(reflected["name"])
        return column

    def _shape(self, stream: PulledStream, columns: list[ReflectedColumn]) -> Shape:
        kinds: list[Kind] = []
        for column in columns:
            declared = stream.columns.get(normalise(column["name"]))
            as_texts = declared is not None and (declared.type or "").upper() == "VARCHAR"
            kinds.append(ANYTHING if as_texts else kind_of(column["type"], self._address.kind))
        return Shape(tuple(column["name"] for column in columns), tuple(kinds))

    def _told(self, asked: sa.Inspector, name: str, about: str) -> FoundStream:
        """A table or view; one that is broken is told among the others."""
        try:
            return self._found(asked, name, about)
        except SQLAlchemyError as error:
            told = fault(self._address, f"describing {name}", error)
            return FoundStream(joined_name(None, name), description=str(told))

    def _found(self, asked: sa.Inspector, name: str, about: str) -> FoundStream:
        columns = asked.get_columns(name)
        key = asked.get_pk_constraint(name).get("constrained_columns", [])
        types = {c["name"]: kind_of(c["type"], self._address.kind).sql for c in columns}
        return FoundStream(joined_name(None, name), tuple(key), None, types, about)


class _Way:
    """Which rows of the table this run reads, and where the next one goes on."""

    def __init__(
        self, connection: sa.Connection, table: Any, shape: Shape, progress: Progress | None
    ) -> None:
        self._table, self._shape, self._progress = table, shape, progress
        self._value = self._upto = None
        if progress is None:
            return
        progress.check(shape.names, table.name)
        self._column = table.c[progress.cursor]
        self._kind = shape.kinds[shape.names.index(progress.cursor)]
        if not (self._kind in CURSORS or "INT" in self._kind.sql or "DECIMAL" in self._kind.sql):
            raise DeclarationError(
                f"Column {progress.cursor} of {table.name} is read as {self._kind.sql}, which "
                "can't be a cursor. Expected a whole number, a decimal, a text, a date or a time."
            )
        before = None if progress.value is None else _restored(progress.value, self._kind)
        most = sa.func.max(self._column)
        # The server compares: its order of texts is not Python's.
        further = sa.literal(1) if before is None else _flag(most > before)
        self._upto, ahead = connection.execute(sa.select(most, further)).one()
        self._value = _bounded(self._upto, self._kind) if ahead else before
        if progress.lookback is not None and self._upto is not None:
            newest = _bounded(self._upto, self._kind)
            is_said = isinstance(newest, str) and self._kind is not TEXT
            value = progress.behind(_restored(newest, self._kind) if is_said else newest)
            self._value = value if before is None or progress.goes_back else max(value, before)

    def select(self, chosen: list[Any]) -> sa.Select[Any]:
        """The statement that gives the rows."""
        progress = self._progress
        if progress is None:
            return sa.select(*chosen).select_from(self._table)
        if progress.exact:
            upto = None if progress.upto is None else _restored(progress.upto, self._kind)
            was = sa.true() if upto is None else self._column <= upto
            will = sa.true() if self._value is None else self._column >= self._value
            chosen = [*chosen, *(_flag(each | self._column.is_(None)) for each in (was, will))]
        select = sa.select(*chosen).select_from(self._table)
        if progress.value is None:
            return select
        reached = self._column >= _restored(progress.value, self._kind)
        return select.where(reached | self._column.is_(None))

    def state(self) -> dict[str, Any]:
        """From where the next run goes on."""
        if self._progress is None:
            return {}
        value, upto = (None if v is None else as_text(v) for v in (self._value, self._upto))
        return self._progress.state(value, upto, self._shape.names)


def _flag(condition: Any) -> Any:
    return sa.case((condition, 1), else_=0)


def _bounded(value: Any, kind: Kind) -> Any:
    """The greatest value, but no later than now: what lies ahead is read again until then."""
    now = dt.datetime.now(dt.UTC)
    if kind is not INSTANT:
        now += dt.timedelta(hours=14)  # A clock on a wall may be ahead of UTC.
    if isinstance(value, dt.datetime):
        return min(value, now if value.tzinfo else now.replace(tzinfo=None))
    return min(value, now.date()) if isinstance(value, dt.date) else value


def _restored(text: str, kind: Kind) -> Any:
    """The value that a state holds as text."""
    if kind is TEXT:
        return text
    if kind is DAY:
        return dt.date.fromisoformat(text)
    if kind in (MOMENT, INSTANT):
        return dt.datetime.fromisoformat(text)
    return int(text) if "INT" in kind.sql else Decimal(text)


def _columns(
    asked: sa.Inspector, name: str, schema: str | None, theirs: str
) -> list[ReflectedColumn]:
    try:
        return asked.get_columns(name, schema=schema)
    except NoSuchTableError:
        raise SourceNotFound(
            f"The database has no table or view {theirs}, or the user may not see it. "
            "`headwater sources discover` lists what there is."
        ) from None


def _set_up_mysql(connection: sa.Connection) -> None:
    """UTC, read only, one snapshot, and an end to every statement."""
    limit = (
        f"max_statement_time = {_LONGEST_S}"
        if "mariadb" in str(connection.exec_driver_sql("SELECT version()").scalar()).lower()
        else f"max_execution_time = {_LONGEST_S * 1000}"
    )
    for setting in (
        "time_zone = '+00:00'",
        limit,
        "TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "TRANSACTION READ ONLY",
    ):
        connection.exec_driver_sql(f"SET SESSION {setting}")


def _engine(address: Address) -> sa.Engine:
    try:
        url = sa.make_url(address.text)
        options: dict[str, Any] = {}
        if address.kind in _MYSQL:
            if "+" not in url.drivername:
                url = url.set(drivername=f"{url.drivername}+pymysql")
            if url.drivername.endswith("+pymysql"):
                options = {"connect_timeout": _CONNECT_S, "read_timeout": _LONGEST_S}
        return sa.create_engine(url, connect_args=options, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigurationError(
            f"{address.shown} can't be read: {address.blotted(str(error))}. Install the package "
            "that has SQLAlchemy's dialect and driver for this kind of database."
        ) from None
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"{address.shown} can't be read: {address.blotted(str(error))}."
        ) from None
