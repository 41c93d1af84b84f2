"""Faults on demand: what goes wrong between a vendor and who asks.

Belongs here: which fault hits which request, and what it does to a reply. Does not
belong here: breaking connections (`server` does, it has the socket).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from sandbox.standin import Asked, Reply, StandIn

Kind = Literal[
    "too_many",
    "server_error",
    "unavailable",
    "reset",
    "stall",
    "truncated",
    "drift",
    "overlap",
    "reorder",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
CONNECTION: frozenset[Kind] = frozenset({"reset", "stall", "truncated"})
"""Faults of the connection; the others change the reply."""

HEADER = "x-sandbox-fault"
"""A request with this header, such as `too_many; seconds=2`, is hit by that fault."""


@dataclass(frozen=True)
class Fault:
    """One fault for some requests.

    `kind`: too_many (429), server_error (500), unavailable (503), reset and truncated
    (half of the answer, then a broken or an orderly end), stall (half, then silence of
    `seconds`), drift (records get a new field, and their first number turns into a
    text), overlap (the page begins with the records of the page before), reorder (the
    page's records come backwards).

    It hits paths that begin with `path` (with the stand-in's name: /gleif/lei-records),
    lets `after` of them pass, and then hits `times` of them. `seconds` is also what a
    429 and a 503 ask to wait.
    """

    kind: Kind
    path: str = "/"
    after: int = 0
    times: int = 1
    seconds: float = 0.0


def read_fault(text: str) -> Fault:
    """A fault from a header's text; ValueError says what was expected."""
    kind, *pairs = (piece.strip() for piece in text.split(";"))
    values = dict(pair.partition("=")[::2] for pair in pairs)
    return made({"kind": kind, **values})


def made(fields: dict[str, Any]) -> Fault:
    """A fault from fields of JSON; ValueError says what was expected."""
    if fields.get("kind") not in KINDS:
        raise ValueError(
            f"There is no fault {fields.get('kind')!r}; expected one of {', '.join(KINDS)}."
        )
    return Fault(
        kind=fields["kind"],
        path=str(fields.get("path", "/")),
        after=int(fields.get("after", 0)),
        times=int(fields.get("times", 1)),
        seconds=float(fields.get("seconds", 0)),
    )


class Faults:
    """The faults that wait for their requests; used from many threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting = list(faults)

    def add(self, *faults: Fault) -> None:
        """Let these hit from now on, too."""
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Let no fault hit any more."""
        with self._lock:
            self._waiting.clear()

    def hit(self, path: str) -> Fault | None:
        """The fault of this request, if any; the first that fits counts it."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if not path.startswith(fault.path):
                    continue
                if fault.after:
                    self._waiting[place] = replace(fault, after=fault.after - 1)
                    continue
                if fault.times > 1:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                else:
                    del self._waiting[place]
                return fault
        return None


def replied(fault: Fault, stand_in: StandIn, asked: Asked, before: Reply | None) -> Reply:
    """The stand-in's reply under a fault; `before` is its reply to the request before."""
    match fault.kind:
        case "too_many":
            return stand_in.refuse(429, fault.seconds)
        case "server_error":
            return stand_in.refuse(500, fault.seconds)
        case "unavailable":
            return stand_in.refuse(503, fault.seconds)
        case "drift":
            return _changed(stand_in.answer(asked), _drifted)
        case "reorder":
            return _changed(stand_in.answer(asked), lambda records: records[::-1])
        case "overlap":
            earlier = _records(_json(before)) if before else None
            return _changed(stand_in.answer(asked), lambda records: [*(earlier or []), *records])
        case _:
            return stand_in.answer(asked)


def _changed(reply: Reply, change: Any) -> Reply:
    document = _json(reply)
    records = _records(document)
    if records is None:
        return reply
    records[:] = change(list(records))
    return replace(reply, body=json.dumps(document, ensure_ascii=False).encode())


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.content)
    except ValueError:
        return None


def _records(document: Any) -> list[Any] | None:
    """The outermost list of objects in an answer: its page of records."""
    level = [document]
    while level:
        for value in level:
            if isinstance(value, list) and value and isinstance(value[0], dict):
                return value
        level = [inner for value in level for inner in _inside(value)]
    return None


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else ()


def _drifted(records: list[Any]) -> list[Any]:
    return [_drift(record) for record in records]


def _drift(record: dict[str, Any]) -> dict[str, Any]:
    number = next((name for name, value in record.items() if type(value) is int), None)
    changed = {number: f"{record[number]} (approx.)"} if number else {}
    return {**record, **changed, "added_without_notice": {"since": "v2", "flag": True}}
