"""How one table of Postgres is read: the statements, and a batch of their answers.

Belongs here: SELECT lists, the conditions of a cursor, ranges of pages, and turning
a batch into rows and rejects. Does not belong here: connections and threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import DeclarationError, SourceNotFound
from pipelines.extract.databases.cursor import Progress
from pipelines.extract.databases.postgres_catalog import Relation
from pipelines.extract.databases.postgres_session import Session
from pipelines.extract.databases.postgres_text import misfit_text, settled_value
from pipelines.extract.databases.postgres_types import (
    CURSORS,
    ENDLESS,
    MOMENTS,
    NUMBERS,
    Way,
    way,
)
from pipelines.extract.databases.postgres_values import as_is, plain, utf8
from pipelines.extract.databases.rejects import reject
from pipelines.flow import Reject
from pipelines.naming import literal, normalise, quote
from pipelines.spec import PulledStream
from pipelines.sqltypes import arrow_type

_RANGE_BLOCKS = 4096
_RANGES_EACH = 8
_AHEAD = {
    "timestamptz": "now()",
    # A clock on a wall may be ahead of UTC.
    "timestamp": "now() AT TIME ZONE 'UTC' + interval '14 hours'",
    "date": "(now() AT TIME ZONE 'UTC' + interval '14 hours')::date",
}


@dataclass
class Reading:
    """One run over one table. `value` and `upto` are what its new state will say."""

    relation: Relation
    ways: tuple[Way, ...]
    progress: Progress | None
    value: str | None = None
    upto: str | None = None
    _kind: str = field(default="", repr=False)

    @classmethod
    def of(
        cls,
        stream: PulledStream,
        relation: Relation,
        progress: Progress | None,
        *,
        is_utf8: bool = True,
    ) -> Reading:
        """Plan the run; DeclarationError when the cursor column can't be one."""
        if not relation.fields:
            raise SourceNotFound(f"{relation.shown} has no column that could be read.")
        texts = {name for name, c in stream.columns.items() if (c.type or "").upper() == "VARCHAR"}
        text = as_is if is_utf8 else utf8
        ways = tuple(way(f, as_text=normalise(f.name) in texts, text=text) for f in relation.fields)
        made = cls(relation, ways, progress)
        if progress is not None:
            progress.check([f.name for f in relation.fields], relation.shown)
            column = next(f for f in relation.fields if f.name == progress.cursor)
            if column.type not in CURSORS:
                raise DeclarationError(
                    f"Column {column.name} of {relation.shown} is of type {column.spelled}, which "
                    f"can't be a cursor. Expected one of {', '.join(sorted(CURSORS))}."
                )
            made._kind = column.type
        return made

    def look_ahead(self, session: Session) -> None:
        """Ask, in the run's snapshot, up to where it will read."""
        if self.progress is None:
            return
        column, table = quote(self.progress.cursor), self.relation.sql
        # NaN sorts behind every number. Asked like this, an index answers both.
        real = f"WHERE {column} < 'NaN'" if self._kind in ENDLESS else ""
        value = f"least(top, {_AHEAD[self._kind]})" if self._kind in MOMENTS else "top"
        value = self._behind(value)
        before = "NULL"
        if self.progress.value is not None:
            before = self._constant(self.progress.value)
            value = value if self.progress.goes_back else f"greatest({value}, {before})"
        sql = (
            f"SELECT (CASE WHEN top IS NULL THEN {before} ELSE {value} END)::text AS value, "
            f"most::text AS upto FROM (SELECT (SELECT max({column}) FROM {table} {real}) AS top, "
            f"(SELECT max({column}) FROM {table}) AS most) AS ends"
        )
        row = session.ask(sql, f"looking at {column} of {self.relation.shown}")[0]
        self.value, self.upto = row["value"], row["upto"]

    def _behind(self, value: str) -> str:
        """The value less the lookback, as Postgres counts; no less than its type can hold."""
        assert self.progress is not None
        back = self.progress.lookback
        if back is None:
            return value
        if isinstance(back, timedelta) and self._kind in MOMENTS:
            return f"({value} - interval '{back.total_seconds():.6f} seconds')::{self._kind}"
        if isinstance(back, timedelta) or self._kind not in NUMBERS:
            raise self.progress.misfit(f"the type {self._kind}")
        least = NUMBERS[self._kind]
        if least is None:
            return f"{value} - {back}"
        # By way of texts: not every whole type has a cast from a wider one.
        return f"greatest({value}::text::numeric - {back}, {least})::text::{self._kind}"

    def statements(self, connections: int, *, by_pages: bool) -> list[str]:
        """The SELECTs that together give the run's rows, each once."""
        chosen = [f"{each.value} AS {quote(f'c{n}')}" for n, each in enumerate(self.ways)]
        chosen += [f"{odd} AS {quote(f'o{n}')}" for n, odd in self._odd()]
        chosen += self._digests()
        select = f"SELECT {', '.join(chosen)} FROM {self.relation.sql} AS t"
        condition = self._condition()
        if condition:
            # What is new is found by an index, if there is one; ranges of pages would hide it.
            return [f"{select} WHERE {condition}"]
        if not (by_pages and connections > 1 and self.relation.blocks >= _RANGE_BLOCKS):
            return [select]
        cuts = _cuts(self.relation.blocks, connections)
        return [f"{select} WHERE {place}" for place in _places(cuts)]

    def rows(self, batch: pa.RecordBatch) -> tuple[pa.Table, tuple[Reject, ...]]:
        """A batch under the table's own names, and what of it had to be set aside."""
        columns, misfits = [], {}
        odd = {n: batch.column(f"o{n}") for n, _ in self._odd()}
        for n, each in enumerate(self.ways):
            values, misfit = each.settle(plain(batch.column(n)))
            columns.append(values)
            if n in odd and odd[n].null_count < len(odd[n]):
                shaped = odd[n].is_valid().to_numpy(zero_copy_only=False)
                misfit = shaped if misfit is None else misfit | shaped
            if misfit is not None:
                misfits[n] = misfit
        schema = pa.schema([pa.field(w.field.name, arrow_type(w.sql)) for w in self.ways])
        rows = pa.table([_as(c, f) for c, f in zip(columns, schema, strict=True)], schema=schema)
        keep = self._new(batch)
        if not misfits:
            return (rows if keep is None else rows.filter(pa.array(keep))), ()
        bad = np.logical_or.reduce(list(misfits.values()))
        keep = np.ones(len(bad), bool) if keep is None else keep
        kept = rows.filter(pa.array(keep & ~bad))
        rejects = [
            self._reject(int(row), kept.num_rows + place, rows, batch, misfits)
            for place, row in enumerate(np.flatnonzero(bad & keep))
        ]
        return kept, tuple(rejects)

    def state(self) -> dict[str, Any]:
        """From where the next run goes on."""
        if self.progress is None:
            return {}
        names = (each.field.name for each in self.ways)
        return self.progress.state(self.value, self.upto, names)

    def _constant(self, value: str) -> str:
        assert self.progress is not None
        column = next(w.field for w in self.ways if w.field.name == self.progress.cursor)
        # Less a lookback, a number may have more digits than its column's.
        kind = column.type if column.type == "numeric" else column.spelled
        return f"{literal(value)}::{kind}"

    def _condition(self) -> str:
        if self.progress is None or self.progress.value is None:
            return ""
        column = quote(self.progress.cursor)
        return f"({column} >= {self._constant(self.progress.value)} OR {column} IS NULL)"

    def _odd(self) -> list[tuple[int, str]]:
        return [(n, each.odd) for n, each in enumerate(self.ways) if each.odd]

    def _digests(self) -> list[str]:
        """Digests of the rows that were, and will be, read in two runs."""
        if self.progress is None or not self.progress.exact:
            return []
        column = quote(self.progress.cursor)
        have = [each.field.name for each in self.ways]
        was = "NULL::text"
        if self.progress.seen:
            known = [name for name in self.progress.columns if name in have]
            upto = self.progress.upto
            later = f"{column} > {self._constant(upto)}" if upto is not None else "false"
            was = f"CASE WHEN ({later}) IS NOT TRUE THEN {_digest(known)} END"
        reached = f"{column} >= {self._constant(self.value)}" if self.value is not None else "NULL"
        will = f"CASE WHEN ({reached}) IS NOT FALSE THEN {_digest(have)} END"
        return [f"{was} AS was", f"{will} AS will"]

    def _new(self, batch: pa.RecordBatch) -> Any:
        """Which rows were not handed out before; None: all."""
        if self.progress is None or not self.progress.exact:
            return None
        for digest in pc.drop_null(batch.column("will")).to_pylist():
            self.progress.meet(digest)
        was = batch.column("was")
        if was.null_count == len(was):
            return None
        return np.array([self.progress.is_new(digest) for digest in was.to_pylist()], bool)

    def _reject(
        self,
        row: int,
        place: int,
        rows: pa.Table,
        batch: pa.RecordBatch,
        misfits: Mapping[int, npt.NDArray[np.bool_]],
    ) -> Reject:
        said_of = []
        for n in (n for n, which in misfits.items() if which[row]):
            each = self.ways[n]
            said = batch.column(f"o{n}")[row].as_py() if each.odd else None
            given = plain(batch.column(n))[row]
            said_of.append((each.field.name, said or misfit_text(given), each.sql))
        record = {name: settled_value(rows.column(name)[row]) for name in rows.column_names}
        return reject(place, said_of, record)


def _digest(columns: Sequence[str]) -> str:
    return f"md5(ROW({', '.join(quote(name) for name in columns)})::text)"


def _cuts(blocks: int, connections: int) -> list[int]:
    count = min(connections * _RANGES_EACH, blocks // (_RANGE_BLOCKS // 2))
    return [blocks * n // count for n in range(1, count)]


def _places(cuts: Sequence[int]) -> list[str]:
    """Conditions that part a table by its pages; the last has no end."""
    starts, ends = [None, *cuts], [*cuts, None]
    return [
        " AND ".join(
            ([f"ctid >= '({start},0)'"] if start is not None else [])
            + ([f"ctid < '({end},0)'"] if end is not None else [])
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _as(values: pa.Array, wanted: pa.Field) -> pa.Array:
    return values if values.type.equals(wanted.type) else values.cast(wanted.type)
