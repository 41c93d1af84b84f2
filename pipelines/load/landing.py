"""Where the packages of one stream lie, and which of them are whole.

Belongs here: folders, finding, checking and clearing away. Does not belong
here: writing a package (`writer`), or what became of it (`records`).

    <landing>/<source>/<stream>/<load_id>/manifest.json, part-….parquet, raw/…

A package is built in a hidden folder beside it and gets its name by one rename,
so a folder without a leading dot is complete. Whoever builds it holds a lock on the
hidden folder; one without a holder was left by a run that was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipelines.errors import PackageDamaged
from pipelines.hashing import digest
from pipelines.load import manifest as manifests
from pipelines.load.ids import LENGTH
from pipelines.load.manifest import Manifest, Part, RawFile
from pipelines.load.raw import check_raw

_DRAFT = ".draft-"


@dataclass(frozen=True)
class Package:
    """One complete package; its manifest is read when it is first asked for."""

    folder: Path

    @property
    def load_id(self) -> str:
        """The id of the load, which is the folder's name."""
        return self.folder.name

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest; PackageDamaged when it can't be trusted."""
        path = self.folder / manifests.NAME
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PackageDamaged(f"{path} can't be read: {error.strerror}.") from error
        return Manifest.from_bytes(data, str(path))

    def path(self, part: Part) -> Path:
        """Where a part lies."""
        return self.folder / part.name

    def raw(self, file: RawFile) -> Path:
        """Where the raw copy of a file lies."""
        return self.folder / file.member

    def verify(self, *, raw: bool = False) -> None:
        """Raise PackageDamaged unless every Parquet file (and raw copy) is as written."""
        manifest = self.manifest
        for part in [*manifest.parts, *([manifest.rejects] if manifest.rejects else [])]:
            _check(self.path(part), part)
        if raw:
            for file in manifest.files:
                check_raw(self.raw(file), file.blake3)


class Landing:
    """The packages of one stream."""

    def __init__(self, root: Path, source: str, stream: str) -> None:
        self.folder = root / source / stream

    def packages(self) -> list[Package]:
        """The complete packages, oldest first."""
        if not self.folder.is_dir():
            return []
        names = sorted(p.name for p in self.folder.iterdir() if len(p.name) == LENGTH)
        return [Package(self.folder / name) for name in names]

    def package(self, load_id: str) -> Package:
        """One package by its id; PackageDamaged when it is gone."""
        folder = self.folder / load_id
        if not folder.is_dir():
            raise PackageDamaged(
                f"The package {folder} is gone from landing, so what it held can't be replayed. "
                "Load the files anew with --full-refresh."
            )
        return Package(folder)

    @contextmanager
    def draft(self, load_id: str) -> Iterator[Path]:
        """A hidden folder to build a package in; gone after the block unless renamed."""
        folder = self.folder / f"{_DRAFT}{load_id}"
        folder.mkdir(parents=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(descriptor)
            shutil.rmtree(folder, ignore_errors=True)

    def complete(self, draft: Path) -> Package:
        """Give a built package its name; from now on it exists."""
        folder = self.folder / draft.name.removeprefix(_DRAFT)
        draft.rename(folder)
        return Package(folder)

    def clear_drafts(self) -> int:
        """Remove what killed runs left half-built, and say how many there were."""
        found = sorted(self.folder.glob(f"{_DRAFT}*")) if self.folder.is_dir() else []
        return sum(_remove_unless_held(folder) for folder in found)


def _remove_unless_held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def _check(path: Path, part: Part) -> None:
    try:
        with path.open("rb") as file:
            found = digest(file)
    except OSError as error:
        raise PackageDamaged(
            f"{path} can't be read: {error.strerror}. The package is not loaded; its files are "
            "read again while they are still there."
        ) from error
    if found != part.blake3:
        raise PackageDamaged(
            f"{path} is damaged: it hashes to {found}, and its manifest says {part.blake3}. The "
            "package is not loaded; its files are read again while they are still there."
        )
