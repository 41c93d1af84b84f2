"""Taking files out of gzip, zstd and zip, by their first bytes, within limits.

Belongs here: recognising a wrapper, and refusing what would fill the disk. Does
not belong here: what the bytes inside mean.

Names inside an archive are only ever labels of the origin: nothing is written
under them. An archive inside an archive is refused.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import pyarrow as pa

from pipelines.errors import FileRefused
from pipelines.extract.content import Content
from pipelines.spec import Cells, Csv, Excel, FileFormat, Json, JsonLines, Parquet, Xml

MAX_BYTES = 64 << 30
MAX_RATIO = 250
RATIO_APPLIES_FROM = 64 << 20
MAX_ENTRIES = 10_000

_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_TAR_AT, _TAR = 257, b"ustar"
_HEAD = _TAR_AT + len(_TAR)
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_SUFFIXES: dict[type[FileFormat], tuple[tuple[str, ...], ...]] = {
    Csv: ((".csv", ".tsv", ".tab", ".psv"), (".txt", ".dat")),
    Json: ((".json",),),
    JsonLines: ((".jsonl", ".ndjson"), (".json", ".txt")),
    Xml: ((".xml",), (".nc", ".txt", ".sgml")),
    Parquet: ((".parquet", ".pq"),),
    Excel: (_WORKBOOKS,),
    Cells: (_WORKBOOKS,),
}


def unwrap(path: str, raw: BinaryIO, declared: FileFormat) -> Iterator[Content]:
    """The contents of one file: itself, or what its wrapper holds.

    FileRefused for a damaged or truncated wrapper, a nested one, one that
    expands beyond the limits, or an archive without a member of the format.
    """
    source = _Peeked(raw)
    head = source.peek(_HEAD)
    if head.startswith(_GZIP):
        inner = cast("BinaryIO", gzip.GzipFile(fileobj=source))
        yield _plain(path, inner, source.handed_out, declared)
    elif head.startswith(_ZSTD):
        inner = pa.CompressedInputStream(source, "zstd")
        yield _plain(path, inner, source.handed_out, declared)
    elif head.startswith((_ZIP, _EMPTY_ZIP)) and not isinstance(declared, Excel | Cells):
        yield from _members(path, source, declared)
    elif head.startswith(_ZIP):
        yield from _workbook_or_members(path, source, declared)
    else:
        _refuse_nested(path, head, declared, "is an archive of a kind that is not unpacked")
        yield Content(path, cast("BinaryIO", source))


def _members(path: str, source: _Peeked, declared: FileFormat) -> Iterator[Content]:
    spool = Content(path, cast("BinaryIO", source)).seekable()
    with spool, _open_zip(path, spool) as archive:
        yield from _matching(path, archive, declared)


def _workbook_or_members(path: str, source: _Peeked, declared: FileFormat) -> Iterator[Content]:
    """Most workbooks are zip archives themselves; other archives hold workbooks."""
    spool = Content(path, cast("BinaryIO", source)).seekable()
    with spool:
        with _open_zip(path, spool) as archive:
            names = set(archive.namelist())
            is_workbook = bool(names & {"[Content_Types].xml", "mimetype", "content.xml"})
            if not is_workbook:
                yield from _matching(path, archive, declared)
                return
            total = sum(info.file_size for info in archive.infolist())
            _check_size(path, total, sum(info.compress_size for info in archive.infolist()))
        spool.seek(0)
        yield Content(path, spool)


def _open_zip(path: str, spool: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(spool)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise FileRefused(f"{path} begins like a zip archive but is none: {error}.") from None
    entries = len(archive.infolist())
    if entries > MAX_ENTRIES:
        raise FileRefused(
            f"The archive {path} holds {entries} entries; at most {MAX_ENTRIES} are read."
        )
    return archive


def _matching(path: str, archive: zipfile.ZipFile, declared: FileFormat) -> Iterator[Content]:
    members = [info for info in archive.infolist() if not _is_clutter(info)]
    chosen = members if len(members) == 1 else _by_suffix(members, declared)
    if not chosen:
        held = ", ".join(repr(info.filename) for info in members[:10]) or "nothing"
        wanted = ", ".join(s for group in _SUFFIXES[type(declared)] for s in group)
        raise FileRefused(
            f"The archive {path} has no member that looks like {type(declared).__name__}: "
            f"expected a name ending in {wanted}, got {held}."
        )
    for info in chosen:
        label = f"{path}!/{info.filename}"
        if info.flag_bits & 0x1:
            raise FileRefused(f"{label} is encrypted. Expected an archive without a password.")
        _check_size(label, info.file_size, info.compress_size)
        try:
            member = archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise FileRefused(f"{label} cannot be unpacked: {error}.") from None
        packed = info.compress_size
        with member:
            yield _plain(label, cast("BinaryIO", member), lambda: packed, declared)  # noqa: B023  (used up before the next)


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    return info.is_dir() or parts[0] == "__MACOSX" or parts[-1].startswith(("~$", "."))


def _by_suffix(members: list[zipfile.ZipInfo], declared: FileFormat) -> list[zipfile.ZipInfo]:
    for suffixes in _SUFFIXES[type(declared)]:
        found = [info for info in members if info.filename.lower().endswith(suffixes)]
        if found:
            return sorted(found, key=lambda info: info.filename)
    return []


def _plain(label: str, inner: BinaryIO, packed: Callable[[], int], declared: FileFormat) -> Content:
    checked = _Peeked(cast("BinaryIO", _Checked(label, inner, packed)))
    _refuse_nested(label, checked.peek(_HEAD), declared, "holds another archive")
    return Content(label, cast("BinaryIO", checked))


def _refuse_nested(label: str, head: bytes, declared: FileFormat, what: str) -> None:
    is_tar = head[_TAR_AT:] == _TAR
    nested = head.startswith((_GZIP, _ZSTD)) or (
        head.startswith(_ZIP) and not isinstance(declared, Excel | Cells)
    )
    if is_tar or nested:
        raise FileRefused(
            f"{label} {what}. Expected {type(declared).__name__} as such, or in one "
            "gzip, zstd or zip; unpack it before it is dropped here."
        )


def _check_size(label: str, unpacked: int, packed: int) -> None:
    if unpacked > MAX_BYTES:
        raise FileRefused(f"{label} unpacks to more than {MAX_BYTES} bytes, which is the limit.")
    if unpacked > RATIO_APPLIES_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise FileRefused(
            f"{label} unpacks to more than {MAX_RATIO} times its {packed} bytes. No data file "
            "does that; it looks made to fill the disk."
        )


class _Peeked(io.RawIOBase):
    """A stream whose first bytes can be looked at; counts what it handed out."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""
        self._count = 0

    def handed_out(self) -> int:
        """Bytes handed out so far."""
        return self._count

    def peek(self, size: int) -> bytes:
        """Up to `size` first bytes, which are still to be read."""
        while len(self._head) < size and (block := self._stream.read(size - len(self._head))):
            self._head += block
        return self._head

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            data = self._head + (self._stream.read() or b"")
            self._head = b""
        elif self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._stream.read(size) or b""
        self._count += len(data)
        return data

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Checked(io.RawIOBase):
    """Unpacked bytes; a damaged, truncated or exploding wrapper is refused."""

    def __init__(self, label: str, inner: BinaryIO, packed: Callable[[], int]) -> None:
        self._label = label
        self._inner = inner
        self._packed = packed
        self._size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        try:
            data = self._inner.read(size)
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile, pa.ArrowException) as error:
            raise FileRefused(
                f"{self._label} is damaged or cut short behind byte {self._size} of its unpacked "
                f"content: {error}. Fetch the file again."
            ) from None
        self._size += len(data)
        _check_size(self._label, self._size, self._packed())
        return data
