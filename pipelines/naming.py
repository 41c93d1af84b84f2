"""How names from outside become names in the warehouse.

Belongs here: normalising, keeping apart what would collide, and quoting for
SQL. Does not belong here: which tables exist, or where the mapping is stored
(load keeps it with the stream's cursor).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

MAX_LENGTH = 120
Constant: TypeAlias = "str | int | bool | datetime | Sequence[str] | None"


def quote(identifier: str) -> str:
    """The one way in which a name enters SQL text."""
    if "\x00" in identifier:
        raise ValueError(f"The name {identifier!r} holds a NUL, which no table allows.")
    return '"' + identifier.replace('"', '""') + '"'


def quote_table(table: str) -> str:
    """`raw.crunchbase__rounds` → `"raw"."crunchbase__rounds"`."""
    return ".".join(quote(part) for part in table.split(".", 1))


def literal(text: str) -> str:
    """A string constant for SQL text."""
    return "'" + text.replace("'", "''") + "'"


def constant(value: Constant) -> str:
    """Any value that Headwater itself writes, as a constant for SQL text.

    A statement with parameters would do the same, but at the first of them
    DuckDB's client imports pandas, which takes longer than most statements.
    A naive datetime is refused: ValueError.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"The time {value} has no zone, so it's no point in time.")
        return f"TIMESTAMPTZ '{value.isoformat(sep=' ')}'"
    if isinstance(value, str):
        return "(" + " || chr(0) || ".join(map(literal, value.split("\x00"))) + ")"
    return f"[{', '.join(map(constant, value))}]::VARCHAR[]"


def normalise(name: str) -> str:
    """The snake_case form of a source's name; never empty, never digit-first.

    `Funding Total ($)` → `funding_total`, `cikStr` → `cik_str`, `2024` → `c_2024`.
    A leading underscore is reserved for Headwater's own columns.
    """
    text = unicodedata.normalize("NFKD", name)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    text = re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_")
    if not text:
        text = "column" if name.strip() == "" else "c_" + _digest(name)
    if text[0].isdigit():
        text = "c_" + text
    if len(text) > MAX_LENGTH:
        text = text[: MAX_LENGTH - 9].rstrip("_") + "_" + _digest(name)
    return text


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class NameMap:
    """Source name → warehouse column, stable for the life of a table.

    A source name that was seen keeps its column whatever comes later; a new one
    whose normal form is taken gets a suffix made from the name itself, so the
    order in which files arrive changes nothing once both were seen.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._column = dict(known or {})
        self._taken = set(self._column.values())

    def column(self, source_name: str) -> str:
        """The column for one source name, remembered from now on."""
        found = self._column.get(source_name)
        if found is None:
            found = normalise(source_name)
            if found in self._taken:
                found = f"{found[: MAX_LENGTH - 9]}_{_digest(source_name)}"
            self._column[source_name] = found
            self._taken.add(found)
        return found

    def columns(self, source_names: Iterable[str]) -> list[str]:
        """Columns for a header; a repeated label gets its position appended."""
        seen: dict[str, int] = {}
        columns = []
        for label in source_names:
            seen[label] = seen.get(label, 0) + 1
            times = seen[label]
            columns.append(self.column(label if times == 1 else f"{label}#{times}"))
        return columns

    def as_dict(self) -> dict[str, str]:
        """The mapping, to be stored with the stream's cursor."""
        return dict(self._column)
