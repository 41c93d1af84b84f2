"""Facts about SQL files, kept by their content from one process to the next.

Belongs here: one JSON file that can be deleted at any time. Does not belong
here: anything that isn't determined by a file's bytes alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

_FORMAT = 1


class Cache:
    """Content → JSON-ready facts; without a folder it remembers nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "catalog.json" if folder else None
        self._salt = f"{_FORMAT} sqlglot {version('sqlglot')}\n".encode()
        self._old = self._load()
        self._used: dict[str, Any] = {}

    def _load(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            value = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def key(self, content: bytes) -> str:
        """The key of a file's content, which changes with the SQL reader's version."""
        return hashlib.sha256(self._salt + content).hexdigest()

    def get(self, key: str) -> Any:
        """The facts kept under a key, or None."""
        found = self._old.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, facts: Any) -> None:
        """Keep facts under a key."""
        self._used[key] = facts

    def save(self) -> None:
        """Write what was used this time, unless it is what the file holds."""
        if self._path is None or self._used.keys() == self._old.keys():
            return
        # Losing the cache costs a second, so a folder that can't be written is no error.
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_name(f"catalog.{os.getpid()}.tmp")
            draft.write_text(json.dumps(self._used))
            draft.replace(self._path)
