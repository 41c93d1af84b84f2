"""What must be read again, and what must not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from pipelines.errors import SourceError
from pipelines.extract.discover import Plan, plan
from pipelines.flow import StreamState
from resources.files import FileStore
from tests.extract.reading import stream


class Folder:
    """A folder with files, and a stream over it that remembers its state."""

    def __init__(self, root: Path, mode: str) -> None:
        self.root = root
        self.mode = mode
        self.state = StreamState(declaration="d1")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def plan(self, **more: Any) -> Plan:
        reading = stream(files=("*.csv",), mode=self.mode)
        given = {"declaration": "d1", "full_refresh": False, **more}
        return plan(reading, FileStore(str(self.root)), self.state, **given)

    def load(self, **more: Any) -> Plan:
        """Plan, and take every file of the plan for loaded."""
        planned = self.plan(**more)
        digest = {
            f.path: blake3((self.root / f.path).read_bytes()).hexdigest() for f in planned.to_read
        }
        self.state.files = planned.files_after(digest)
        return planned


def read(planned: Plan) -> list[str]:
    return [file.path for file in planned.to_read]


@pytest.fixture(params=["append", "merge", "replace", "history"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    made = Folder(tmp_path, request.param)
    made.write("a.csv", "one")
    made.write("b.csv", "two")
    assert read(made.load()) == ["a.csv", "b.csv"]
    return made


def test_nothing_new_reads_nothing(folder: Folder) -> None:
    planned = folder.load()
    assert (read(planned), planned.reload, planned.empty) == ([], False, False)
    assert [f.path for f in planned.unchanged] == ["a.csv", "b.csv"]


def test_a_touched_file_is_not_read_again_but_its_time_is_remembered(folder: Folder) -> None:
    os.utime(folder.root / "a.csv", ns=(1, 10**18))
    assert read(folder.load()) == []
    assert folder.state.files["a.csv"].modified_ns == 10**18
    assert folder.state.files["a.csv"].blake3 == blake3(b"one").hexdigest()


def test_a_renamed_file_is_not_loaded_twice(folder: Folder) -> None:
    (folder.root / "a.csv").rename(folder.root / "z.csv")
    planned = folder.load()
    assert (read(planned), planned.renamed, planned.removed) == ([], (("a.csv", "z.csv"),), ())
    assert sorted(folder.state.files) == ["b.csv", "z.csv"]
    assert read(folder.load()) == []


def test_changed_content_of_the_same_size_is_found(folder: Folder) -> None:
    folder.write("a.csv", "ONE")
    os.utime(folder.root / "a.csv", ns=(1, 10**18))
    planned = folder.load()
    replaces = folder.mode == "replace"
    assert read(planned) == (["a.csv", "b.csv"] if replaces else ["a.csv"])
    assert planned.reload == replaces
    assert read(folder.load()) == []


def test_a_copy_is_a_new_file(folder: Folder) -> None:
    folder.write("copy.csv", "one")
    assert "copy.csv" in read(folder.load())


def test_a_removed_file_rebuilds_only_a_table_that_mirrors_the_files(folder: Folder) -> None:
    (folder.root / "a.csv").unlink()
    planned = folder.load()
    assert planned.removed == ("a.csv",)
    assert read(planned) == (["b.csv"] if folder.mode == "replace" else [])
    folder.write("a.csv", "one")
    came_back = read(folder.load())
    assert came_back == (["a.csv", "b.csv"] if folder.mode == "replace" else [])


def test_a_changed_declaration_rebuilds_a_mirroring_table(folder: Folder) -> None:
    planned = folder.plan(declaration="d2")
    assert planned.reload == (folder.mode == "replace")


def test_a_full_refresh_reads_everything(folder: Folder) -> None:
    planned = folder.load(full_refresh=True)
    assert (read(planned), planned.reload) == (["a.csv", "b.csv"], True)


def test_an_unmounted_folder_does_not_empty_the_table(folder: Folder) -> None:
    for name in ("a.csv", "b.csv"):
        (folder.root / name).unlink()
    for refresh in (False, True):
        with pytest.raises(SourceError, match="left as it is"):
            folder.plan(full_refresh=refresh)


def test_no_file_at_all_is_an_empty_plan(tmp_path: Path) -> None:
    planned = Folder(tmp_path, "replace").load()
    assert planned.empty
    assert planned.files_after({}) == {}


def test_a_new_file_is_not_hashed_before_it_is_read(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("new.csv", "of another size")
    opened: list[str] = []
    monkeypatch.setattr(FileStore, "open", lambda _, path: opened.append(path))
    folder.plan()
    assert opened == []
