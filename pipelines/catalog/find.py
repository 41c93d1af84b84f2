"""Finding the files of declarations in folders laid out like assets/.

Belongs here: which file is what, by where it lies and how it is named. Does not
belong here: reading what is in it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.catalog.problems import Problems

LAYERS = ("staging", "core", "marts")
NAME = re.compile(r"[a-z][a-z0-9_]*")
_KINDS = {
    "sources": (".py", ".yaml"),
    "models": (".sql", ".py"),
    "checks": (".sql",),
    "custom": (".py",),
}
_TEXTS = {".md", ".txt"}


@dataclass(frozen=True)
class Found:
    """One file of declarations: `kind` is the folder, `shown` the path in messages.

    `name` is the table of a model, and the stem of anything else.
    """

    kind: str
    path: Path
    shown: str
    name: str


def find_files(folders: list[tuple[Path, str]], problems: Problems) -> list[Found]:
    """Every declaration below the folders, each given with how it is shown."""
    found = []
    for folder, shown in folders:
        if not folder.is_dir():
            problems.add(shown, "", "There is no such folder. See the setting HEADWATER_ASSETS.")
            continue
        _check_layout(folder, shown, problems)
        for kind, endings in _KINDS.items():
            for path in _files(folder / kind):
                inside = path.relative_to(folder).as_posix()
                item = _named(kind, path, f"{shown}/{inside}", endings, problems)
                if item is not None:
                    found.append(item)
    return found


def _check_layout(folder: Path, shown: str, problems: Problems) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    expected = "Expected at least one of the folders " + ", ".join(_KINDS) + "."
    if not any(name in _KINDS for name in names):
        problems.add(shown, "", f"The folder holds no declarations. {expected}")
    for name in names:
        near = difflib.get_close_matches(name, _KINDS, n=1, cutoff=0.75)
        if name not in _KINDS and near:
            problems.add(f"{shown}/{name}", "", f"Did you mean {near[0]}? {expected}")


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            hidden = any(part.startswith((".", "_")) for part in parts)
            if not hidden and path.is_file() and path.suffix not in _TEXTS:
                yield path


def _named(
    kind: str, path: Path, shown: str, endings: tuple[str, ...], problems: Problems
) -> Found | None:
    if kind == "custom":
        return Found(kind, path, shown, path.stem) if path.suffix == ".py" else None
    if path.suffix not in endings:
        problems.add(
            shown, "", f"Got a {path.suffix or 'nameless'} file; expected {' or '.join(endings)}."
        )
        return None
    if not NAME.fullmatch(path.stem):
        problems.add(
            shown, "", f"Got the name {path.stem!r}; expected small letters, digits and _ only."
        )
        return None
    if kind != "models":
        return Found(kind, path, shown, path.stem)
    layer = shown.rsplit("/models/", 1)[1].split("/")[0]
    if layer not in LAYERS:
        places = ", ".join(f"models/{name}/" for name in LAYERS)
        problems.add(shown, "", f"A model must lie in one of {places}; its folder is its schema.")
        return None
    return Found(kind, path, shown, f"{layer}.{path.stem}")
