"""Windows that begin and end with whole days, weeks or months.

Belongs here: rounding a moment up or down, as `clamping` declares it. Does not
belong here: cutting time into windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clamp:
    """Rounds to a `target` (DAY, WEEK, MONTH); weeks begin on `weekday`, 0 is Monday."""

    target: str
    weekday: int = 0

    @property
    def unit(self) -> timedelta:
        """The least that lies between two windows where no granularity is declared."""
        return timedelta(seconds=1) if self.target == "DAY" else _DAY

    def down(self, moment: datetime) -> datetime:
        """The beginning of the day, week or month that the moment lies in."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.target == "MONTH":
            return day.replace(day=1)
        if self.target == "WEEK":
            return day - _DAY * ((day.weekday() - self.weekday) % 7)
        return day

    def up(self, moment: datetime) -> datetime:
        """The moment, if it begins a day, week or month; else the next that does.

        The time of the day counts for days only: the first of a month begins it.
        """
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.target == "DAY":
            return day if day == moment else day + _DAY
        begun = self.down(moment)
        if begun == day:
            return day
        if self.target == "WEEK":
            return begun + 7 * _DAY
        return (begun + 32 * _DAY).replace(day=1)


def compile_clamp(
    declared: Mapping[str, Any] | None, parameters: Mapping[str, Any], config: Mapping[str, Any]
) -> Clamp | None:
    """The rounding that a cursor declares; DeclarationError for an unknown one."""
    if not declared:
        return None
    target = str(compile_text(str(declared["target"]), parameters)({"config": config}))
    if target not in ("DAY", "WEEK", "MONTH"):
        raise DeclarationError(f"A cursor clamps to {target!r}; expected DAY, WEEK or MONTH.")
    if target != "WEEK":
        return Clamp(target)
    day = str((declared.get("target_details") or {}).get("weekday") or "")
    if day not in _DAYS:
        raise DeclarationError(
            f"A cursor clamps to weeks that begin on {day!r}; expected target_details with "
            f"weekday as one of {', '.join(_DAYS)}."
        )
    return Clamp(target, _DAYS.index(day))
