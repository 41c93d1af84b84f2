"""Where reading a table by a cursor column goes on, so that no row is missed or doubled.

Belongs here: what a state holds, and which rows read again were handed out before.
Does not belong here: SQL (each reader asks in its database's own words).

A run reads what is greater than or equal to the last run's value, and what has no
value: rows that came later under the very same value are not missed. So some rows are
read again. Where the stream has a key (merge, history), loading them again changes
nothing. Where rows are appended, the state holds a digest of each row that the next
run will meet again, and such rows are left out once.

With a lookback the next run begins so much before the newest value, and what is said of
rows read again holds for all of them: rows that come late with older values are found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pipelines.errors import ConfigurationError, DeclarationError, RequestRefused
from pipelines.spec import PulledStream

_MOST_SEEN = 20_000


@dataclass
class Progress:
    """One run's way along a cursor column.

    `value` and `upto` are texts as the database writes them: from where the last run
    said to go on, and the greatest that it met (a moment that lies ahead is met, but
    not gone on from). `columns` are those that its digests were made of; `lookback` is
    how far before the newest value the next run is to begin.
    """

    cursor: str
    exact: bool
    lookback: timedelta | int | None = None
    value: str | None = None
    upto: str | None = None
    columns: tuple[str, ...] = ()
    seen: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, stream: PulledStream, state: Mapping[str, Any]) -> Progress | None:
        """The way of this run; None when the stream is read whole."""
        if stream.cursor is None or stream.mode == "replace":
            return None
        made = cls(stream.cursor, stream.mode == "append", stream.lookback)
        if not state:
            return made
        if state.get("field") != stream.cursor:
            raise ConfigurationError(
                f"The stream {stream.name} was read by {state.get('field')} so far, and its cursor "
                f"is now {stream.cursor}. What was read can't be told by another column; run once "
                "with --full-refresh."
            )
        made.value, made.upto = state.get("value"), state.get("upto")
        made.columns = tuple(state.get("columns", ()))
        made.seen = Counter(state.get("seen", {}))
        return made

    def check(self, columns: Iterable[str], theirs: str) -> None:
        """Raise unless the table has the cursor column."""
        names = list(columns)
        if self.cursor not in names:
            raise DeclarationError(
                f"{theirs} has no column {self.cursor}, which the stream declares as its cursor. "
                f"It has: {', '.join(names)}."
            )

    @property
    def goes_back(self) -> bool:
        """Whether the next run may begin before this one did.

        Not where rows are appended: no digest was made of what this one did not read.
        """
        return self.lookback is not None and not self.exact

    def behind(self, newest: Any) -> Any:
        """The value so much before the newest that the next run is to begin there."""
        back = self.lookback
        if back is None or newest is None:
            return newest
        if isinstance(back, timedelta):
            if isinstance(newest, datetime):
                return newest - back
            if isinstance(newest, date):
                # Less than a day before is the day before.
                return (datetime.combine(newest, time()) - back).date()
        elif isinstance(newest, int | float | Decimal):
            return newest - back
        raise self.misfit(f"a value such as {str(newest)[:40]!r}")

    def misfit(self, what: str) -> DeclarationError:
        """The lookback that is declared can't be counted in this column."""
        given = "a length of time" if isinstance(self.lookback, timedelta) else "a number"
        return DeclarationError(
            f"The cursor {self.cursor} has {what}, which {given} can't be taken from. Declare "
            "the lookback as a timedelta for dates and times, as a whole number for numbers."
        )

    def is_new(self, digest: str | None) -> bool:
        """Whether a row is to be handed out; a digest is given where it may have been."""
        if digest is None or not self.seen[digest]:
            return True
        self.seen[digest] -= 1
        return False

    def meet(self, digest: str) -> None:
        """Take note of a row that the next run will read again."""
        self.met[digest] += 1
        if len(self.met) > _MOST_SEEN:
            raise RequestRefused(
                f"More than {_MOST_SEEN:,} rows share the newest value of {self.cursor}, or have "
                "none, so rows appended later can't be told from them. Declare a finer cursor, or "
                "a key and the mode merge."
            )

    def state(self, value: str | None, upto: str | None, columns: Iterable[str]) -> dict[str, Any]:
        """What the next run needs; `value` None: there was none to go on from."""
        found: dict[str, Any] = {"field": self.cursor, "value": value}
        if self.exact:
            found |= {"upto": upto, "columns": list(columns), "seen": dict(self.met)}
        return found
