"""Types for columns that nobody declared, where typing loses nothing.

Belongs here: which values may be typed at all. Does not belong here: casting.

A file whose stream says `types="infer"` is read twice: once to see every value,
once to load. So one file has one type a column, and a value on its last line
still decides. What would not come back as it was written stays text: leading
zeros, a plus sign, spaces, exponents. Numbers with a point become decimals,
never floats.
"""

from __future__ import annotations

from collections.abc import Container

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.extract.convert import convert
from pipelines.flow import ORIGIN_COLUMNS
from pipelines.sqltypes import arrow_type

_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_WHOLE = r"-?[1-9]\d{0,37}|0"
_POINT = r"-?[1-9]\d{0,37}\.\d{1,38}|-?0\.0{0,37}[1-9]\d{0,37}|0\.0{1,38}"
_PATTERNS = {
    "BOOLEAN": "true|false",
    "BIGINT": r"-?[1-9]\d{0,17}|0",
    "DECIMAL": f"{_POINT}|{_WHOLE}",
    "DATE": _DAY,
    "TIMESTAMP": f"{_DAY}[T ]{_CLOCK}",
    "TIMESTAMPTZ": f"{_DAY}[T ]{_CLOCK}(Z|[+-]\\d\\d:\\d\\d)",
}
_CALENDAR = ("DATE", "TIMESTAMP", "TIMESTAMPTZ")
_DIGITS = 38


class Inference:
    """What the values of each undeclared column have in common so far."""

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self._possible: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        self._whole: dict[str, int] = {}
        self._scale: dict[str, int] = {}

    def look(self, rows: pa.Table) -> None:
        """Take more rows, all text, into account."""
        for name in rows.column_names:
            if name in self._known or name in ORIGIN_COLUMNS:
                continue
            possible = self._possible.setdefault(name, list(_PATTERNS))
            values = rows[name].drop_null() if possible else None
            if values is None or len(values := values.filter(pc.not_equal(values, ""))) == 0:
                continue
            self._seen.add(name)
            self._possible[name] = [kind for kind in possible if _all(values, kind)]
            if "DECIMAL" in self._possible[name]:
                self._measure(name, values)

    def types(self) -> dict[str, str]:
        """Column → SQL type for each column that need not stay text."""
        found: dict[str, str] = {}
        for name in sorted(self._seen):
            for kind in self._possible[name]:
                if kind != "DECIMAL":
                    found[name] = kind
                elif self._whole[name] + self._scale[name] <= _DIGITS:
                    found[name] = f"DECIMAL({_DIGITS},{self._scale[name]})"
                else:
                    continue
                break
        return found

    def _measure(self, name: str, values: pa.ChunkedArray) -> None:
        text = pc.utf8_ltrim(values, "-")
        whole = pc.utf8_length(pc.replace_substring_regex(text, r"\..*$", ""))
        length = pc.utf8_length(text)
        scale = pc.subtract(length, pc.add(whole, 1))
        self._whole[name] = max(self._whole.get(name, 0), pc.max(whole).as_py())
        self._scale[name] = max(self._scale.get(name, 0), pc.max(scale).as_py(), 0)


def _all(values: pa.ChunkedArray, kind: str) -> bool:
    matched = pc.match_substring_regex(values, f"^(?:{_PATTERNS[kind]})$", ignore_case=True)
    if not pc.all(matched).as_py():
        return False
    if kind not in _CALENDAR:
        return True
    _, misfit = convert(values.combine_chunks(), arrow_type(kind))
    return misfit is None
