"""The one seam to where files lie: listing and opening below one root.

Belongs here: finding files by globs, what is never a data file, staying inside the
root, and folders of this machine. Does not belong here: what a file holds, whether
it was loaded before, or folders elsewhere (`filesystems`).
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from pipelines.errors import DeclarationError, SourceError
from pipelines.flow import SourceFile

_TEMPORARY = (".tmp", ".part", ".partial", ".crdownload", ".swp")
_MAGIC = re.compile(r"[*?[]")


class Folder(Protocol):
    """Where files lie. Paths are relative to it, with / between folders."""

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """The regular files below the folder `below` (empty: all), `depth` levels down.

        Only those whose path is `wanted`; None as depth is all the way. A folder that
        isn't there has no files.
        """

    def look(self, path: str) -> SourceFile | None:
        """One file as it is now; None if it isn't there or is no regular file."""

    def open(self, path: str) -> BinaryIO:
        """The bytes of one file; SourceError when it can't be opened."""

    def close(self) -> None:
        """Let go of connections; may be called twice."""


class FileStore:
    """Files below `root`: a folder of this machine by its path, or any other Folder."""

    def __init__(self, root: str | Folder) -> None:
        self._folder = LocalFolder(Path(root)) if isinstance(root, str) else root

    def list(self, globs: Sequence[str]) -> list[SourceFile]:
        """Files that match any glob (`**` for any depth), sorted by path.

        Hidden and temporary files and whatever is no regular file are left out.
        A link that leads out of the root raises SourceError.
        """
        found: dict[str, SourceFile] = {}
        for pattern in globs:
            _stay_below(pattern)
            for file in self._matching(pattern):
                found.setdefault(file.path, file)
        return [found[path] for path in sorted(found)]

    def open(self, path: str) -> BinaryIO:
        """The bytes of one listed file; SourceError when it cannot be opened."""
        _stay_below(path)
        return self._folder.open(path)

    def close(self) -> None:
        """Let go of connections; the store can be used again."""
        self._folder.close()

    def _matching(self, pattern: str) -> Iterator[SourceFile]:
        parts = pattern.split("/")
        fixed = next((at for at, part in enumerate(parts) if _MAGIC.search(part)), None)
        if fixed is None:
            file = self._folder.look(pattern) if _is_data(pattern) else None
            if file is not None:
                yield file
            return
        matches = _compiled(pattern)
        depth = None if any("**" in part for part in parts) else len(parts) - fixed
        yield from self._folder.walk(
            "/".join(parts[:fixed]),
            depth,
            lambda path: matches.fullmatch(path) is not None and _is_data(path),
        )


class LocalFolder:
    """A folder of this machine; links are followed to files below it, never out of it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._real = root.resolve()

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """The files below; folders behind links are not gone into."""
        start = self._root / below
        if start.is_dir():
            self._refuse_escape(below)
            yield from self._walk(below, start, depth, wanted)

    def look(self, path: str) -> SourceFile | None:
        """One file; SourceError for a link that leads to nothing or out of the root."""
        full = self._root / path
        if full.is_symlink():
            self._refuse_dangling(path)
        if not full.is_file():
            return None
        self._refuse_escape(path)
        return _seen(path, full.stat())

    def open(self, path: str) -> BinaryIO:
        """The file's bytes."""
        self._refuse_escape(path)
        try:
            return (self._root / path).open("rb")
        except OSError as error:
            raise SourceError(
                f"The file {path} could not be opened: {error.strerror or error}. It was there "
                "when the folder was listed; check its permissions, or run again."
            ) from error

    def close(self) -> None:
        """Nothing is held."""

    def _walk(
        self, below: str, folder: Path, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if depth is None or depth > 1:
                        deeper = None if depth is None else depth - 1
                        yield from self._walk(path, Path(entry.path), deeper, wanted)
                elif wanted(path):
                    if entry.is_symlink():
                        self._refuse_dangling(path)
                        self._refuse_escape(path)
                    known = entry.stat()
                    if stat.S_ISREG(known.st_mode):
                        yield _seen(path, known)

    def _refuse_dangling(self, path: str) -> None:
        if not (self._root / path).exists():
            raise SourceError(
                f"The link {path} leads to nothing. Put back the file that it stands for, or "
                "remove the link."
            )

    def _refuse_escape(self, path: str) -> None:
        if not (self._root / path).resolve().is_relative_to(self._real):
            raise SourceError(
                f"The file {path} is a link that leads out of the data folder. Only files below "
                "the data folder are read: copy the file there, or remove the link."
            )


def _seen(path: str, known: os.stat_result) -> SourceFile:
    return SourceFile(path, known.st_size, known.st_mtime_ns)


def _stay_below(path: str) -> None:
    parts = path.split("/")
    if posixpath.isabs(path) or ".." in parts or "\\" in path:
        raise DeclarationError(
            f"The path {path!r} is not below the data folder. Expected a path or glob relative "
            "to it, with / between folders and without '..'."
        )


def _is_data(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    hidden = any(part.startswith(".") for part in path.split("/"))
    return not (hidden or name.startswith("~$") or name.lower().endswith((*_TEMPORARY, "~")))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The glob as an expression over whole paths."""
    parts = pattern.split("/")
    text = ""
    for number, part in enumerate(parts, start=1):
        last = number == len(parts)
        if part == "**":
            text += ".*" if last else "(?:[^/]+/)*"
        else:
            text += _part(part) + ("" if last else "/")
    return re.compile(text, re.DOTALL)


def _part(part: str) -> str:
    """One part: * and ? stay within it, ** doesn't, [a-c] and [!a] are as in a shell."""
    text, at = "", 0
    while at < len(part):
        one = part[at]
        end = part.find("]", at + 2) if one == "[" else -1
        if part.startswith("**", at):
            text, at = text + ".*", at + 2
        elif one == "*":
            text, at = text + "[^/]*", at + 1
        elif one == "?":
            text, at = text + "[^/]", at + 1
        elif end > 0:
            inside = part[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            negated = inside.startswith(("!", "^"))
            text += f"[^/{inside[1:]}]" if negated else f"[{inside}]"
            at = end + 1
        else:
            text, at = text + re.escape(one), at + 1
    return text
