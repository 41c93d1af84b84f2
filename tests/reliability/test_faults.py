"""A full disk and a damaged package: refused in words, nothing lost, goes on after."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import failpoints
from pipelines.errors import WarehouseError
from tests.reliability.firm import hashes, open_engine, run_all, write_round

SMALL = 3 << 20


@pytest.mark.parametrize("point", ["mid_page", "after_staging", "package_written", "mid_commit"])
def test_a_full_disk_leaves_the_tables_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    data = tmp_path / "data"
    write_round(data, 0)
    engine, whole = (open_engine(tmp_path / name, data) for name in ("home", "whole"))
    run_all(engine)
    run_all(whole)
    before = hashes(engine)
    write_round(data, 1)
    monkeypatch.setenv("HEADWATER_FAILPOINT", f"{point}:full")
    failpoints._passed.clear()
    with pytest.raises(WarehouseError, match="No space left on device"):
        run_all(engine)
    monkeypatch.delenv("HEADWATER_FAILPOINT")
    assert hashes(engine) == before
    run_all(engine)
    run_all(whole)
    assert hashes(engine) == hashes(whole)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("A disk of limited size needs the right to mount one.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full_is_told_and_works_again_with_room(
    small_disk: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    write_round(data, 0)
    engine, whole = (open_engine(f / "home", data) for f in (small_disk, tmp_path))
    run_all(engine)
    run_all(whole)
    before = hashes(engine)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(b"x" * SMALL)
    for number in range(1, 4):
        write_round(data, number)
    with pytest.raises(WarehouseError):
        run_all(engine)
    engine.close()
    filler.unlink()
    assert hashes(engine) == before
    run_all(engine)
    run_all(whole)
    assert hashes(engine) == hashes(whole)
    engine.close()


@pytest.mark.parametrize("name", ["part-00000.parquet", "manifest.json", "rejects.parquet"])
def test_a_damaged_package_of_a_killed_run_is_refused_and_its_files_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    data = tmp_path / "data"
    write_round(data, 0)
    engine, whole = (open_engine(tmp_path / name, data) for name in ("home", "whole"))
    monkeypatch.setenv("HEADWATER_FAILPOINT", "package_written:raise")
    failpoints._passed.clear()
    with pytest.raises(RuntimeError, match="package_written"):
        run_all(engine)
    monkeypatch.delenv("HEADWATER_FAILPOINT")
    (damaged,) = (tmp_path / "home/landing/firm/events").glob(f"*/{name}")
    damaged.write_bytes(damaged.read_bytes()[:-40])
    run_all(engine)
    run_all(whole)
    assert hashes(engine) == hashes(whole)
    with engine.warehouse.read() as connection:
        query = "SELECT status, notes[1] FROM headwater.loads WHERE table_name = 'raw.firm__events'"
        records = dict(connection.execute(query).fetchall())
    assert name in records["abandoned"]
    assert set(records) == {"abandoned", "committed"}
