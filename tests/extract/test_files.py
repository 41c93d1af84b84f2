"""The file store lists data files below its root, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import DeclarationError, SourceError
from resources.files import FileStore


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")


def test_globs_reach_any_depth_and_list_once_in_order(tmp_path: Path) -> None:
    make(tmp_path, "b.csv", "a/x.csv", "a/deep/y.csv", "a/z.txt", "odd[1] name.csv")
    store = FileStore(str(tmp_path))
    found = [file.path for file in store.list(["**/*.csv", "a/*.csv", "b.csv"])]
    assert found == ["a/deep/y.csv", "a/x.csv", "b.csv", "odd[1] name.csv"]
    (file,) = store.list(["a/x.csv"])
    assert (file.size, file.blake3) == (1, None)
    assert abs(file.modified_ns - (tmp_path / "a/x.csv").stat().st_mtime_ns) < 1000


def test_a_root_with_pattern_characters_is_a_plain_name(tmp_path: Path) -> None:
    make(tmp_path, "[odd] *root/a.csv")
    assert len(FileStore(str(tmp_path / "[odd] *root")).list(["*.csv"])) == 1


def test_hidden_temporary_and_special_files_are_no_data(tmp_path: Path) -> None:
    make(tmp_path, "ok.csv", ".hidden.csv", ".git/a.csv", "~$book.xlsx", ".~lock.ok.csv#")
    make(tmp_path, "a.csv.tmp", "b.csv.PART", "c.crdownload", "d.csv~")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert [f.path for f in FileStore(str(tmp_path)).list(["**/*", "*"])] == ["ok.csv"]


def test_a_link_out_of_the_root_is_refused_and_one_inside_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root, "a.csv")
    (root / "a.csv").write_text("twelve bytes")
    (root / "b.csv").symlink_to(root / "a.csv")
    (root / "folder.csv").symlink_to(root)
    store = FileStore(str(root))
    assert [f.path for f in store.list(["*.csv"])] == ["a.csv", "b.csv"]
    assert {f.size for f in store.list(["*.csv"])} == {12}
    (root / "broken.csv").symlink_to(root / "nothing")
    with pytest.raises(SourceError, match="leads to nothing"):
        store.list(["*.csv"])
    (root / "broken.csv").unlink()
    make(tmp_path, "secret.csv")
    (root / "c.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(SourceError, match="leads out of the data folder"):
        store.list(["*.csv"])
    with pytest.raises(SourceError, match="leads out of the data folder"):
        store.open("c.csv")


def test_a_linked_folder_outside_of_the_root_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "outside/secret.csv", "root/a.csv")
    (tmp_path / "root/linked").symlink_to(tmp_path / "outside")
    with pytest.raises(SourceError, match="leads out of the data folder"):
        FileStore(str(tmp_path / "root")).list(["linked/*.csv"])


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "a/../../b.csv"])
def test_no_path_leads_out_of_the_root(tmp_path: Path, path: str) -> None:
    store = FileStore(str(tmp_path))
    for use in (lambda: store.list([path]), lambda: store.open(path)):
        with pytest.raises(DeclarationError, match="not below the data folder"):
            use()


def test_a_file_that_went_away_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.csv could not be opened"):
        FileStore(str(tmp_path)).open("gone.csv")


def test_who_reads_a_folder_of_this_machine_does_not_pay_for_others() -> None:
    script = (
        "import sys, resources.files, resources.filesystems; "
        "print({'fsspec', 'asyncssh', 's3fs', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
