"""What of a stream is still to be read, and the state that says so.

Belongs here: slices as partition × window, and states without a cursor, with
one, and with one for each partition. Does not belong here: requests and pages.

The state of several partitions has the shape `{"use_global_cursor": bool,
"states": [{"partition": …, "cursor": …}], "state": …, "lookback_window": s,
"parent_state": …}`. `state` is the highest value of the last whole run; it
serves partitions seen for the first time, less as many seconds as that run took.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

import orjson

from pipelines.extract.declarative.runtime.moments import earlier
from pipelines.extract.declarative.runtime.options import Parts, merge
from pipelines.extract.declarative.runtime.partitions import Router
from pipelines.extract.declarative.runtime.scope import Slice
from pipelines.extract.declarative.runtime.windows import Cursor, CursorPlan, State

MOST_PARTITIONS = 10_000
"""With more partitions only the state of all together is kept."""
_STATES = 64
"""Of more partitions a state is told about so many times, for it names them all."""


class Progress(Protocol):
    """Keeps account of a stream while it is read; slices are read one by one.

    For each slice: `begin`, `observe` for each record if it `observes`, `close`.
    """

    @property
    def observes(self) -> bool:
        """Whether records tell it anything."""
        ...

    def slices(self) -> Iterator[Slice]:
        """What is to be read, in order; may run ahead of the reading."""
        ...

    def begin(self, at: Slice) -> None:
        """The reading of this slice begins; those before it are done."""
        ...

    def parts(self, at: Slice) -> Parts:
        """What requests of this slice carry."""
        ...

    def observe(self, at: Slice, record: Mapping[str, Any]) -> None:
        """A record of the slice was read."""
        ...

    def is_new(self, at: Slice, record: Mapping[str, Any]) -> bool:
        """Whether the record is to be read, by its cursor value."""
        ...

    def narrowed(self, at: Slice) -> Slice | None:
        """The slice from the highest cursor value seen in it on, if any was seen."""
        ...

    def close(self, at: Slice) -> None:
        """The slice was read to its end."""
        ...

    def finish(self) -> None:
        """All slices were read."""
        ...

    def due(self) -> State | None:
        """The state, once a slice is closed, if it is worth telling already."""
        ...

    def state(self) -> State:
        """The state to go on from, were this the end."""
        ...


class Everything:
    """No cursor: each run reads all partitions; the state is empty."""

    observes = False

    def __init__(self, router: Router | None) -> None:
        self._router = router

    def slices(self) -> Iterator[Slice]:
        """The partitions, or one slice without any."""
        return iter([Slice()]) if self._router is None else self._router.slices()

    def parts(self, at: Slice) -> Parts:
        """The partition's values."""
        return Parts() if self._router is None else self._router.parts(at)

    def begin(self, at: Slice) -> None:
        """Nothing is remembered."""

    def observe(self, at: Slice, record: Mapping[str, Any]) -> None:
        """Nothing is remembered."""

    def is_new(self, at: Slice, record: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Every record is."""
        return True

    def narrowed(self, at: Slice) -> Slice | None:  # noqa: ARG002
        """There is no cursor."""
        return None

    def close(self, at: Slice) -> None:
        """Nothing is remembered."""

    def finish(self) -> None:
        """Nothing is remembered."""

    def due(self) -> State | None:
        """There is no going on from the middle."""
        return None

    def state(self) -> State:
        """Empty."""
        return {}


class OneCursor:
    """A cursor over the whole stream."""

    observes = True

    def __init__(self, plan: CursorPlan, state: State) -> None:
        self._plan = plan
        self._cursor = Cursor(plan, state)

    def slices(self) -> Iterator[Slice]:
        """The windows still to be read."""
        return (Slice(None, window) for window in self._cursor.windows())

    def begin(self, at: Slice) -> None:
        """Windows need no beginning."""

    def parts(self, at: Slice) -> Parts:
        """The window's bounds."""
        return self._plan.parts(at.cursor_slice)

    def observe(self, at: Slice, record: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Note its cursor value."""
        self._cursor.observe(record)

    def is_new(self, at: Slice, record: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Whether it lies in what is to be read."""
        return self._cursor.is_new(record)

    def narrowed(self, at: Slice) -> Slice | None:
        """The window from the highest value on."""
        return _narrowed(self._cursor, at)

    def close(self, at: Slice) -> None:
        """The window is read."""
        self._cursor.close(at.cursor_slice)

    def finish(self) -> None:
        """The last window's end says it already."""

    def due(self) -> State | None:
        """The state after every window."""
        return self.state()

    def state(self) -> State:
        """`{cursor_field: value}`."""
        return self._cursor.as_state()


class CursorPerPartition:
    """A cursor for each partition, and one over all of them."""

    observes = True

    def __init__(self, plan: CursorPlan, router: Router, state: State) -> None:
        self._plan = plan
        self._router = router
        self._field = plan.cursor_field
        self._cursors: dict[bytes, Cursor] = {}
        self._together = plan.single_state or bool(state.get("use_global_cursor"))
        self._lookback_s = int(state.get("lookback_window") or 0)
        self._parent_state = state.get("parent_state")
        self._highest: Any = None
        self._saw_any = False
        self._began = time.monotonic()
        self._coming: dict[bytes, Cursor] = {}
        self._key: bytes | None = None
        self._closed = 0
        split = "states" in state or "state" in state
        for item in state.get("states") or ():
            self._cursors[_key(item["partition"])] = Cursor(plan, dict(item["cursor"]))
        before = (state.get("state") or {} if split else state).get(self._field)
        self._global: Any = None if before is None else plan.parse(before)
        self._highest = self._global

    def slices(self) -> Iterator[Slice]:
        """Each partition's windows; a partition that comes twice is read once."""
        done: set[bytes] = set()
        for at in self._router.slices():
            key = _key(at.partition)
            if key in done:
                continue
            done.add(key)
            parents = self._router.parent_state()
            cursor = self._cursors.get(key) or self._fresh()
            windows = cursor.windows()
            first = next(windows, None)
            if first is None:
                self._keep(key, cursor)
                continue
            self._coming[key] = cursor
            for window in itertools.chain([first], windows):
                yield at.with_window(window, parents)

    def begin(self, at: Slice) -> None:
        """Its partition's cursor counts from now on, and the one before is done with."""
        key = _key(at.partition)
        if key == self._key:
            return
        self._leave()
        self._key = key
        self._cursors[key] = self._coming.pop(key)
        self._parent_state = self._parent_state if at.parents is None else at.parents
        self._together = self._together or len(self._cursors) > MOST_PARTITIONS

    def _leave(self) -> None:
        if self._key is not None:
            self._keep(self._key, self._cursors[self._key])

    def _keep(self, key: bytes, cursor: Cursor) -> None:
        """Note how far a partition came, which is read for this run."""
        self._raise(cursor.plan.parse(cursor.as_state()[self._field]))
        if self._together:
            self._cursors.pop(key, None)
        else:
            self._cursors[key] = cursor

    def _fresh(self) -> Cursor:
        """A cursor for a partition that no former run knew."""
        if self._global is None:
            return Cursor(self._plan, {})
        since = self._global
        if not self._plan.counting:
            since = earlier(since, timedelta(seconds=self._lookback_s))
        return Cursor(self._plan, {self._field: self._plan.write(since)})

    def parts(self, at: Slice) -> Parts:
        """The partition's values and the window's bounds."""
        return merge([self._router.parts(at), self._plan.parts(at.cursor_slice)])

    def observe(self, at: Slice, record: Mapping[str, Any]) -> None:
        """Note its cursor value, for the partition and for all."""
        value = self._cursors[_key(at.partition)].observe(record)
        if value is not None:
            self._saw_any = True
            self._raise(value)

    def _raise(self, value: Any) -> None:
        if self._highest is None or value > self._highest:
            self._highest = value

    def is_new(self, at: Slice, record: Mapping[str, Any]) -> bool:
        """Whether it lies in what the partition is still to be read of."""
        return self._cursors[_key(at.partition)].is_new(record)

    def narrowed(self, at: Slice) -> Slice | None:
        """The partition's window from the highest value on."""
        return _narrowed(self._cursors[_key(at.partition)], at)

    def close(self, at: Slice) -> None:
        """The window of this partition is read."""
        self._closed += 1
        self._cursors[_key(at.partition)].close(at.cursor_slice)

    def finish(self) -> None:
        """Every partition is read, so the highest value counts for all of them."""
        self._leave()
        if self._saw_any:
            self._global = self._highest
            self._lookback_s = math.ceil(time.monotonic() - self._began) or 1
        found = self._router.parent_state()
        self._parent_state = self._parent_state if found is None else found

    def due(self) -> State | None:
        """The state after every slice; of many partitions, after several."""
        if self._closed * _STATES < len(self._cursors):
            return None
        self._closed = 0
        return self.state()

    def state(self) -> State:
        """The state in the shape told at the top of this module."""
        state: State = {"use_global_cursor": self._together}
        if not self._together:
            state["states"] = [
                {"partition": orjson.loads(key), "cursor": cursor.as_state()}
                for key, cursor in self._cursors.items()
            ]
        if self._global is not None:
            state["state"] = {self._field: self._plan.write(self._global)}
        state["lookback_window"] = self._lookback_s
        if self._parent_state is not None:
            state["parent_state"] = self._parent_state
        return state


def _key(partition: Mapping[str, Any]) -> bytes:
    return orjson.dumps(partition, option=orjson.OPT_SORT_KEYS)


def _narrowed(cursor: Cursor, at: Slice) -> Slice | None:
    window = cursor.narrowed(at.cursor_slice)
    return None if window is None else at.with_window(window, at.parents)
