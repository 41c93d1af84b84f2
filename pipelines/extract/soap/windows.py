"""Days asked for piece by piece, and where the next run goes on.

Belongs here: which windows a run asks for, and the state after each. Does not belong
here: asking.

    "window": {"from": "since", "to": "until", "start": "2026-01-01",
               "days": 30, "again": 2, "format": "%Y-%m-%d"}

`from` and `to` name the arguments (with / into nested ones); both days are included.
The first run begins on `start`; each window has `days` days (30), the last one ends
today in UTC. A later run begins on the day on which the last one ended, as that day
was not over, and `again` days (0) before it, for what comes late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.errors import DeclarationError, SourceError

_FIELDS = ("from", "to", "start", "days", "again", "format")
STATE = "day"
"""The state's one field: the day from which on everything is to be asked for."""


@dataclass(frozen=True)
class Window:
    """A declared window; `format` is one of strftime."""

    begins: str
    ends: str
    start: date
    days: int = 30
    again: int = 0
    format: str = "%Y-%m-%d"

    def pieces(
        self, state: Mapping[str, Any], today: date
    ) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        """(the two arguments, the state after it) of each window, oldest first."""
        first = min(self._first(state), today)
        while first <= today:
            last = min(first + timedelta(days=self.days - 1), today)
            following = min(last + timedelta(days=1), today)
            arguments = {
                self.begins: first.strftime(self.format),
                self.ends: last.strftime(self.format),
            }
            yield arguments, {STATE: following.isoformat()}
            first = last + timedelta(days=1)

    def _first(self, state: Mapping[str, Any]) -> date:
        known = state.get(STATE)
        if known is None:
            return self.start
        try:
            day = date.fromisoformat(str(known))
        except ValueError:
            raise SourceError(
                f"The stream's state says {known!r} where a day such as 2026-01-31 is expected. "
                "Run it with --full-refresh to begin anew."
            ) from None
        return max(self.start, day - timedelta(days=self.again))


def read_window(declared: Mapping[str, Any], where: str) -> Window:
    """The declared window; `where` begins the error's sentence."""
    missing = [name for name in ("from", "to", "start") if name not in declared]
    unknown = sorted(set(declared) - set(_FIELDS))
    if missing or unknown:
        raise DeclarationError(
            f"{where} declares a window with {', '.join(declared) or 'nothing'}. Expected from, to "
            f"and start, and perhaps days, again and format."
        )
    days, again = declared.get("days", 30), declared.get("again", 0)
    if not isinstance(days, int) or days < 1 or not isinstance(again, int) or again < 0:
        raise DeclarationError(
            f"{where} declares a window of {days!r} days, {again!r} of them asked for again. "
            "Expected whole numbers, 1 or more and 0 or more."
        )
    return Window(
        begins=str(declared["from"]),
        ends=str(declared["to"]),
        start=_day(declared["start"], where),
        days=days,
        again=again,
        format=str(declared.get("format", "%Y-%m-%d")),
    )


def _day(value: Any, where: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise DeclarationError(
            f"{where} declares a window that starts on {value!r}. Expected a day such as "
            "2026-01-31."
        ) from None
