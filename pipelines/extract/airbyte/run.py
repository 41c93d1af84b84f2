"""One run of a connector: from its messages to answers with states, or to its failure.

Belongs here: what each message does, and which of our errors tells what went wrong.
Does not belong here: how the connector was started, or how a line is told apart.

A line that is no message is what the connector says beside them. A message of unknown
type is refused. The config in a CONTROL message is kept before anything else is read:
it may hold the only refresh token that is still worth something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.errors import CredentialsRefused, SourceError, SourceUnavailable
from pipelines.extract.airbyte.catalog import States, full_name
from pipelines.extract.airbyte.messages import Message, Record, parse
from pipelines.extract.programs.child import Child
from pipelines.extract.programs.cutting import BadLine
from pipelines.extract.programs.pages import Pages, can_be_kept
from pipelines.extract.programs.telling import told
from pipelines.flow import Pulled
from resources.http.masking import Masker

_SHOWN = 2_000
_LOUD = ("FATAL", "ERROR", "WARN")
_FAILURES: dict[str, type[SourceError]] = {
    "config_error": CredentialsRefused,
    "transient_error": SourceUnavailable,
}
"""Airbyte's kinds of failure → ours; all others, and none, are SourceError."""


class Run:
    """The messages of one running connector; `what` is what it does, for errors.

    `keep` takes the config of a CONTROL message; `advice` is what may help where it
    failed and doesn't know itself why.
    """

    def __init__(
        self,
        connector: str,
        what: str,
        child: Child,
        masker: Masker,
        keep: Callable[[Mapping[str, Any]], object],
        advice: str = "",
    ) -> None:
        self._advice = advice
        self._connector, self._what, self._child = connector, what, child
        self._masker, self._keep = masker, keep
        self._failure: dict[str, Any] | None = None
        self._incomplete = False
        self._number = 0

    def one(self, kind: str) -> dict[str, Any]:
        """The one message of a kind that a command is asked for (CATALOG …)."""
        wanted: dict[str, Any] | None = None
        for message, _ in self._messages():
            if isinstance(message, Message) and message.kind == kind:
                wanted = message.body
        # A connector may tell of a failed check and end with an error code, too.
        if wanted is None or kind != "CONNECTION_STATUS":
            self._end()
        if wanted is None:
            raise SourceError(
                f"{self._connector} {self._what} and gave no {kind} message. Expected one by "
                f"Airbyte's protocol.{self._child.last_words()}"
            )
        return wanted

    def answers(
        self, stream: str, states: States | None, *, just_one: bool = False
    ) -> Iterator[Pulled]:
        """Answers in order; the last carries the final state. `just_one`: the first record.

        `states` are those to go on from; None: the stream is read whole, and no state
        of such a run means anything to the next. A state comes when all records before
        it have been handed out.
        """
        pages = Pages({"program": self._connector, "protocol": "airbyte", "stream": stream})
        for message, line in self._messages():
            if isinstance(message, Record):
                if full_name(message.stream, message.namespace) == stream:
                    pages.record(message.record, line)
                if pages.too_much or (just_one and pages.count):
                    yield pages.take(None)
                    if just_one:
                        return
            elif message.kind == "STATE":
                pages.line(line)
                self._new_state(message, states)
                if pages.enough:
                    yield pages.take(None if states is None else states.cursor)
        self._end()
        yield pages.take({} if states is None else states.cursor)

    def _messages(self) -> Iterator[tuple[Record | Message, bytes]]:
        """Records, and those messages that a caller waits for; the rest is done here."""
        for line in self._child.lines():
            self._number += 1
            message = self._message(line)
            if message is None:
                if line.strip():
                    self._child.note(line)
            elif isinstance(message, Record):
                yield message, line
            elif message.kind == "LOG":
                self._log(message.body)
            elif message.kind == "TRACE":
                self._trace(message.body)
            elif message.kind == "CONTROL":
                self._control(message.body)
            else:
                yield message, line

    def _message(self, line: bytes) -> Record | Message | None:
        try:
            return parse(line)
        except BadLine as error:
            if not line.endswith(b"\n"):
                # One that died in the middle of a line has more to tell than the line.
                self._end()
            raise self._broken(str(error)) from None

    def _log(self, log: Mapping[str, Any]) -> None:
        if log.get("level") in _LOUD:
            self._child.note(f"{log['level']} {log.get('message')}\n".encode())

    def _trace(self, trace: Mapping[str, Any]) -> None:
        """Remember the first failure: those that follow are its consequences."""
        if trace.get("type") == "ERROR" and isinstance(trace.get("error"), dict):
            self._failure = self._failure or trace["error"]
        status = trace.get("stream_status")
        if isinstance(status, dict) and status.get("status") == "INCOMPLETE":
            self._incomplete = True

    def _control(self, control: Mapping[str, Any]) -> None:
        config = (control.get("connectorConfig") or {}).get("config")
        if isinstance(config, dict):
            self._keep(config)

    def _new_state(self, message: Message, states: States | None) -> None:
        if not can_be_kept(message.body):
            raise self._broken("is a state with an integer of more than 64 bits")
        try:
            if states is not None:
                states.take(message.body)
        except ValueError as error:
            raise self._broken(str(error)) from None

    def _end(self) -> None:
        """Raise what went wrong, if anything did."""
        code = self._child.finish()
        if self._failure is not None:
            said = " ".join(
                str(self._failure[part])
                for part in ("message", "internal_message")
                if self._failure.get(part)
            )
            kind = _FAILURES.get(str(self._failure.get("failure_type")), SourceError)
            shown = told(said, self._masker, characters=_SHOWN)
            advice = self._advice if kind is SourceError else ""
            raise kind(f"{self._connector} {self._what} and failed: {shown}{advice}")
        if code != 0:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            failed, advice = (SourceUnavailable, "") if code < 0 else (SourceError, self._advice)
            raise failed(
                f"{self._connector} {self._what} and {how}.{self._child.last_words()}{advice}"
            )
        if self._incomplete:
            raise SourceError(
                f"{self._connector} {self._what} and says that not all of it came."
                f"{self._child.last_words()}"
            )

    def _broken(self, predicate: str) -> SourceError:
        self._child.close()
        return SourceError(
            f"Line {self._number} of what {self._connector} wrote {predicate}. Expected messages "
            "by Airbyte's protocol. Nothing behind its last committed state is kept."
            f"{self._child.last_words()}"
        )
