"""Files that were given to the lake as they are: right, and independent of landing."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.load.attach import lake_folder, remove_orphans
from pipelines.load.landing import Package
from resources.settings import Settings
from resources.warehouse import Warehouse, open_lake
from tests.load.conftest import Loader, make_stream

TABLE = "raw.firm__deals"


@pytest.fixture
def loader(settings: Settings, warehouse: Warehouse) -> Loader:
    """A loader on a lake of its own, whose files can be counted."""
    return Loader(settings, warehouse)


def lake_files(loader: Loader) -> list[Path]:
    folder = lake_folder(loader.warehouse.address, TABLE)
    return sorted(folder.glob("*.parquet")) if folder else []


def fingerprints(packages: list[Package]) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for package in packages
        for path in package.folder.rglob("*")
        if path.is_file()
    }


def maintain(loader: Loader) -> None:
    """Everything that shrinks a lake, as hard as it can be done."""
    with closing(open_lake(loader.warehouse.address)) as connection:
        for call in (
            # Merging a file of updated rows before it was rewritten changes row ids.
            "ducklake_rewrite_data_files('lake', delete_threshold => 0)",
            "ducklake_merge_adjacent_files('lake')",
            "ducklake_expire_snapshots('lake', older_than => now())",
            "ducklake_cleanup_old_files('lake', cleanup_all => true)",
            "ducklake_delete_orphaned_files('lake', cleanup_all => true)",
        ):
            connection.execute(f"CALL {call}")


def numbers(start: int, count: int) -> dict[str, Any]:
    return {
        "n": pa.array(range(start, start + count), pa.int64()),
        "x": pa.array([float("nan") if i % 7 == 0 else i / 4 for i in range(count)]),
        "s": [None if i % 5 == 0 else f"text {i}" for i in range(count)],
        "made_at": pa.array([i * 1_000_001 for i in range(count)], pa.timestamp("us", "UTC")),
        "d": pa.array(range(count), pa.date32()),
        "t": pa.array(range(count), pa.time64("us")),
        "amount": pa.array(range(count)).cast(pa.decimal128(38, 4)),
        "tags": [["a", None], [], None, ["b"]] * (count // 4),
        "who": [{"name": "x", "age": i} for i in range(count)],
    }


def test_a_package_becomes_part_of_the_table_without_being_copied(loader: Loader) -> None:
    loader.load(make_stream(), numbers(0, 1000))
    (file,) = lake_files(loader)
    assert file.stat().st_nlink == 2
    assert loader.rows("count(*), min(n), max(n), count(s), sum(amount)") == [
        (1000, 0, 999, 800, 499500)
    ]
    assert loader.rows("count(*)", tail="WHERE s IS NULL") == [(200,)]
    assert loader.rows("count(*)", tail="WHERE x > 249") == [(146,)]
    assert loader.rows("count(*)", tail="WHERE isnan(x)") == [(143,)]
    assert loader.rows("tags, who", tail="WHERE n = 3") == [(["b"], {"name": "x", "age": 3})]
    assert loader.rows("made_at, d, t", tail="WHERE n = 0")[0][0].isoformat() == (
        "1970-01-01T00:00:00+00:00"
    )


def test_row_ids_snapshots_and_the_change_feed_work_on_attached_files(loader: Loader) -> None:
    first = loader.load(make_stream(), numbers(0, 100))
    second = loader.load(make_stream(), numbers(100, 100))
    assert loader.rows("count(DISTINCT rowid), min(snapshot_id), max(snapshot_id)") == [
        (200, first.snapshot, second.snapshot)
    ]
    with loader.warehouse.read() as connection:
        query = f"FROM ducklake_table_changes('lake', 'raw', 'firm__deals', {second.snapshot}, "
        changes = connection.execute(
            f"SELECT change_type, count(*) {query}{second.snapshot}) GROUP BY ALL"
        ).fetchall()
    assert changes == [("insert", 100)]


def test_compaction_and_cleanup_leave_landing_alone_and_the_data_right(loader: Loader) -> None:
    stream = make_stream(mode="merge", key=("n",))
    for start in range(0, 400, 100):
        loader.load(stream, numbers(start, 100))
    loader.load(stream, numbers(50, 40))
    packages = loader.landing(stream).packages()
    before, rows = fingerprints(packages), loader.rows("rowid, n, s, who, _line")
    attached = set(lake_files(loader))
    maintain(loader)
    assert fingerprints(packages) == before
    assert loader.rows("rowid, n, s, who, _line") == rows
    assert not attached & set(lake_files(loader))
    loader.load(stream, numbers(1000, 8))
    assert loader.rows("count(*)") == [(408,)]


def test_a_part_of_another_shape_is_inserted_instead(loader: Loader) -> None:
    loader.load(make_stream(), {"n": pa.array([1], pa.int64()), "s": ["x"]})
    loader.load(make_stream(), {"n": pa.array([2], pa.int32())})
    loader.load(make_stream(), {"n": pa.array([3], pa.int64())})
    assert loader.rows("n, s") == [(1, "x"), (2, None), (3, None)]
    assert loader.rows("count(*)", tail="WHERE s IS NULL") == [(2,)]


def test_links_without_a_snapshot_are_removed_after_a_day_and_only_they(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader.load(make_stream(), numbers(0, 8))
    (known,) = lake_files(loader)
    orphan = known.with_name(known.name.replace("part-00000", "part-00001"))
    orphan.write_bytes(b"left by a killed run")
    with loader.warehouse.read() as connection:
        assert remove_orphans(connection, known.parent) == 0
        later = time.time() + 2 * 24 * 3600
        monkeypatch.setattr(time, "time", lambda: later)
        assert remove_orphans(connection, known.parent) == 1
    assert lake_files(loader) == [known]
    assert loader.rows("count(*)") == [(8,)]
