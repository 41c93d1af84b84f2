"""An API that counts what each of several tokens may still do.

Belongs here: answers that depend on nothing but the request, so that two readers
that ask the same are told the same. Does not belong here: what is asked.
"""

from __future__ import annotations

import time
from typing import Any

from tests.declarative_runtime.server import Reply, Seen

_LEFT = {"a": 4, "b": 3, "c": 50, "d": 50}
_PAGES = 12


def counted(seen: Seen) -> Any:
    """Says what is left to each token; c is refused all the same."""
    token = _token(seen)
    if seen.path == "/quotas":
        new = int(time.time()) + 3600
        numbers = {"left": _LEFT[token], "reset": new}
        return {"reads": numbers, "writes": {"left": 0, "reset": new}}
    if token == "c":
        return Reply({"message": "enough"}, 429, {"Retry-After": "1000"})
    return _page(seen, token)


def uncounted(seen: Seen) -> Any:
    """Has no such numbers."""
    return Reply({}, 404) if seen.path == "/quotas" else _page(seen, _token(seen))


def _token(seen: Seen) -> str:
    return seen.headers["authorization"].removeprefix("token ")


def _page(seen: Seen, token: str) -> Any:
    page = int(seen.params["page"])
    return {"data": [{"page": page, "by": token}] if page <= _PAGES else []}
