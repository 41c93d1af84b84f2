"""Wrappers are taken off within limits, and damaged or hostile ones are refused."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.errors import FileRefused
from pipelines.extract import unwrap as module
from pipelines.extract.unwrap import unwrap
from pipelines.spec import Csv, Excel, FileFormat, Json
from tests.extract.reading import read, stream

DATA = b"a,b\n1,2\n3,4\n"


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def contents(data: bytes, declared: FileFormat | None = None) -> dict[str, bytes]:
    found = unwrap("f", io.BytesIO(data), declared or Csv())
    return {content.path: content.stream.read() for content in found}


@pytest.mark.parametrize("wrap", [bytes, gzip.compress, zstd])
@pytest.mark.parametrize("data", [b"", b"a", DATA, DATA * 10_000])
def test_gzip_and_zstd_are_taken_off_by_their_first_bytes(wrap: type[bytes], data: bytes) -> None:
    assert contents(wrap(data)) == {"f": data}


def test_concatenated_gzip_members_are_one_file() -> None:
    assert contents(gzip.compress(b"a,") + gzip.compress(b"b\n")) == {"f": b"a,b\n"}


@pytest.mark.parametrize("wrap", [gzip.compress, zstd])
@pytest.mark.parametrize("lost", [1, 5, 20])
def test_a_truncated_wrapper_is_refused(wrap: type[bytes], lost: int) -> None:
    with pytest.raises(FileRefused, match="damaged or cut short"):
        contents(wrap(DATA * 1000)[:-lost])


def test_a_flipped_bit_is_refused() -> None:
    for data in (gzip.compress(DATA * 99), zipped({"a.csv": DATA * 99}, zipfile.ZIP_STORED)):
        damaged = bytearray(data)
        damaged[len(data) // 2 - 8] ^= 1
        with pytest.raises(FileRefused):
            contents(bytes(damaged))


def test_members_of_the_format_are_read_and_clutter_is_not() -> None:
    members = {"b.csv": b"2", "d/a.TSV": b"1", "readme.txt": b"no", "__MACOSX/._b.csv": b"no"}
    assert contents(zipped(members)) == {"f!/b.csv": b"2", "f!/d/a.TSV": b"1"}
    assert contents(zipped({"only.one": DATA})) == {"f!/only.one": DATA}
    assert contents(zipped({"a.txt": b"1", "b.pdf": b"2"})) == {"f!/a.txt": b"1"}


def test_an_archive_without_a_member_of_the_format_is_refused() -> None:
    for members in ({}, {"a.csv": DATA, "b.csv": DATA}):
        with pytest.raises(FileRefused, match="no member that looks like Json"):
            contents(zipped(members), Json())


def test_names_that_climb_out_are_only_labels(tmp_path: Path) -> None:
    name = "../../../evil.csv"
    assert contents(zipped({name: DATA})) == {f"f!/{name}": DATA}
    (tmp_path / "f.zip").write_bytes(zipped({name: DATA}))
    found = read(tmp_path, "f.zip", stream())
    assert found.rows["_file"].to_pylist() == [f"f.zip!/{name}"] * 2
    assert [path.name for path in tmp_path.rglob("*")] == ["f.zip"]


@pytest.mark.parametrize(
    "inner", [zipped({"a.csv": DATA}), gzip.compress(DATA), zstd(DATA)], ids=["zip", "gzip", "zstd"]
)
def test_nested_archives_are_refused(inner: bytes) -> None:
    for outer in (zipped({"a.csv": inner}), gzip.compress(inner), zstd(inner)):
        with pytest.raises(FileRefused, match="holds another archive"):
            contents(outer)


def test_a_tar_is_refused_by_name() -> None:
    tar = bytes(257) + b"ustar" + bytes(250)
    for data in (tar, gzip.compress(tar)):
        with pytest.raises(FileRefused, match="archive"):
            contents(data)


@pytest.mark.parametrize("wrap", [gzip.compress, zstd, lambda data: zipped({"a.csv": data})])
def test_a_bomb_is_refused_before_it_fills_anything(
    monkeypatch: pytest.MonkeyPatch, wrap: type[bytes]
) -> None:
    monkeypatch.setattr(module, "RATIO_APPLIES_FROM", 1 << 20)
    unpacked: list[int] = []
    with pytest.raises(FileRefused, match="times its"):
        unpacked.extend(_unpack(wrap(bytes(64 << 20))))
    assert sum(unpacked) < 32 << 20


def _unpack(data: bytes) -> Iterator[int]:
    """The size of every block that comes out."""
    for content in unwrap("f", io.BytesIO(data), Csv()):
        yield from map(len, iter(lambda: content.stream.read(1 << 16), b""))  # noqa: B023  (used up before the next)


def test_sizes_and_entries_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    for data in (gzip.compress(DATA * 99), zipped({"a.csv": DATA * 99})):
        with pytest.raises(FileRefused, match="more than 1000 bytes"):
            contents(data)
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    with pytest.raises(FileRefused, match="4 entries"):
        contents(zipped({f"{i}.csv": b"" for i in range(4)}))


def test_overlapping_or_lying_zips_are_refused() -> None:
    data = bytearray(zipped({"a.csv": DATA * 99}, zipfile.ZIP_STORED))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = (5).to_bytes(4, "little")
    with pytest.raises(FileRefused):
        contents(bytes(data))


def test_a_workbook_is_no_archive_and_an_archive_of_workbooks_is() -> None:
    book = zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    assert contents(book, Excel()) == {"f": book}
    assert contents(zipped({"b.xlsx": book, "readme.md": b""}), Excel()) == {"f!/b.xlsx": book}


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped({"a.csv": DATA}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(FileRefused, match="encrypted"):
        contents(bytes(data))
