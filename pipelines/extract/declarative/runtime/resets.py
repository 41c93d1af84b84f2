"""Beginning a slice's paging anew, where the source forgets the old one or ends it.

Belongs here: PaginationReset and its limit. Does not belong here: paging itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.errors import SourceError
from pipelines.extract.declarative.runtime.progress import Progress
from pipelines.extract.declarative.runtime.scope import Slice

_SAME_SLICE = 1
"""How often a slice may begin anew unchanged."""


class Resets:
    """The resets of one slice; `whole` is the slice before any of them.

    RESET reads the slice again, once; SPLIT_USING_CURSOR goes on from the highest
    cursor value seen. `count` says whether as many records came as one paging may
    give.
    """

    def __init__(self, declared: Mapping[str, Any] | None, stream: str, whole: Slice) -> None:
        declared = declared or {}
        self._stream = stream
        self._splits = declared.get("action") == "SPLIT_USING_CURSOR"
        self._most = int((declared.get("limits") or {}).get("number_of_records") or 0)
        self._seen = 0
        self._again = 0
        self._at = whole
        self.whole = whole

    def count(self, records: int) -> bool:
        """Note the records of a page; True where the paging has to begin anew."""
        self._seen += records
        return bool(self._most) and self._seen >= self._most

    def following(self, progress: Progress) -> Slice:
        """The slice to read from now on; SourceError where it would be the same for ever."""
        self._seen = 0
        at = (progress.narrowed(self.whole) or self.whole) if self._splits else self.whole
        if at == self._at:
            self._again += 1
            if self._splits or self._again > _SAME_SLICE:
                raise SourceError(
                    f"The stream {self._stream} was to begin its paging anew, and would ask for "
                    "the very same again. Ask for smaller windows (step), so that one paging "
                    "holds all records of a window."
                )
        else:
            self._again = 0
        self._at = at
        return at
