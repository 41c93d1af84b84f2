"""The one seam to where files lie: listing and opening below one root.

Belongs here: finding files by globs, what is never a data file, and staying
inside the root. Does not belong here: what a file holds, or whether it was
loaded before. Local folders now; a remote store is another fsspec address.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipelines.errors import DeclarationError, SourceError
from pipelines.flow import SourceFile

_TEMPORARY = (".tmp", ".part", ".partial", ".crdownload", ".swp")


class FileStore:
    """Files below `root`, a local folder or an fsspec address."""

    def __init__(self, root: str) -> None:
        self._fs, where = fsspec.url_to_fs(root)
        self._root = str(where).rstrip("/")

    def list(self, globs: Sequence[str]) -> list[SourceFile]:
        """Files that match any glob (`**` for any depth), sorted by path.

        Hidden and temporary files and whatever is no regular file are left out.
        A link that leads out of the root raises SourceError.
        """
        found: dict[str, SourceFile] = {}
        for pattern in globs:
            _stay_below(pattern)
            matches = self._fs.glob(f"{_escape(self._root)}/{pattern}", detail=True)
            for full, info in cast("dict[str, dict[str, Any]]", matches).items():
                path = full[len(self._root) + 1 :]
                if path in found or not _is_data(path):
                    continue
                self._refuse_escape(path)
                known = self._followed(path) if info.get("islink") else info
                if known["type"] == "file":
                    found[path] = SourceFile(path, int(known["size"]), _modified_ns(known))
        return [found[path] for path in sorted(found)]

    def open(self, path: str) -> BinaryIO:
        """The bytes of one listed file; SourceError when it cannot be opened."""
        _stay_below(path)
        self._refuse_escape(path)
        try:
            return cast("BinaryIO", self._fs.open(f"{self._root}/{path}", "rb"))
        except OSError as error:
            raise SourceError(
                f"The file {path} could not be opened: {error.strerror or error}. It was there "
                "when the folder was listed; check its permissions, or run again."
            ) from error

    def _followed(self, path: str) -> dict[str, Any]:
        """What a link leads to."""
        target = str(Path(self._root, path).resolve())
        try:
            return cast("dict[str, Any]", self._fs.info(target))
        except FileNotFoundError:
            raise SourceError(
                f"The link {path} leads to nothing. Put back the file that it stands for, or "
                "remove the link."
            ) from None

    def _refuse_escape(self, path: str) -> None:
        if not isinstance(self._fs, LocalFileSystem):
            return
        root = Path(self._root).resolve()
        if not Path(self._root, path).resolve().is_relative_to(root):
            raise SourceError(
                f"The file {path} is a link that leads out of the data folder. Only files below "
                "the data folder are read: copy the file there, or remove the link."
            )


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


def _modified_ns(info: dict[str, Any]) -> int:
    changed = info.get("mtime") or info.get("LastModified") or info.get("updated") or 0
    return round((changed.timestamp() if hasattr(changed, "timestamp") else changed) * 1e9)


def _escape(root: str) -> str:
    """The root is a name, not a pattern, whatever characters it holds."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in root)
