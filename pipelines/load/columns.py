"""Which columns a raw table shall have, by what it has and what a package holds.

Belongs here: deciding names and types under the stream's contract. Does not
belong here: changing the table (`evolve`) or looking at single rows (`stage`).

A stream's state keeps a type for each column, with `NULL` wherever only nulls
were seen; the table itself has text there until something is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pipelines.errors import ContractViolation
from pipelines.flow import ORIGIN_COLUMNS
from pipelines.load.manifest import Part
from pipelines.load.widen import widen
from pipelines.spec import Stream
from pipelines.sqltypes import arrow_type, sql_type

SYSTEM_TYPES = {"_file": "VARCHAR", "_line": "BIGINT", "_path": "VARCHAR", "_load_id": "VARCHAR"}
HISTORY_TYPES = {"_valid_from": "TIMESTAMPTZ", "_valid_to": "TIMESTAMPTZ", "_is_current": "BOOLEAN"}
SYSTEM_COLUMNS = (*ORIGIN_COLUMNS, "_load_id")
UNKNOWN = "NULL"
_SHOWN = 5


@dataclass(frozen=True)
class Settled:
    """The business columns as they shall be: name → type, `NULL` where unknown.

    `strange` are columns of the package that the contract keeps out; rows that
    hold a value in one of them go to quarantine.
    """

    columns: dict[str, str]
    strange: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def package_columns(parts: Iterable[Part], *, inexact: Iterable[str] = ()) -> dict[str, str]:
    """The business columns of some parts, each under the type that holds all of them.

    `inexact` are columns whose whole numbers don't all fit a double.
    """
    found: dict[str, str] = {}
    for part in parts:
        for name, kind in part.columns.items():
            if name not in SYSTEM_TYPES:
                known = found.get(name, UNKNOWN)
                found[name] = join_types(known, kind, floats=name not in inexact)
    return found


def join_types(one: str, other: str, *, floats: bool = True) -> str:
    """The SQL type that holds the values of both; see `widen`."""
    wide = widen(arrow_type(one), arrow_type(other), floats=floats)
    return sql_type(wide, null=UNKNOWN)


def physical(kind: str) -> str:
    """The type as the table has it: text where only nulls were seen."""
    return sql_type(arrow_type(kind))


def same_type(one: str, other: str) -> bool:
    """Whether two spellings mean the same type."""
    return bool(arrow_type(one).equals(arrow_type(other)))


def known_columns(state: Mapping[str, str], table: Mapping[str, str]) -> dict[str, str]:
    """What is known of the columns: the state's word where the table agrees with it."""
    known = {}
    for name, actual in table.items():
        said = state.get(name)
        agrees = said is not None and same_type(physical(said), actual)
        known[name] = said if said is not None and agrees else actual
    # A list that is unnested and dropped is no column of the table.
    return known | {name: kind for name, kind in state.items() if name not in table}


def settle(
    table: str,
    stream: Stream,
    known: Mapping[str, str],
    package: Mapping[str, str],
    *,
    reload: bool,
    inexact: Iterable[str] = (),
) -> Settled:
    """The columns that the table shall have once the package is in it.

    `known` are the columns of the table as it is, empty for a new one. With
    `reload` nothing of the present content stays, so declared types hold as
    declared. `inexact` are columns whose values don't all fit a double.
    ContractViolation when the stream is frozen and the package differs.
    """
    declared = {name: column.type for name, column in stream.columns.items()}
    allowed = set(known) | set(declared)
    news = [name for name in package if allowed and name not in allowed]
    if news and stream.contract == "freeze":
        raise _strange_column(table, news[0], package[news[0]], allowed)
    strange = tuple(news) if stream.contract == "quarantine" else ()
    columns = {}
    for name in dict.fromkeys([*known, *package, *declared]):
        if name in strange:
            continue
        before, said = known.get(name, UNKNOWN), package.get(name, UNKNOWN)
        wanted = declared.get(name)
        floats = name not in inexact
        columns[name] = _type(stream, before, said, wanted, reload=reload, floats=floats)
        if stream.contract == "freeze" and not (reload and wanted):
            _check_frozen(table, name, before, said, columns[name])
    return Settled(columns, strange, _missing(known, package))


def _type(
    stream: Stream, before: str, said: str, wanted: str | None, *, reload: bool, floats: bool
) -> str:
    unknown = pa.types.is_null(arrow_type(before))
    if wanted is not None and (reload or unknown):
        # The values are under the wanted type, unless the declaration is newer.
        return join_types(wanted, said, floats=floats)
    if stream.contract == "quarantine" and not unknown:
        return before
    joined = join_types(before, wanted or UNKNOWN, floats=floats)
    return join_types(joined, said, floats=floats)


def _check_frozen(table: str, name: str, before: str, said: str, after: str) -> None:
    if physical(before) == physical(after) or pa.types.is_null(arrow_type(before)):
        return
    raise ContractViolation(
        f"The stream of {table} is frozen, and its column {name} is {physical(before)}; the files "
        f"now hold {physical(said)}, which would make it {physical(after)}. Nothing was loaded. "
        "Correct the files, declare the column's type, or let the contract be evolve."
    )


def _strange_column(table: str, name: str, kind: str, allowed: set[str]) -> ContractViolation:
    return ContractViolation(
        f"The stream of {table} is frozen, and its files now hold a column {name} "
        f"({physical(kind)}) that it doesn't have. Expected only: {', '.join(sorted(allowed))}. "
        "Nothing was loaded. Declare the column, or let the contract be evolve."
    )


def _missing(known: Mapping[str, str], package: Mapping[str, str]) -> tuple[str, ...]:
    own = {*SYSTEM_TYPES, *HISTORY_TYPES}
    gone = [n for n, kind in known.items() if kind != UNKNOWN and n not in package and n not in own]
    if not gone or not package:
        return ()
    shown = ", ".join(gone[:_SHOWN])
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    return (f"The files hold no column {shown}{more}, which is NULL in their rows.",)
