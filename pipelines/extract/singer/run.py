"""One run of a tap for one stream: from its messages to answers with states.

Belongs here: what each message does to the answer at hand, and what breaks the
protocol. Does not belong here: how the tap was started, or how a line is told apart.

What breaks it refuses the run, as targets of the Singer SDK do: a record before its
schema or without its key, a schema without properties, a message of unknown type. A
record whose values don't fit the schema is no such thing: the stream's contract and
types decide on it, and it is set aside alone. ACTIVATE_VERSION changes nothing: a
stream in mode `replace` holds just what the tap sends in one run. BATCH, records in
files beside the messages, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.errors import SourceError, SourceUnavailable
from pipelines.extract.programs.child import Child
from pipelines.extract.programs.cutting import BadLine
from pipelines.extract.programs.pages import Pages, can_be_kept
from pipelines.extract.singer.messages import Message, Record, parse
from pipelines.flow import Pulled

USAGE = 2
"""The exit code of a command line that isn't understood."""


class Run:
    """The messages of one running tap; `state` is where it was told to go on.

    `option` is by which option it was given its catalog.
    """

    def __init__(
        self, tap: str, stream: str, child: Child, state: Mapping[str, Any], option: str
    ) -> None:
        self._tap, self._stream, self._child = tap, stream, child
        self._option = option
        self._state: Mapping[str, Any] = state
        self._keys: tuple[str, ...] | None = None
        self._others: set[str] = set()
        self._pages = Pages({"program": tap, "protocol": "singer", "stream": stream})
        self._number = 0

    def answers(self, *, just_one: bool = False) -> Iterator[Pulled]:
        """Answers in order; the last carries the final state. `just_one`: the first record.

        A state comes when all records before it have been handed out. SourceUnavailable
        when the tap is killed, SourceError when it ends with an error: what it sent
        behind the last state that was handed out comes again in the next run.
        """
        for line in self._child.lines():
            self._number += 1
            message = self._message(line)
            if isinstance(message, Record):
                self._record(message, line)
                if self._pages.too_much or (just_one and self._pages.count):
                    yield self._pages.take(None)
                    if just_one:
                        return
            elif message is None:
                if line.strip():
                    self._child.note(line)
            elif message.kind == "STATE":
                self._state = self._new_state(message)
                self._pages.line(line)
                if self._pages.enough:
                    yield self._pages.take(self._state)
            else:
                self._other(message, line)
        self._end()
        yield self._pages.take(self._state)

    def _message(self, line: bytes) -> Record | Message | None:
        try:
            return parse(line)
        except BadLine as error:
            if not line.endswith(b"\n"):
                # A tap that died in the middle of a line has more to tell than the line.
                self._end()
            raise self._broken(str(error)) from None

    def _record(self, record: Record, line: bytes) -> None:
        if record.stream != self._stream:
            if record.stream not in self._others:
                raise self._broken(f"is a record of {record.stream!r} before its schema")
            return
        if self._keys is None:
            raise self._broken(f"is a record of {record.stream!r} before its schema")
        for key in self._keys:
            if key not in record.fields:
                raise self._broken(f"is a record without {key!r}, which is part of its key")
        self._pages.record(record.record, line)

    def _other(self, message: Message, line: bytes) -> None:
        if message.kind == "BATCH":
            raise self._broken(
                "is a BATCH, whose records stand in files (take batch_config out of its config)"
            )
        if message.kind == "SCHEMA":
            keys = self._schema(message)
            if message.stream == self._stream:
                self._keys = keys
            else:
                self._others.add(message.stream)
        if message.stream == self._stream:
            self._pages.line(line)

    def _schema(self, message: Message) -> tuple[str, ...]:
        """The key of a schema that can be one."""
        try:
            schema, keys = message.value("schema"), message.value("key_properties")
        except BadLine as error:
            raise self._broken(str(error)) from None
        if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
            raise self._broken(f"is a schema of {message.stream!r} without properties")
        if keys is not None and not isinstance(keys, list):
            raise self._broken(f"is a schema of {message.stream!r} whose key is no list")
        return tuple(map(str, keys or ()))

    def _new_state(self, message: Message) -> Mapping[str, Any]:
        try:
            state = message.value("value")
        except BadLine as error:
            raise self._broken(str(error)) from None
        if not isinstance(state, dict):
            raise self._broken("is a state that is no JSON object")
        if not can_be_kept(state):
            raise self._broken("is a state with an integer of more than 64 bits")
        return state

    def _end(self) -> None:
        code = self._child.finish()
        if code == 0:
            return
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        kind = SourceUnavailable if code < 0 else SourceError
        raise kind(
            f"{self._tap} {how} while it read {self._stream}. What came behind the last committed "
            f"state will be read again.{self._child.last_words()}{self._advice(code)}"
        )

    def _advice(self, code: int) -> str:
        if code != USAGE or self._option not in self._child.last_words():
            return ""
        other = self._option != "--properties"
        return f"\nIt takes its catalog in the other way: declare properties={other} for its Tap."

    def _broken(self, predicate: str) -> SourceError:
        self._child.close()
        return SourceError(
            f"Line {self._number} of what {self._tap} wrote {predicate}. Expected messages by "
            "Singer's rules. Nothing behind its last committed state is kept; see whether another "
            f"version of the tap keeps them.{self._child.last_words()}"
        )
