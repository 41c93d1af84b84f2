"""What one package does to its table: decided before the door, done behind it.

Belongs here: putting columns, staged rows and a way of writing together, first
as a plan (`Change.of`), then as statements (`Change.apply`). Does not belong
here: transactions, records, reports (`commit`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.flow import StreamState
from pipelines.load.attach import is_encrypted, lake_folder
from pipelines.load.columns import (
    HISTORY_TYPES,
    SYSTEM_TYPES,
    UNKNOWN,
    Settled,
    known_columns,
    package_columns,
    physical,
    settle,
)
from pipelines.load.evolve import evolve
from pipelines.load.exact import inexact_columns
from pipelines.load.landing import Package
from pipelines.load.manifest import Manifest
from pipelines.load.modes import Rows, Way, empty, write_rows
from pipelines.load.outdated import without_outdated
from pipelines.load.stage import Staged, stage
from pipelines.load.unnest import POSITION, child_of
from pipelines.naming import literal, quote, quote_table
from pipelines.spec import Stream, Unnest, raw_table
from resources.warehouse import Connection, LakeAddress, count_rows, table_columns, table_exists


@dataclass(frozen=True)
class Change:
    """A package, and how it shall get into its table.

    `released` is the relation of all records that a release brings, whether
    they are news or not.
    """

    package: Package
    stream: Stream
    known: Mapping[str, str]
    settled: Settled
    way: Way
    staged: Staged
    released: str
    folder: Path | None
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        connection: Connection,
        address: LakeAddress | None,
        package: Package,
        stream: Stream,
        state: StreamState,
    ) -> Change:
        """Decide, cast and stage; ContractViolation when a frozen stream changed.

        `address` is where the lake's files are; None: no file may be attached.
        """
        manifest = package.manifest
        existing = table_columns(connection, manifest.table)
        known, settled, staged = staged_rows(connection, package, stream, state, existing)
        fresh = not existing or count_rows(connection, manifest.table) == 0
        way = _way(stream, manifest, fresh=fresh)
        released = staged.relation
        if manifest.kind == "release" and way in ("upsert", "history") and existing:
            staged = without_outdated(connection, manifest.table, stream.key, staged)
        notes = list(settled.notes)
        if way == "equal" and not _is_key(connection, stream.key, staged.relation, staged.rows):
            way = "swap"
            key = ", ".join(stream.key)
            notes.append(
                f"The files hold a key ({key}) more than once; every row was written anew."
            )
        folder = lake_folder(address, manifest.table) if address else None
        if folder is not None and is_encrypted(connection):
            folder = None
        return cls(package, stream, known, settled, way, staged, released, folder, tuple(notes))

    @property
    def _dropped(self) -> set[str]:
        """Lists that live in a child table only."""
        return {item.column for item in self.stream.unnest if item.drop}

    @property
    def columns(self) -> dict[str, str]:
        """The raw table's columns as they shall be, name → SQL type."""
        dropped = self._dropped
        own = {n: physical(t) for n, t in self.settled.columns.items() if n not in dropped}
        history = HISTORY_TYPES if self.stream.mode == "history" else {}
        return own | SYSTEM_TYPES | history

    def apply(self, tx: Connection) -> None:
        """Write columns and rows of the table and its children.

        WarehouseError when the table doesn't hold the staged rows afterwards.
        """
        table = self.package.manifest.table
        before = count_rows(tx, table) if table_exists(tx, table) else 0
        if self.way == "swap" and before:
            empty(tx, table)
            before = 0
        hollow = self._hollow(self.known)
        evolve(tx, table, self.columns, hollow=hollow, unwanted=self._dropped)
        names = [name for name in self.columns if name not in HISTORY_TYPES]
        rows = Rows(
            table,
            _only(self.staged.relation, names),
            self.stream.key,
            self.staged.files,
            self.folder,
        )
        write_rows(tx, self.way, rows, at=self.package.manifest.created, gone=self._gone())
        self._check(tx, rows, before)
        for item in self.stream.unnest:
            self._apply_child(tx, item)

    def _hollow(self, known: Mapping[str, str]) -> set[str]:
        """Columns whose present values are nulls or about to be replaced."""
        if self.way in ("swap", "equal"):
            return set(known)
        return {name for name, kind in known.items() if kind == UNKNOWN}

    def _gone(self) -> str:
        """Which present rows are to go when their key isn't staged; see `write_rows`."""
        if self.way != "history":
            return "false"
        if self.package.manifest.complete:
            return "true"
        files = ", ".join(literal(file.path) for file in self.package.manifest.files)
        return f"split_part(target._file, '!/', 1) IN ({files})" if files else "false"

    def _check(self, tx: Connection, rows: Rows, before: int) -> None:
        """Every staged row must be in the table now, or nothing is committed."""
        if self.way in ("add", "swap", "equal"):
            found, expected = count_rows(tx, rows.table), before + self.staged.rows
            if self.way == "equal":
                expected = self.staged.rows
        else:
            found, expected = _present(tx, rows, self.way), self.staged.rows
        if found != expected:
            raise WarehouseError(
                f"{rows.table} would hold {found} rows where {expected} were expected, so the "
                f"load {self.package.load_id} was not committed and the table is as it was. "
                "This is a fault in Headwater: please report it."
            )

    def _apply_child(self, tx: Connection, item: Unnest) -> None:
        manifest = self.package.manifest
        child = child_of(item, self.settled.columns, self.staged.relation)
        table = raw_table(manifest.source, item.into)
        way, key = self.way, (*item.keys, POSITION)
        if way == "swap" and table_exists(tx, table):
            empty(tx, table)
        if way == "equal" and not _is_key(tx, key, child.relation, None):
            way = "swap"
            if table_exists(tx, table):
                empty(tx, table)
        columns = child.columns | (HISTORY_TYPES if way == "history" else {})
        known = child_of(item, self.known, self.staged.relation).columns
        evolve(tx, table, columns, hollow=set(known) if way in ("swap", "equal") else ())
        relation = _with_columns(tx, table, child.relation, child.columns)
        parents = " AND ".join(
            f"parent.{quote(name)} IS NOT DISTINCT FROM target.{quote(name)}" for name in item.keys
        )
        read_again = f"EXISTS (SELECT 1 FROM {self.staged.relation} AS parent WHERE {parents})"
        gone = f"({self._gone()}) OR {read_again}"
        write_rows(tx, way, Rows(table, relation, key), at=manifest.created, gone=gone)


def staged_rows(
    connection: Connection,
    package: Package,
    stream: Stream,
    state: StreamState,
    existing: Mapping[str, str],
) -> tuple[dict[str, str], Settled, Staged]:
    """What is known of the columns, what they become, and the rows cast to that.

    `existing` are the columns of the table. ContractViolation when a frozen stream changed.
    """
    known = _business(known_columns(state.columns, existing))
    settled = _settle(connection, package, stream, known, exists=bool(existing))
    staged = stage(
        connection,
        package,
        settled,
        stream,
        key=stream.key if stream.mode != "append" else (),
        one_a_key=bool(stream.key) and stream.mode in ("merge", "history"),
    )
    return known, settled, staged


def _business(columns: Mapping[str, str]) -> dict[str, str]:
    own = {*SYSTEM_TYPES, *HISTORY_TYPES}
    return {name: kind for name, kind in columns.items() if name not in own}


def _settle(
    connection: Connection,
    package: Package,
    stream: Stream,
    known: Mapping[str, str],
    *,
    exists: bool,
) -> Settled:
    manifest = package.manifest
    # A history keeps its old versions, so their types must go on holding them.
    reload = manifest.kind == "reload" and stream.mode != "history"
    held = package_columns(manifest.parts)
    settled = settle(manifest.table, stream, known, held, reload=reload)
    inexact = inexact_columns(connection, package, known if exists else {}, settled.columns)
    if inexact:
        held = package_columns(manifest.parts, inexact=inexact)
        settled = settle(manifest.table, stream, known, held, reload=reload, inexact=inexact)
    return settled


def _way(stream: Stream, manifest: Manifest, *, fresh: bool) -> Way:
    if stream.mode == "history":
        return "history"
    if manifest.kind == "release":
        return "upsert" if stream.key and stream.mode in ("merge", "replace") else "add"
    if stream.mode == "merge" and manifest.kind == "load":
        return "add" if fresh else "upsert"
    if stream.mode == "append" and manifest.kind == "load":
        return "add"
    return "equal" if stream.key and stream.mode != "append" and not fresh else "swap"


def _is_key(connection: Connection, key: Sequence[str], relation: str, rows: int | None) -> bool:
    names = ", ".join(quote(name) for name in key)
    query = (
        f"SELECT (SELECT count(*) FROM {relation}), "
        f"(SELECT count(*) FROM (SELECT DISTINCT {names} FROM {relation}))"
    )
    found = connection.execute(query).fetchone()
    return found is not None and (found[0] if rows is None else rows) == found[1]


def _only(relation: str, names: Sequence[str]) -> str:
    return f"(SELECT {', '.join(quote(name) for name in names)} FROM {relation})"


def _with_columns(tx: Connection, table: str, relation: str, columns: Mapping[str, str]) -> str:
    """The relation with every column that the table has, NULL where it lacks one."""
    values = [
        quote(name) if name in columns else f"NULL::{kind} AS {quote(name)}"
        for name, kind in table_columns(tx, table).items()
        if name not in HISTORY_TYPES
    ]
    return f"(SELECT {', '.join(values)} FROM {relation})"


def _present(tx: Connection, rows: Rows, way: Way) -> int:
    """How many staged keys the table holds (as a current version)."""
    same = " AND ".join(
        f"target.{quote(name)} IS NOT DISTINCT FROM staged.{quote(name)}" for name in rows.key
    )
    current = "target._is_current" if way == "history" else "true"
    row = tx.execute(
        f"SELECT count(*) FROM {quote_table(rows.table)} AS target WHERE {current} AND EXISTS "
        f"(SELECT 1 FROM {rows.relation} AS staged WHERE {same})"
    ).fetchone()
    return int(row[0]) if row else 0
