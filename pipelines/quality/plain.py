"""Values of the warehouse as JSON can hold them, short enough to be looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

_LONGEST = 300
_SAFE_INTEGER = 1 << 53


def plain(value: Any) -> Any:
    """A value as null, a truth, a number that JSON keeps exactly, or text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return _short(value[:_LONGEST].hex())
    return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def plain_row(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """One row as column → plain value."""
    return {name: plain(value) for name, value in zip(names, values, strict=True)}


def plain_all(value: Any) -> Any:
    """An argument of a check, whole: lists and mappings stay what they are."""
    if isinstance(value, Mapping):
        return {str(name): plain_all(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_all(item) for item in value]
    return value if isinstance(value, str) else plain(value)
