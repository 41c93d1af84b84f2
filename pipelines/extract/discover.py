"""Which files of a stream must be read now, given what was read before.

Belongs here: telling new, changed, renamed, touched and removed files apart.
Does not belong here: reading records, or storing the state (load does, in the
transaction that holds the rows).

A file whose size, time and version are as they were is not opened. Where only its name
or time differs, its blake3 decides, and only a file whose size is that of a
known one is hashed up front: any other is hashed while it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipelines.errors import SourceError
from pipelines.flow import SourceFile, StreamState
from pipelines.hashing import digest
from pipelines.spec import FileStream
from resources.files import FileStore


@dataclass(frozen=True)
class Plan:
    """What one run has to do for one stream.

    `to_read`: files whose content must be loaded now. `renamed`: (old, new)
    paths. `reload`: the table's content is to be rebuilt from `to_read`.
    `known` is what the state must hold beside the files that are read.
    """

    to_read: tuple[SourceFile, ...] = ()
    unchanged: tuple[SourceFile, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    reload: bool = False
    known: tuple[SourceFile, ...] = ()

    @property
    def empty(self) -> bool:
        """There is no file, and there was none before."""
        return not (self.to_read or self.unchanged or self.removed or self.known)

    def files_after(self, hashes: Mapping[str, str]) -> dict[str, SourceFile]:
        """The state's files once `to_read` is loaded; `hashes`: path → blake3."""
        read = [replace(file, blake3=hashes[file.path]) for file in self.to_read]
        return {file.path: file for file in sorted([*self.known, *read], key=lambda f: f.path)}


def plan(
    stream: FileStream,
    store: FileStore,
    state: StreamState,
    *,
    declaration: str,
    full_refresh: bool,
) -> Plan:
    """Compare the files as they are now with the state.

    `declaration` is the hash of the stream's declaration now. SourceError when
    every file is gone although some were loaded: an unmounted folder must not
    empty a table.
    """
    present = store.list(stream.files)
    if not present and state.files:
        raise SourceError(
            f"No file matches {', '.join(stream.files)} any more, although {len(state.files)} "
            f"were loaded before (such as {min(state.files)}). The table is left as it is; check "
            "that the data folder is the right one and is complete."
        )
    same, fresh, renamed = _compare(present, store, state)
    gone = set(state.files) - {f.path for f in present} - {old for old, _ in renamed}
    removed = tuple(sorted(gone))
    replaces = stream.mode == "replace"
    outdated = fresh or removed or (present and declaration != state.declaration)
    if full_refresh or (replaces and outdated):
        return Plan(tuple(present), (), tuple(renamed), removed, reload=bool(present))
    # A file that left an appending stream stays known: should it come back, its
    # rows are not loaded a second time.
    kept = () if replaces else tuple(state.files[path] for path in removed)
    return Plan(tuple(fresh), tuple(same), tuple(renamed), removed, known=(*same, *kept))


def _compare(
    present: list[SourceFile], store: FileStore, state: StreamState
) -> tuple[list[SourceFile], list[SourceFile], list[tuple[str, str]]]:
    """Files as they were, files to read, and (old, new) names of renamed ones."""
    here = {file.path for file in present}
    missing = [file for path, file in sorted(state.files.items()) if path not in here]
    same, fresh, renamed = [], [], []
    for file in present:
        before = state.files.get(file.path)
        if before and _unchanged(before, file):
            same.append(before)
            continue
        candidates = [before] if before else missing
        candidates = [c for c in candidates if c.size == file.size and c.blake3]
        digest = _digest(store, file.path) if candidates else None
        twin = next((c for c in candidates if c.blake3 == digest), None)
        if twin is None:
            fresh.append(file)
            continue
        same.append(replace(file, blake3=digest))
        if before is None:
            missing.remove(twin)
            renamed.append((twin.path, file.path))
    return same, fresh, renamed


def _unchanged(before: SourceFile, now: SourceFile) -> bool:
    marks = (before.size, before.modified_ns) == (now.size, now.modified_ns)
    return marks and before.version in (None, now.version)


def _digest(store: FileStore, path: str) -> str:
    with store.open(path) as stream:
        return digest(stream)
