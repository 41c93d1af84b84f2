"""Reading one file: every raw byte is kept, and a file that moves is not trusted."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import FileRefused, SourceError
from pipelines.extract.read import read_file
from pipelines.naming import NameMap
from resources.files import FileStore
from tests.extract.reading import read, stream


def test_raw_bytes_are_kept_once_wrapped_or_not(tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,2\n" * 1000
    for name, raw in (("a.csv", data), ("b.csv.gz", gzip.compress(data) + bytes(512))):
        (tmp_path / name).write_bytes(raw)
        found = read(tmp_path, name, stream())
        assert found.raw == raw
        assert found.rows.num_rows == 1000


def test_a_refused_file_is_still_kept_whole(tmp_path: Path) -> None:
    raw = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)[:-8] + b"\xff" * (2 << 20)
    (tmp_path / "a.csv.gz").write_bytes(raw)
    store = FileStore(str(tmp_path))
    kept: list[bytes] = []
    (file,) = store.list(["*"])
    with pytest.raises(FileRefused, match="damaged"):
        list(read_file(stream(), file, store, NameMap(), kept.append))
    assert b"".join(kept) == raw


def test_a_file_that_grows_while_it_is_read_is_read_again_later(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    store = FileStore(str(tmp_path))
    (file,) = store.list(["*"])
    with pytest.raises(SourceError, match="changed while it was read"):
        list(read_file(stream(), replace(file, size=4), store, NameMap(), lambda _: None))


def test_a_reader_that_stops_early_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + b"1,2\n" * 100_000)
    store = FileStore(str(tmp_path))
    (file,) = store.list(["*"])
    chunks = read_file(stream(), file, store, NameMap(), lambda _: None)
    assert next(chunks).rows.num_rows > 0
    chunks.close()  # type: ignore[attr-defined]


def test_names_stay_the_same_from_file_to_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Deal Size,deal_size\n1,2\n")
    (tmp_path / "b.csv").write_bytes(b"deal_size,Deal Size\n3,4\n")
    store, names, rows = FileStore(str(tmp_path)), NameMap(), []
    for file in store.list(["*.csv"]):
        for chunk in read_file(stream(), file, store, names, lambda _: None):
            rows.extend(chunk.rows.to_pylist())
    assert rows[0]["deal_size"] == "1"
    assert rows[1]["deal_size"] == "4"
