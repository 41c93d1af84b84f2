"""Opening the lake to look at it: read-only, confined, now or as it was.

Belongs here: what the commands that only read share. Does not belong here:
anything that writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipelines.errors import ConfigurationError
from resources.settings import Settings
from resources.warehouse import LAKE, Connection, LakeAddress, confine, open_lake


@contextmanager
def reading(settings: Settings, as_of: str | None = None) -> Iterator[Connection]:
    """A confined read-only connection; ConfigurationError where there is no lake.

    `as_of` is a snapshot id or an ISO time (UTC unless it says otherwise).
    """
    if settings.catalog is None and not (settings.home / "catalog.sqlite").exists():
        raise ConfigurationError(
            f"There is no warehouse in {settings.home} yet. `headwater run` makes it; "
            "HEADWATER_HOME names another folder."
        )
    address = LakeAddress.of(settings)
    when = None if as_of is None else _moment(address, as_of)
    connection = open_lake(address, read_only=True, as_of=when)
    try:
        confine(connection, address)
        yield connection
    finally:
        connection.close()


def _moment(address: LakeAddress, text: str) -> int | datetime:
    """What `--as-of` says, checked against the snapshots that there are."""
    connection = open_lake(address, read_only=True)
    try:
        query = f"SELECT snapshot_id, snapshot_time FROM ducklake_snapshots('{LAKE}')"
        snapshots = connection.execute(f"{query} ORDER BY snapshot_id").fetchall()
    finally:
        connection.close()
    ids = [row[0] for row in snapshots]
    if text.strip().isdigit():
        if int(text) not in ids:
            raise ConfigurationError(
                f"There is no snapshot {int(text)}: the warehouse has {ids[0]} to {ids[-1]}."
            )
        return int(text)
    return _time(text, snapshots[0][1])


def _time(text: str, first: datetime) -> datetime:
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(
            f"--as-of {text!r} is neither a snapshot id nor an ISO time such as "
            "2026-03-31 or 2026-03-31T18:00:00+02:00."
        ) from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    if when < first:
        raise ConfigurationError(
            f"--as-of {text!r} lies before the warehouse's first snapshot, which was made at "
            f"{first.astimezone(UTC).isoformat(timespec='seconds')}."
        )
    return when
