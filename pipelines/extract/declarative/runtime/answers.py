"""Answers that may be taken again, where a requester declares `use_cache`.

Belongs here: keeping a few answers for a short while. Does not belong here:
deciding which requests may use them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from resources.http.message import Answer, Request

_MOST_BYTES = 64 << 20
_LIFE_S = 300.0


class AnswerCache:
    """Answers by what was asked, at most 64 MB and five minutes old; for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Answer]] = OrderedDict()
        self._bytes = 0

    def get(self, request: Request) -> Answer | None:
        """The answer to the same request, if it is still there."""
        with self._lock:
            found = self._known.get(_key(request))
        if found is None or time.monotonic() - found[0] > _LIFE_S:
            return None
        return found[1]

    def put(self, request: Request, answer: Answer) -> None:
        """Keep a good answer; the oldest make room for it."""
        if not 200 <= answer.status < 300 or answer.ignored:
            return
        with self._lock:
            before = self._known.pop(_key(request), None)
            self._bytes -= len(before[1].body) if before else 0
            self._known[_key(request)] = (time.monotonic(), answer)
            self._bytes += len(answer.body)
            while self._bytes > _MOST_BYTES:
                _, (_, oldest) = self._known.popitem(last=False)
                self._bytes -= len(oldest.body)


def _key(request: Request) -> str:
    params = sorted((name, repr(value)) for name, value in request.params.items())
    headers = sorted(request.headers.items())
    return repr((request.method, request.url, params, headers, request.body))
