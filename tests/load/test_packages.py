"""A package is whole or absent, and says so when it no longer is what it was."""

from __future__ import annotations

import fcntl
import gzip
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import PackageDamaged
from pipelines.flow import Chunk, SourceFile, StreamState
from pipelines.load.ids import made_at, new_load_id
from pipelines.load.landing import Landing
from pipelines.load.lane import Lane
from pipelines.load.manifest import Counts, Manifest, Rules
from pipelines.load.raw import open_raw
from pipelines.load.writer import Aim, PackageWriter
from tests.load.conftest import Loader, make_stream, reject, rows_of


def aim() -> Aim:
    stream = make_stream()
    return Aim("firm", "deals", "raw.firm__deals", Rules.of(stream), "load", True, StreamState())


def test_a_package_holds_raw_bytes_rows_rejects_and_counts(loader: Loader) -> None:
    chunk = Chunk(rows_of({"n": pa.array([1, 2], pa.int64())}), (reject(3),), blank=4)
    package = loader.package(make_stream(), chunk)
    again = loader.landing(make_stream()).packages()[0].manifest
    assert again == package.manifest
    assert (again.counts.read, again.counts.rows, again.counts.rejects) == (7, 2, 1)
    assert again.parts[0].columns["n"] == "BIGINT"
    (raw,) = again.files
    assert open_raw(package.raw(raw)).read() == b"a.jsonl 0"
    package.verify(raw=True)


def test_a_package_that_is_not_sealed_leaves_nothing(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "firm", "deals")
    with PackageWriter(landing, aim()) as writer:
        writer.write(Chunk(rows_of({"n": [1]})))
    assert list(landing.folder.iterdir()) == []
    assert landing.packages() == []


def test_compressed_sources_are_kept_as_they_are(tmp_path: Path) -> None:
    content = gzip.compress(b"n\n1\n")
    with PackageWriter(Landing(tmp_path, "firm", "deals"), aim()) as writer:
        with writer.tee(SourceFile("a.csv.gz", len(content), 1)) as tee:
            tee(content)
        writer.finish()
        package = writer.seal(StreamState())
    (file,) = package.manifest.files
    assert package.raw(file).read_bytes() == content


def test_an_empty_file_is_kept_too(tmp_path: Path) -> None:
    with PackageWriter(Landing(tmp_path, "firm", "deals"), aim()) as writer:
        with writer.tee(SourceFile("empty.csv", 0, 1)):
            pass
        writer.finish()
        package = writer.seal(StreamState())
    package.verify(raw=True)
    assert open_raw(package.raw(package.manifest.files[0])).read() == b""


@pytest.mark.parametrize("name", ["manifest.json", "part-00000.parquet", "rejects.parquet"])
def test_a_flipped_bit_is_found(loader: Loader, name: str) -> None:
    package = loader.package(make_stream(), Chunk(rows_of({"n": [1]}), (reject(2),)))
    path = package.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (found,) = loader.landing(make_stream()).packages()
    with pytest.raises(PackageDamaged, match=name):
        found.verify()


def test_a_lost_or_changed_raw_copy_is_found(loader: Loader) -> None:
    package = loader.package(make_stream(), {"n": [1]})
    raw = package.raw(package.manifest.files[0])
    raw.write_bytes(raw.read_bytes()[:-3])
    with pytest.raises(PackageDamaged, match="raw copy"):
        package.verify(raw=True)
    raw.unlink()
    with pytest.raises(PackageDamaged, match="gone from landing"):
        package.verify(raw=True)


def test_drafts_of_killed_runs_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "firm", "deals")
    dead = landing.folder / f".draft-{new_load_id()}"
    dead.mkdir(parents=True)
    with landing.draft(new_load_id()) as living:
        assert landing.clear_drafts() == 1
        assert living.is_dir()
    assert not dead.exists()


def test_a_draft_is_held_by_whoever_builds_it(tmp_path: Path) -> None:
    with Landing(tmp_path, "firm", "deals").draft(new_load_id()) as folder:
        descriptor = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)


def test_load_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_load_id() for _ in range(500)]
    assert ids == sorted(set(ids))
    assert made_at(ids[0]) < made_at(ids[-1])


def test_what_goes_wrong_in_a_lane_reaches_the_caller() -> None:
    def work(item: int) -> None:
        if item == 1:
            raise OSError(28, "No space left on device")

    lane = Lane("test", work, depth=1)
    lane.put(1)
    with pytest.raises(OSError, match="No space left"):
        lane.drain()
    with pytest.raises(OSError, match="No space left"):
        lane.close()


def test_chunks_of_one_shape_share_a_part_and_others_do_not(loader: Loader) -> None:
    tables = [
        {"n": pa.array([1], pa.int64()), "s": pa.nulls(1)},
        {"n": pa.nulls(1), "s": ["x"], "new": [{"a": 1}]},
        {"n": pa.array([2], pa.int64()), "new": [{"b": "y"}]},
        {"n": ["three"]},
    ]
    package = loader.package(make_stream(), *tables)
    assert [part.rows for part in package.manifest.parts] == [3, 1]
    assert package.manifest.parts[0].columns["new"] == 'STRUCT("a" BIGINT, "b" VARCHAR)'
    loader.commit(package, make_stream())
    assert loader.rows("n") == [("1",), ("2",), ("three",), (None,)]


@given(
    st.lists(st.text(), max_size=3),
    st.dictionaries(st.text(min_size=1), st.sampled_from(["BIGINT", "NULL"]), max_size=3),
    st.integers(0, 2**63),
)
def test_a_manifest_survives_the_way_to_bytes_and_back(
    notes: list[str], columns: dict[str, str], size: int
) -> None:
    notes = [note.encode("utf-8", "replace").decode() for note in notes]
    columns = {n.encode("utf-8", "replace").decode(): kind for n, kind in columns.items()}
    before = StreamState({"a": SourceFile("a", size, 1, "ff")}, dict.fromkeys(notes, "x"), columns)
    rules = Rules("merge", tuple(notes), "evolve", "keep", dict.fromkeys(notes))
    manifest = Manifest(
        load_id=new_load_id(),
        source="firm",
        stream="deals",
        table="raw.firm__deals",
        rules=rules,
        kind="load",
        complete=False,
        created_at="2024-01-01T00:00:00+00:00",
        before=before,
        after=before,
        counts=Counts(read=1, blank=1),
    )
    assert Manifest.from_bytes(manifest.to_bytes(), "manifest.json") == manifest
