"""Single values of a row that is set aside, as JSON can say them.

Belongs here: times that Python has no objects for (BC, far years, infinity, 24:00) and
the texts of misfits. Does not belong here: which values are misfits.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from pipelines.extract.databases.postgres_values import FIRST_MICRO, INFINITE

_DAY_MICROS = 86_400_000_000
_CYCLE_DAYS, _CYCLE_YEARS = 146_097, 400
_ENDLESS_DAY = 2**31 - 1
_UNREAL = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def settled_value(value: pa.Scalar) -> Any:
    """A value that has its place; times as text, as DuckDB spells them."""
    if not value.is_valid:
        return None
    if pa.types.is_list(value.type):
        return [settled_value(item) for item in value]
    if pa.types.is_timestamp(value.type):
        return _endless(value.value, INFINITE) or _moment(value.value)
    if pa.types.is_date(value.type):
        return _endless(value.value, _ENDLESS_DAY) or _day(value.value)
    return _clock(value.value) if pa.types.is_time(value.type) else value.as_py()


def misfit_text(value: pa.Scalar) -> str:
    """A value that has no place, as the driver gave it: a number, a time, or bytes."""
    if pa.types.is_list(value.type):
        return (
            "{" + ",".join(misfit_text(item) if item.is_valid else "NULL" for item in value) + "}"
        )
    if pa.types.is_timestamp(value.type):
        wrapped = value.value < FIRST_MICRO
        return _moment(value.value + 2**64 if wrapped else value.value)
    if pa.types.is_string(value.type):
        raw: bytes = value.as_buffer().to_pybytes()
        try:
            raw.decode()
        except UnicodeDecodeError:
            return "\\x" + raw.hex()
    said = str(value.as_py())
    return _UNREAL.get(said, said)


def _endless(number: int, infinite: int) -> str | None:
    return {infinite: "infinity", -infinite: "-infinity"}.get(number)


def _moment(micros: int) -> str:
    days, clock = divmod(micros, _DAY_MICROS)
    day, *era = _day(days).split(" ", 1)
    return " ".join([day, _clock(clock), *era])


def _clock(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    fraction = f".{rest:06d}" if rest else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _day(days: int) -> str:
    cycles, rest = divmod(days, _CYCLE_DAYS)
    found = date(1970, 1, 1) + timedelta(days=rest)
    year = found.year + cycles * _CYCLE_YEARS
    return f"{year:04d}{found:-%m-%d}" if year > 0 else f"{1 - year:04d}{found:-%m-%d} (BC)"
