"""Systems and the streams read from them.

Belongs here: what a source and its streams are. Does not belong here: how a system is
asked (connections), how a file is laid out (formats).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pipelines.spec.columns import Check, Column, Contract, Duplicates, Mode
from pipelines.spec.connections import Connection
from pipelines.spec.formats import FileFormat


@dataclass(frozen=True, kw_only=True)
class Unnest:
    """Turns a list column into a child table `raw.<system>__<into>`.

    The child carries the parent's `keys` columns, the position in the list and
    the origin; the column stays in the parent unless `drop`.
    """

    column: str
    into: str
    keys: tuple[str, ...]
    drop: bool = False


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What every kind of stream declares; one feeds `raw.<system>__<name>`.

    Modes: `append` adds rows; `merge` upserts by `key`; `replace` makes the table
    equal to what the system holds now; `history` keeps validity intervals by
    `key`. `columns` are keyed by the column's name in the warehouse. `personal`
    names the columns that hold data about people.
    """

    name: str
    description: str
    mode: Mode = "replace"
    key: tuple[str, ...] = ()
    contract: Contract = "evolve"
    columns: Mapping[str, Column] = field(default_factory=dict)
    drop_blank: bool = True
    duplicates: Duplicates = "keep"
    unnest: tuple[Unnest, ...] = ()
    checks: tuple[Check, ...] = ()
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileStream(Stream):
    """Records that arrive as files.

    `files` are globs below HEADWATER_DATA. `append` adds the rows of new and
    changed files; `replace` makes the table equal to the files as they are now.
    """

    files: tuple[str, ...]
    format: FileFormat


@dataclass(frozen=True, kw_only=True)
class PulledStream(Stream):
    """Records that a system is asked for, through its source's connection.

    `of` is what the system calls it: a manifest's stream, `schema.table`, a tap's
    stream (empty: the same as `name`). `cursor` is the field by which only what is
    new is asked for, where the connection doesn't know that itself. `lookback`, for
    databases: how far behind its newest value each run begins, for rows that come late;
    a timedelta for a date or time, a whole number for a number.
    """

    of: str = ""
    cursor: str | None = None
    lookback: timedelta | int | None = None

    @property
    def theirs(self) -> str:
        """The stream's name in the system it is read from."""
        return self.of or self.name


@dataclass(frozen=True, kw_only=True)
class Source:
    """One system and the streams read from it.

    `connection` says how it is asked; None: its streams are files.
    """

    name: str
    description: str
    owner: str
    streams: tuple[Stream, ...]
    connection: Connection | None = None
    homepage: str | None = None
    licence: str | None = None


def raw_table(source: str, stream: str) -> str:
    """The table that a stream feeds, e.g. `raw.crunchbase__companies`."""
    return f"raw.{source}__{stream}"
