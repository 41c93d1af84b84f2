"""The rows of a package as the table shall get them, before the door is taken.

Belongs here: casting, setting rows aside that break the contract or lack their
key, and leaving repeated ones out. Does not belong here: writing to the lake.

Where every row can go in as it is, nothing is copied: the package's own files
are the rows. Else they are staged in a temporary table, whose row ids keep the
order in which they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pipelines.load.columns import SYSTEM_TYPES, UNKNOWN, Settled, physical, same_type
from pipelines.load.expressions import attempt, convert
from pipelines.load.landing import Package
from pipelines.load.manifest import Part, Refused
from pipelines.naming import literal, quote
from pipelines.spec import Stream
from resources.warehouse import Connection

_TABLE = "temp.main.staged_package"
_OWN = ("_reason", "_column", "_raw")


@dataclass(frozen=True)
class Staged:
    """Rows ready to be written.

    `relation` is what may follow FROM; it has every settled column and the
    system columns. `files` are the Parquet files it consists of, when no row
    was staged. `misfits` is the relation of rows set aside, laid out like a
    quarantine table. Counts are of this package's rows.
    """

    relation: str
    rows: int
    files: tuple[Path, ...] = ()
    misfits: str | None = None
    misfit: int = 0
    duplicate: int = 0
    repeated: int = 0


def stage(
    connection: Connection,
    package: Package,
    settled: Settled,
    stream: Stream,
    *,
    key: Sequence[str],
    one_a_key: bool,
) -> Staged:
    """Prepare the rows of `package` under the settled columns.

    Rows that lack a part of `key` are set aside. With `one_a_key` the last row
    of each key wins, and the others count as duplicates.
    """
    plain = _relation(package, settled, stream, None)
    total = package.manifest.counts.rows
    if not package.manifest.parts:
        return Staged(plain, 0)
    asked = _Questions(connection, plain)
    simple = (
        not _breaks_contract(package.manifest.parts, settled, stream)
        and not any(refused.void for refused in package.manifest.refused)
        and (not key or asked.lacking(key) == 0)
        and (not one_a_key or asked.different(key) == total)
        and (stream.duplicates != "drop" or asked.different(settled.columns) == total)
    )
    if simple:
        repeated = _repeated(asked, stream, settled, total)
        files = tuple(package.path(part) for part in package.manifest.parts)
        return Staged(plain, total, files, repeated=repeated)
    return _in_table(connection, package, settled, stream, key, one_a_key=one_a_key)


def _in_table(
    connection: Connection,
    package: Package,
    settled: Settled,
    stream: Stream,
    key: Sequence[str],
    *,
    one_a_key: bool,
) -> Staged:
    checked = _relation(package, settled, stream, key)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE staged_package AS FROM {checked}")
    duplicate = 0
    if stream.duplicates == "drop":
        duplicate += _keep_one(connection, list(settled.columns), "rowid")
    if one_a_key and key:
        duplicate += _keep_one(connection, key, "rowid DESC")
    columns = ", ".join(quote(name) for name in [*settled.columns, *SYSTEM_TYPES])
    relation = f"(SELECT {columns} FROM {_TABLE} WHERE _reason IS NULL)"
    asked = _Questions(connection, relation)
    rows = asked.rows()
    misfits = (
        f"(SELECT _load_id, _file, _line, _path, _column, _reason, _raw FROM {_TABLE} "
        "WHERE _reason IS NOT NULL)"
    )
    return Staged(
        relation,
        rows,
        misfits=misfits,
        misfit=_Questions(connection, misfits).rows(),
        duplicate=duplicate,
        repeated=_repeated(asked, stream, settled, rows),
    )


def _keep_one(connection: Connection, columns: Sequence[str], order: str) -> int:
    """Delete all staged rows but the first by `order` of each value of `columns`."""
    names = ", ".join(quote(name) for name in columns)
    ranked = (
        f"SELECT rowid AS row, row_number() OVER (PARTITION BY {names} ORDER BY {order}) AS rank "
        f"FROM {_TABLE} WHERE _reason IS NULL"
    )
    deleted = connection.execute(
        f"DELETE FROM {_TABLE} WHERE rowid IN (SELECT row FROM ({ranked}) WHERE rank > 1)"
    ).fetchone()
    return int(deleted[0]) if deleted else 0


def _repeated(asked: _Questions, stream: Stream, settled: Settled, rows: int) -> int:
    """Rows that equal an earlier one in every business column, if that is to be told."""
    if stream.duplicates != "report" or not settled.columns:
        return 0
    return rows - asked.different(settled.columns)


class _Questions:
    """Counts over a relation."""

    def __init__(self, connection: Connection, relation: str) -> None:
        self._connection = connection
        self._relation = relation

    def rows(self) -> int:
        return self._count(f"FROM {self._relation}")

    def lacking(self, key: Sequence[str]) -> int:
        lacks = " OR ".join(f"{quote(name)} IS NULL" for name in key)
        return self._count(f"FROM {self._relation} WHERE {lacks}")

    def different(self, columns: Iterable[str]) -> int:
        names = ", ".join(quote(name) for name in columns)
        return self._count(f"FROM (SELECT DISTINCT {names} FROM {self._relation})")

    def _count(self, query: str) -> int:
        row = self._connection.execute(f"SELECT count(*) {query}").fetchone()
        return int(row[0]) if row else 0


def _breaks_contract(parts: Iterable[Part], settled: Settled, stream: Stream) -> bool:
    """Whether some row might have to be set aside, by the parts' columns alone."""
    if stream.contract != "quarantine":
        return False
    return any(
        name in settled.strange or (kind != UNKNOWN and not same_type(kind, settled.columns[name]))
        for part in parts
        for name, kind in _business(part).items()
    )


def _business(part: Part) -> dict[str, str]:
    return {name: kind for name, kind in part.columns.items() if name not in SYSTEM_TYPES}


def _relation(package: Package, settled: Settled, stream: Stream, key: Sequence[str] | None) -> str:
    """The package's rows as one subquery; with `key`, also why a row is set aside."""
    parts = package.manifest.parts
    selects = [
        _select(columns, [package.path(part) for part in group], package, settled, stream, key)
        for columns, group in _alike(parts)
    ]
    if not selects:
        names = [
            f"NULL::{physical(kind)} AS {quote(name)}"
            for name, kind in {**settled.columns, **SYSTEM_TYPES}.items()
        ]
        selects = [f"SELECT {', '.join(names)} WHERE false"]
    return f"({' UNION ALL '.join(selects)})"


def _alike(parts: Iterable[Part]) -> Iterable[tuple[dict[str, str], list[Part]]]:
    for _, group in groupby(parts, key=lambda part: list(part.columns.items())):
        members = list(group)
        yield _business(members[0]), members


def _select(
    columns: Mapping[str, str],
    files: Sequence[Path],
    package: Package,
    settled: Settled,
    stream: Stream,
    key: Sequence[str] | None,
) -> str:
    strict = stream.contract == "quarantine"
    values = []
    for name, kind in settled.columns.items():
        wanted = physical(kind)
        source = columns.get(name, UNKNOWN)
        if strict and source != UNKNOWN and not same_type(physical(source), wanted):
            value = attempt(quote(name), physical(source), wanted)
        else:
            value = convert(quote(name), source, wanted)
        values.append(f"{value} AS {quote(name)}")
    values += [quote(name) for name in SYSTEM_TYPES]
    if key is not None:
        values += _verdict(columns, settled, stream, key)
    listed = ", ".join(literal(str(file)) for file in files)
    where = void_filter(package.manifest.refused)
    return f"SELECT {', '.join(values)} FROM read_parquet([{listed}]) WHERE {where}"


def void_filter(refused: Iterable[Refused]) -> str:
    """The predicate that leaves out what a refused file gave before it was refused."""
    files = [item.file for item in refused if item.void]
    tests = [
        f"NOT (_file = {literal(file)} OR starts_with(_file, {literal(file + '!/')}))"
        for file in files
    ]
    return " AND ".join(tests) or "true"


def _verdict(
    columns: Mapping[str, str], settled: Settled, stream: Stream, key: Sequence[str]
) -> list[str]:
    """Expressions for the reason to set a row aside (or NULL), its column, its record."""
    tests: list[tuple[str, str, str]] = []
    for name in key:
        lacks = f"{quote(name)} IS NULL" if name in columns else "true"
        tests.append((lacks, f"The key column {name} is empty.", name))
    if stream.contract == "quarantine":
        for name, kind in columns.items():
            tests += _misfit_tests(name, kind, settled)
    if not tests:
        return [f"NULL::VARCHAR AS {name}" for name in _OWN]
    reasons = ", ".join(f"CASE WHEN {test} THEN {literal(say)} END" for test, say, _ in tests)
    first = " ".join(f"WHEN {test} THEN {literal(name)}" for test, _, name in tests)
    record = ", ".join(f"{quote(name)} := {quote(name)}" for name in columns)
    bad = " OR ".join(f"({test})" for test, _, _ in tests)
    return [
        f"NULLIF(concat_ws(' ', {reasons}), '') AS _reason",
        f"CASE {first} END AS _column",
        f"CASE WHEN {bad} THEN CAST(to_json(struct_pack({record})) AS VARCHAR) END AS _raw",
    ]


def _misfit_tests(name: str, kind: str, settled: Settled) -> list[tuple[str, str, str]]:
    if name in settled.strange:
        say = f"The column {name} is not declared, and the contract is quarantine."
        return [(f"{quote(name)} IS NOT NULL", say, name)]
    wanted = physical(settled.columns[name])
    if kind == UNKNOWN or same_type(physical(kind), wanted):
        return []
    value = attempt(quote(name), physical(kind), wanted)
    test = f"{quote(name)} IS NOT NULL AND ({value}) IS NULL"
    return [(test, f"The value of column {name} is no {wanted}.", name)]
