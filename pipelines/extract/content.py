"""The bytes of one file, or of one member of an archive, once unwrapped.

Every format decoder takes a `Content` and nothing else of the outside world.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, cast

_IN_MEMORY = 64 << 20


@dataclass
class Content:
    """Bytes to be read once, front to back.

    `path` is how the origin is named: the file below the data folder, with
    `!/member` behind it for a member of an archive.
    """

    path: str
    stream: BinaryIO

    def seekable(self) -> BinaryIO:
        """The same bytes for formats that jump about; large ones go to disk."""
        # Imported here, for the child that reads workbooks needs neither.
        import shutil
        import tempfile

        spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  (the reader closes it)
        shutil.copyfileobj(self.stream, spool, 1 << 20)
        spool.seek(0)
        return spool
