"""The examinations of `headwater doctor`, each a function from settings to findings.

Belongs here: looking, and saying what to do. Does not belong here: mending; a
doctor's look changes nothing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.errors import ConfigurationError, HeadwaterError
from resources.settings import Settings
from resources.warehouse import LAKE, Connection, LakeAddress, open_lake
from resources.warehouse.extensions import load_extension

LOW_SPACE = 2_000_000_000
_MENTIONED = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `note` is worth knowing, `wrong` must be mended."""

    about: str
    state: Literal["ok", "note", "wrong"]
    found: str
    advice: str = ""


def folders(settings: Settings) -> Iterator[Finding]:
    """May this user write where runs write?"""
    home = settings.home
    places = [home, settings.landing, settings.reports, settings.dagster_home, home / "tmp"]
    if settings.lake is None or "://" not in settings.lake:
        places.append(Path(settings.lake) if settings.lake else home / "lake")
    refused = [place for place in places if not _writable(place)]
    for place in refused:
        advice = "Give this user the right to write there, or set HEADWATER_HOME to another folder."
        yield Finding("folders", "wrong", f"{place} can't be written.", advice)
    if not refused:
        yield Finding("folders", "ok", "all can be written")


def _writable(place: Path) -> bool:
    """Whether the folder, or the nearest one above that exists, can be written."""
    there = next(each for each in (place, *place.parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def space(settings: Settings) -> Iterator[Finding]:
    """Is there room on the disk?"""
    there = next(each for each in (settings.home, *settings.home.parents) if each.exists())
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB free at {there}"
    if free < LOW_SPACE:
        advice = "Free some space: a run needs room for landing, the lake and temporary files."
        yield Finding("disk space", "wrong", text, advice)
    else:
        yield Finding("disk space", "ok", text)


def extensions(settings: Settings) -> Iterator[Finding]:
    """Are DuckDB's extension packages installed, and do they fit?"""
    needed = ["ducklake", "postgres_scanner" if settings.catalog else "sqlite_scanner"]
    if settings.lake and "://" in settings.lake:
        needed.append("httpfs")
    connection = duckdb.connect()
    for name in needed:
        try:
            load_extension(connection, name)
        except (HeadwaterError, duckdb.Error) as error:
            yield Finding("DuckDB extension", "wrong", f"{name}: {error}", "Run `make install`.")
        else:
            yield Finding("DuckDB extension", "ok", name)
    connection.close()


def data(settings: Settings) -> Iterator[Finding]:
    """Is the folder of source files there?"""
    if settings.data is None:
        yield Finding("data", "note", f"HEADWATER_DATA is not set; {settings.sandbox} is read.")
    elif not settings.data.is_dir():
        advice = "Set HEADWATER_DATA to the folder of the source files, or unset it."
        yield Finding("data", "wrong", f"{settings.data} is no folder.", advice)
    elif not os.access(settings.data, os.R_OK | os.X_OK):
        yield Finding(
            "data", "wrong", f"{settings.data} can't be read.", "Give this user the right to read."
        )
    else:
        yield Finding("data", "ok", str(settings.data))


def declarations(settings: Settings) -> Iterator[Finding]:
    """Can every file of declarations be understood?"""
    from pipelines.catalog.load import load_catalog

    try:
        catalog = load_catalog(settings.assets)
    except ConfigurationError as error:
        yield Finding("declarations", "wrong", str(error), "Mend the files named.")
        return
    streams, models = len(catalog.streams()), len(catalog.models)
    text = f"{len(catalog.sources)} sources, {streams} streams, {models} models"
    yield Finding("declarations", "ok", f"{text}, {len(catalog.rules)} rules")


# ── the lake ──────────────────────────────────────────────────────────────────


def lake(settings: Settings) -> Iterator[Finding]:
    """Can the catalog be read, and are the files there that it names?"""
    if settings.catalog is None and not (settings.home / "catalog.sqlite").exists():
        yield Finding("catalog", "note", "There is no warehouse yet; `headwater run` makes it.")
        return
    try:
        if settings.catalog is None:
            yield from _sqlite(settings.home / "catalog.sqlite")
        address = LakeAddress.of(settings)
        connection = open_lake(address, read_only=True)
    except (HeadwaterError, OSError, sqlite3.Error) as error:
        advice = "Restore the catalog from a backup, or move it away and `headwater replay` tables."
        yield Finding("catalog", "wrong", str(error), advice)
        return
    try:
        yield Finding("catalog", "ok", f"{_count_tables(connection)} tables can be read")
        if "://" not in address.files:
            yield from _files(connection)
    except duckdb.Error as error:
        yield Finding("catalog", "wrong", address.hide(str(error)), "Restore it from a backup.")
    finally:
        connection.close()


def _sqlite(path: Path) -> Iterator[Finding]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        damage = connection.execute("PRAGMA quick_check(3)").fetchall()
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    finally:
        connection.close()
    if damage != [("ok",)]:
        found = "; ".join(str(row[0]) for row in damage)
        yield Finding("catalog file", "wrong", f"{path}: {found}", "Restore it from a backup.")
    if mode != "wal":
        advice = "Readers wait for the writer in this mode; the next `headwater run` mends it."
        yield Finding("catalog file", "note", f"{path} is in journal mode {mode}.", advice)


def _count_tables(connection: Connection) -> int:
    return len(_tables(connection))


def _tables(connection: Connection) -> list[tuple[str, str]]:
    query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?"
    return connection.execute(query, [LAKE]).fetchall()


def _files(connection: Connection) -> Iterator[Finding]:
    missing: list[str] = []
    looked_at = 0
    for schema, table in _tables(connection):
        query = (
            f"SELECT unnest([data_file, delete_file]) FROM ducklake_list_files('{LAKE}', ?, "
            "schema => ?)"
        )
        for (file,) in connection.execute(query, [table, schema]).fetchall():
            if file is not None:
                looked_at += 1
                missing += [] if Path(file).exists() else [f"{schema}.{table}: {file}"]
    if missing:
        text = f"{len(missing)} of {looked_at} missing: " + "; ".join(missing[:_MENTIONED])
        advice = (
            "Restore the files. A raw table can be rebuilt by `headwater replay TABLE`, "
            "a model by `headwater run TABLE --full-refresh`."
        )
        yield Finding("lake files", "wrong", text, advice)
    else:
        yield Finding("lake files", "ok", f"all {looked_at} are there")


# ── landing ───────────────────────────────────────────────────────────────────


def landing(settings: Settings) -> Iterator[Finding]:
    """Is every landing package what its manifest says, and is nothing left half-built?"""
    from pipelines.load.landing import Landing

    places = sorted(settings.landing.glob("*/*/"))
    damaged: list[str] = []
    packages = drafts = 0
    for place in places:
        drafts += len(list(place.glob(".draft-*")))
        for package in Landing(settings.landing, place.parent.name, place.name).packages():
            packages += 1
            try:
                package.verify(raw=True)
            except HeadwaterError as error:
                damaged.append(str(error))
    if damaged:
        text = f"{len(damaged)} of {packages} damaged. " + " ".join(damaged[:_MENTIONED])
        advice = "Load the files anew: `headwater run TABLE --full-refresh` makes a new package."
        yield Finding("landing packages", "wrong", text, advice)
    else:
        yield Finding("landing packages", "ok", f"all {packages} are as written")
    if drafts:
        text = f"{drafts} half-built by runs that are still at work or were killed"
        yield Finding(
            "landing drafts", "note", text, "The next run of the stream clears them away."
        )


EXAMINATIONS = (folders, space, extensions, data, declarations, lake, landing)
