"""Another try for records that were set aside, after the declaration was mended.

Belongs here: which records are asked for again, and the package of those that
pass. Does not belong here: reading files (the caller passes that in), or the
quarantine tables' layout (`quarantine`).

They are read from what was kept, so it doesn't matter whether the source still has
them. What passes becomes a package of its own, which is committed like any
other: rows go in and their records leave quarantine in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import FileRefused, PackageDamaged
from pipelines.flow import ORIGIN_COLUMNS, Chunk
from pipelines.load.landing import Landing, Package
from pipelines.load.quarantine import WHOLE_FILE, quarantine_table
from pipelines.load.writer import Aim, PackageWriter
from pipelines.naming import NameMap, literal, quote_table
from resources.warehouse import Connection, table_exists

Origin = tuple[str, int | None, str | None]


@dataclass(frozen=True)
class Wanted:
    """What is set aside of one file of one package: single records, or all of it."""

    load_id: str
    file: str
    whole: bool
    origins: frozenset[Origin]


Extract = Callable[[Wanted, NameMap], Iterator[Chunk]]
"""Reads what was set aside, perhaps with more, once more as declared today."""


def wanted_records(connection: Connection, table: str) -> list[Wanted]:
    """What is in quarantine of a raw table, by package and file."""
    place = quarantine_table(table)
    if not table_exists(connection, place):
        return []
    rows = connection.execute(
        f"SELECT _load_id, split_part(_file, '!/', 1), {WHOLE_FILE}, _file, _line, _path "
        f"FROM {quote_table(place)} ORDER BY ALL"
    ).fetchall()
    origins: dict[tuple[str, str], set[Origin]] = defaultdict(set)
    whole: set[tuple[str, str]] = set()
    for load_id, file, is_whole, *origin in rows:
        origins[load_id, file].add((origin[0], origin[1], origin[2]))
        if is_whole:
            whole.add((load_id, file))
    return [Wanted(*at, at in whole, frozenset(found)) for at, found in origins.items()]


def raw_records(connection: Connection, table: str, item: Wanted) -> list[tuple[Origin, str]]:
    """The records set aside of one file, as they were written, in order."""
    rows = connection.execute(
        f"SELECT _file, _line, _path, _raw FROM {quote_table(quarantine_table(table))} "
        f"WHERE _load_id = {literal(item.load_id)} AND _raw IS NOT NULL "
        f"AND split_part(_file, '!/', 1) = {literal(item.file)} ORDER BY ALL"
    ).fetchall()
    return [((row[0], row[1], row[2]), row[3]) for row in rows]


def write_release(
    landing: Landing, aim: Aim, wanted: list[Wanted], extract: Extract
) -> tuple[Package | None, list[str]]:
    """A package of the records that pass now (None: none does), and notes."""
    names = NameMap(aim.before.names)
    notes: list[str] = []
    whole: list[str] = []
    with PackageWriter(landing, aim) as writer:
        for item in wanted:
            problem = _problem(item, names, extract)
            if problem:
                notes.append(problem)
                continue
            if item.whole:
                whole.append(item.file)
            for chunk in extract(item, names):
                writer.write(chunk if item.whole else _only(chunk, item.origins))
        writer.finish()
        if not whole and writer.counts.read == 0:
            return None, notes
        after = replace(aim.before, names=names.as_dict())
        return writer.seal(after, released_files=tuple(whole)), notes


def _problem(item: Wanted, names: NameMap, extract: Extract) -> str | None:
    """Why the file can't be read now either; read to its end to be sure."""
    try:
        for _ in extract(item, names):
            pass
    except (FileRefused, PackageDamaged) as error:
        return str(error)
    return None


def _only(chunk: Chunk, origins: frozenset[Origin]) -> Chunk:
    """The chunk's rows that were set aside; everything else was dealt with before."""
    columns = [pc.cast(chunk.rows.column(name), _plain(name)) for name in ORIGIN_COLUMNS]
    found = zip(*(column.to_pylist() for column in columns), strict=True)
    keep = pa.array([origin in origins for origin in found], pa.bool_())
    return Chunk(chunk.rows.filter(keep))


def _plain(name: str) -> pa.DataType:
    return pa.int64() if name == "_line" else pa.string()
