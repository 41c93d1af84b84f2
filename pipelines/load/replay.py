"""Rebuilding a raw table from its landing packages, equal row for row.

Belongs here: applying the packages in order in a scratch database, and putting
the outcome in the table's place in one commit. Does not belong here: what a
package does (`steps`), which streams there are.

The scratch database is a plain DuckDB file that is attached under the lake's
own name, so the very same statements run in it. The lake is only touched if the
outcome differs, and its readers see the table before or after.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.errors import PackageDamaged, SourceError
from pipelines.flow import TableReport
from pipelines.load.commit import guarded, write_package
from pipelines.load.evolve import describe
from pipelines.load.landing import Landing, Package
from pipelines.load.records import read_state, recorded_loads
from pipelines.load.steps import Change
from pipelines.naming import literal, quote, quote_table
from pipelines.spec import Stream
from resources.warehouse import (
    LAKE,
    SCHEMAS,
    Connection,
    LakeAddress,
    Warehouse,
    count_rows,
    table_columns,
)

Comparison = Literal["equal", "differs", "anew"]
"""`anew`: the table has other columns, or files of it can't be read."""


def rebuild(
    warehouse: Warehouse,
    landing: Landing,
    tables: Sequence[str],
    stream: Stream,
    *,
    run_id: str,
) -> TableReport:
    """Make a stream's tables (the parent first) what their packages say.

    Status `unchanged` when they are already. Raises PackageDamaged when a
    package that was loaded is gone or damaged: then nothing is changed.
    """
    table = tables[0]
    packages = _loaded(warehouse, landing, table)
    with _scratch(warehouse.address) as (scratch, folder):
        for package in packages:
            _apply(scratch, package, stream)
        files = _export(scratch, tables, folder)
        report = TableReport(table, stream.mode, "unchanged")
        report.rows_read = report.rows_loaded = count_rows(scratch, table)
        names = read_state(scratch, table).names
        compared = {name: _compare(warehouse, name, file) for name, file in files.items()}
        outdated = {name: state for name, state in compared.items() if state != "equal"}
        if outdated:
            done = guarded(
                warehouse,
                lambda: warehouse.commit(
                    lambda tx: _put(tx, outdated, files, stream, names),
                    message=f"replay {table} from {len(packages)} packages",
                    extra={"table": table, "run_id": run_id},
                ),
            )
            report.status, report.snapshot = "loaded", done.snapshot
    word = "was rebuilt from" if outdated else "already holds what"
    tail = "." if outdated else " say."
    report.notes.append(f"The table {word} {len(packages)} packages{tail}")
    return report


def _loaded(warehouse: Warehouse, landing: Landing, table: str) -> list[Package]:
    """The packages that were committed to a table, in the order of their commits."""
    with warehouse.read() as connection:
        records = recorded_loads(connection, table)
    packages = [landing.package(i) for i, status in records.items() if status == "committed"]
    if not packages:
        raise SourceError(
            f"{table} was never loaded, so there is nothing to replay. `headwater run` loads it."
        )
    for package in packages:
        try:
            package.verify()
        except PackageDamaged as error:
            raise PackageDamaged(
                f"{table} can't be replayed: {error} It was loaded before it was damaged, and the "
                "table is left as it is; --full-refresh makes a package anew."
            ) from error
    return packages


@contextmanager
def _scratch(address: LakeAddress) -> Iterator[tuple[Connection, Path]]:
    """An empty database under the lake's name, and a folder for files."""
    folder = Path(tempfile.mkdtemp(prefix="replay-", dir=address.temporary))
    connection = duckdb.connect(
        config={
            "memory_limit": address.memory_limit,
            "threads": address.threads,
            "temp_directory": str(address.temporary),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {literal(str(folder / 'scratch.duckdb'))} AS {LAKE}")
        connection.execute(f"USE {LAKE}")
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA {quote(schema)}")
        yield connection, folder
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def _apply(scratch: Connection, package: Package, stream: Stream) -> None:
    then = package.manifest.rules.restore(stream)
    state = read_state(scratch, package.manifest.table)
    change = Change.of(scratch, None, package, then, state)
    # Without a transaction: plain DuckDB can't alter and fill a table in one.
    write_package(scratch, change, state)


def _export(scratch: Connection, tables: Sequence[str], folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for table in tables:
        if table_columns(scratch, table):
            files[table] = folder / f"{len(files)}.parquet"
            scratch.execute(
                f"COPY {quote_table(table)} TO {literal(str(files[table]))} (FORMAT parquet)"
            )
    return files


def _compare(warehouse: Warehouse, table: str, file: Path) -> Comparison:
    """Whether the table holds these very rows, others, or can't be compared."""
    new = f"read_parquet({literal(str(file))})"
    with warehouse.read() as connection:
        if table_columns(connection, table) != _columns_of(connection, new):
            return "anew"
        names = ", ".join(quote(name) for name in table_columns(connection, table))
        old_rows, new_rows = (f"SELECT {names} FROM {p}" for p in (quote_table(table), new))
        try:
            query = (
                f"SELECT 1 FROM (({old_rows}) EXCEPT ALL ({new_rows})) UNION ALL "
                f"SELECT 1 FROM (({new_rows}) EXCEPT ALL ({old_rows})) LIMIT 1"
            )
            return "equal" if connection.execute(query).fetchone() is None else "differs"
        except duckdb.Error:
            return "anew"


def _columns_of(connection: Connection, relation: str) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {row[0]: row[1] for row in rows}


def _put(
    tx: Connection,
    tables: Mapping[str, Comparison],
    files: Mapping[str, Path],
    stream: Stream,
    names: Mapping[str, str],
) -> None:
    for table, state in tables.items():
        new = f"read_parquet({literal(str(files[table]))})"
        if state == "differs":
            listed = ", ".join(quote(name) for name in _columns_of(tx, new))
            tx.execute(f"DELETE FROM {quote_table(table)}")
            tx.execute(f"INSERT INTO {quote_table(table)} ({listed}) SELECT {listed} FROM {new}")
        else:
            tx.execute(f"CREATE OR REPLACE TABLE {quote_table(table)} AS SELECT * FROM {new}")
    parent = next(iter(files))
    if parent in tables:
        describe(tx, parent, stream, names)
