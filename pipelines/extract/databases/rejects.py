"""Rows that the warehouse's types can't hold: set aside, as JSON, with the reason.

Belongs here: the sentence and the record of each. Does not belong here: finding them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.extract.formats.json_exact import Number, render
from pipelines.flow import Reject

_SHOWN = 200


def reject(
    place: int, misfits: Sequence[tuple[str, str, str]], record: Mapping[str, Any]
) -> Reject:
    """One row set aside; `misfits` are (column, value as text, type), `place` its number
    behind the rows that fit.

    `record` is the whole row; its misfits stand in it as their text, so that the row
    can be loaded when the stream declares the column as text.
    """
    reason = " ".join(
        f"Column {column} holds {_short(value)}, which is no {sql}. Declare the column as VARCHAR "
        "to keep such values as text."
        for column, value, sql in misfits
    )
    whole = {name: _plain(value) for name, value in record.items()}
    whole |= {column: value for column, value, _ in misfits}
    return Reject(reason, render(whole), "", None, f"[{place}]", misfits[0][0])


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}… ({len(value)} characters)"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return Number(value)
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return "".join(f"\\x{byte:02X}" for byte in value)  # as DuckDB writes bytes
    return str(value)
