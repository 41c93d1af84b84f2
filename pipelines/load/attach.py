"""Giving a package's Parquet file to the lake as it is, without writing it again.

Belongs here: when that is possible, the link, and clearing away links that no
snapshot names. Does not belong here: inserting rows (`modes`).

The file is hard-linked, so landing keeps its own name for it: what the lake
later compacts or deletes is only the lake's.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pipelines.load.columns import same_type
from pipelines.load.ids import LENGTH
from pipelines.naming import literal, quote
from resources.warehouse import LAKE, Connection, LakeAddress

_STALE_S = 24 * 3600


def lake_folder(address: LakeAddress, table: str) -> Path | None:
    """The local folder of a table's files; None where the lake isn't local."""
    if "://" in address.files:
        return None
    return Path(address.files, *table.split(".", 1))


def is_encrypted(connection: Connection) -> bool:
    """Whether the lake writes encrypted files, so that plain ones must not join."""
    query = f"SELECT value FROM ducklake_options('{LAKE}') WHERE option_name = 'encrypted'"
    row = connection.execute(query).fetchone()
    return row is not None and str(row[0]).lower() == "true"


def fits(connection: Connection, file: Path, columns: Mapping[str, str]) -> bool:
    """Whether the file holds exactly the table's columns, under the very same types.

    A column that the file lacked, or had under a smaller type, would be read
    back wrong: the lake takes the file's statistics for the column's.
    """
    rows = connection.execute(f"DESCRIBE FROM read_parquet({literal(str(file))})").fetchall()
    found = {row[0]: row[1] for row in rows}
    return set(found) == set(columns) and all(
        same_type(found[name], kind) for name, kind in columns.items()
    )


def attach(tx: Connection, table: str, file: Path, folder: Path) -> None:
    """Register `file` as rows of `table`, linked below `folder`.

    The link stays when the transaction fails: only the catalog can say for sure
    that it did, and `remove_orphans` asks it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The name is new each time: a twin of this load may hold a link of its own.
    link = folder / f"{file.parent.name}-{file.stem}-{uuid.uuid4().hex[:12]}.parquet"
    try:
        os.link(file, link)
    except OSError:
        shutil.copyfile(file, link)
    schema, name = table.split(".", 1)
    tx.execute(
        f"CALL ducklake_add_data_files('{LAKE}', {literal(name)}, {literal(str(link))}, "
        f"schema => {literal(schema)})"
    )


def remove_orphans(connection: Connection, folder: Path) -> int:
    """Remove links older than a day that no snapshot names; how many there were.

    A run that was killed between link and commit leaves them. The lake never
    reads them, so there is no haste.
    """
    if not folder.is_dir():
        return 0
    query = f"SELECT path FROM {quote('__ducklake_metadata_' + LAKE)}.ducklake_data_file"
    known = {str(row[0]).rsplit("/", 1)[-1] for row in connection.execute(query).fetchall()}
    removed = 0
    for file in folder.glob(f"{'?' * LENGTH}-part-*.parquet"):
        with suppress(FileNotFoundError):
            if file.name not in known and file.stat().st_ctime < time.time() - _STALE_S:
                file.unlink()
                removed += 1
    return removed
