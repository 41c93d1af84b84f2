"""A web service as the engine reads it.

Belongs here: check, discover and read of one connection: which requests a stream
makes, and which records its answers hold. Does not belong here: the WSDL and its
types (`service`), what faults mean (`judging`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from lxml import etree

from pipelines.errors import DeclarationError
from pipelines.extract.readers import FoundStream, Surroundings
from pipelines.extract.soap.declared import Declared, read_operation
from pipelines.extract.soap.decoding import AnswerRefused
from pipelines.extract.soap.documents import Documents
from pipelines.extract.soap.envelopes import Fault, body_of
from pipelines.extract.soap.judging import Faults, fault_in
from pipelines.extract.soap.security import read_security
from pipelines.extract.soap.service import Service
from pipelines.extract.soap.values import sql_type
from pipelines.flow import Pulled
from pipelines.spec import PulledStream, Soap
from resources.http import Answer, HttpClient, Policy, Request

_MOST_BYTES = 64 * 2**20
"""Of one answer; an answer is held whole while it is decoded."""


def open_reader(connection: Soap, surroundings: Surroundings) -> SoapReader:
    """The reader of a web service; the WSDL is loaded when it is first needed."""
    return SoapReader(connection, surroundings)


@dataclass(frozen=True)
class _Asked:
    """One request of a stream: its arguments, and the state once it is answered."""

    request: Request
    arguments: Mapping[str, Any]
    state: Mapping[str, Any] | None


class SoapReader:
    """Reads the operations of one service.

    `policy` says how long to wait for answers and how often to ask; `today` is the day
    in UTC.
    """

    def __init__(
        self,
        connection: Soap,
        surroundings: Surroundings,
        *,
        policy: Policy | None = None,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._source = surroundings.source.name
        self._port = connection.port
        self._config = surroundings.given.config(self._source, vars(connection))
        self._ahead = max(connection.parallel, 1)
        self._today = today
        self._token = read_security(self._config.get("security", {}), self._source)
        self._headers = {str(n): str(v) for n, v in self._config.get("headers", {}).items()}
        secrets = surroundings.given.secrets(vars(connection))
        policy = replace(
            policy or Policy.of(surroundings.settings),
            parallel={"host": self._ahead},
            max_body_bytes=_MOST_BYTES,
            allow_hosts=frozenset(surroundings.settings.allow_hosts),
        )
        self._client = HttpClient(policy, secrets=[*secrets, *self._headers.values()])

    @cached_property
    def _service(self) -> Service:
        wsdl = str(self._config["wsdl"])
        return Service(
            wsdl,
            Documents(wsdl, self._client),
            port=self._port,
            address=str(self._config.get("address") or ""),
        )

    def check(self) -> str:
        """Load the WSDL and make each declared operation's first request, unsent."""
        for name in self._config["operations"]:
            declared = self._declared(name)
            next(self._requests(declared, {}), None)
        asked = ", ".join(self._config["operations"])
        return f"The WSDL is whole, and what is asked ({asked}) takes its arguments."

    def discover(self) -> list[FoundStream]:
        """The declared operations with the columns of their records, as the WSDL has them."""
        return [self._found(name) for name in self._config["operations"]]

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """The answers in the order of the requests; a state comes after each window."""
        declared = self._declared(stream.theirs)
        faults = Faults(declared.operation, declared.faults)
        asked, again = itertools.tee(self._requests(declared, state))
        answers = self._client.send_ahead(
            (one.request for one in asked), _of_each(faults), ahead=self._ahead
        )
        with closing(answers):  # type: ignore[type-var]
            last: Mapping[str, Any] = dict(state) if declared.window else {}
            for one, answer in zip(again, answers, strict=True):
                last = one.state if one.state is not None else last
                yield Pulled(
                    records=self._records(declared, faults, one, answer),
                    state=one.state,
                    raw=answer.body,
                    about=self._about(declared, one, answer),
                )
        yield Pulled([], last)

    def close(self) -> None:
        """Close the connections; may be called twice."""
        self._client.close()

    def _declared(self, name: str) -> Declared:
        operations = self._config["operations"]
        if name not in operations:
            raise DeclarationError(
                f"The source {self._source} declares no operation {name}. It has: "
                f"{', '.join(operations)}."
            )
        declared = read_operation(name, operations[name], self._source)
        self._service.places(declared.operation, declared.records)
        return declared

    def _requests(self, declared: Declared, state: Mapping[str, Any]) -> Iterator[_Asked]:
        pieces: Iterator[tuple[dict[str, str], dict[str, str] | None]] = iter([({}, None)])
        if declared.window is not None:
            pieces = declared.window.pieces(state, self._today())
        for window, after in pieces:
            for number, item in enumerate(declared.each, start=1):
                arguments = dict(declared.arguments)
                for name, value in (*window.items(), *item.items()):
                    arguments = _with(arguments, name.split("/"), value)
                done = after if number == len(declared.each) else None
                kept = {name: _at(arguments, name.split("/")) for name in declared.keep}
                yield _Asked(self._request(declared, arguments), kept, done)

    def _request(self, declared: Declared, arguments: Mapping[str, Any]) -> Request:
        message = self._service.request(declared.operation, arguments, declared.headers)
        if self._token is not None:
            self._token.put(message.envelope)
        return Request(
            method="POST",
            url=message.address,
            headers={**message.headers, **self._headers},
            body=etree.tostring(message.envelope, xml_declaration=True, encoding="UTF-8"),
        )

    def _records(
        self, declared: Declared, faults: Faults, asked: _Asked, answer: Answer
    ) -> list[dict[str, Any]]:
        try:
            fault = fault_in(answer)
            if fault is not None:
                name, _ = faults.known(fault)
                return [{**asked.arguments, "fault": name}]
            body = body_of(answer.body, answer.headers.get("Content-Type", ""))
            assert not isinstance(body, Fault)
            found = self._service.decode(declared.operation, body)
        except AnswerRefused as error:
            raise AnswerRefused(
                f"The answer of {declared.operation} (source {self._source}) is not taken: "
                f"{self._client.mask(str(error))}"
            ) from None
        return [{**asked.arguments, **record} for record in _along(found, declared.records)]

    def _found(self, name: str) -> FoundStream:
        declared = self._declared(name)
        _, shape = self._service.places(declared.operation, declared.records)
        columns: dict[str, str] = {}
        if shape is not None:
            for child in shape.children.values():
                columns[child.key] = "" if child.many else sql_type(child.type)
            columns |= {key: sql_type(kind) for key, kind in shape.attributes.values()}
        return FoundStream(name, columns=columns, description=f"The operation {declared.operation}")

    def _about(self, declared: Declared, asked: _Asked, answer: Answer) -> dict[str, Any]:
        return {
            "method": "POST",
            "url": self._client.mask(answer.url),
            "operation": declared.operation,
            "arguments": {n: self._client.mask(str(v)) for n, v in asked.arguments.items()},
            "status": answer.status,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def _of_each(faults: Faults) -> Any:
    """One judge for all requests of an operation, which differ in nothing it looks at."""
    return faults.judge(Request(method="POST", url="https://service"))


def _with(arguments: Mapping[str, Any], steps: list[str], value: Any) -> dict[str, Any]:
    """The arguments with one more, in nested ones by its steps."""
    first, *rest = steps
    if not rest:
        return {**arguments, first: value}
    inner = arguments.get(first)
    return {**arguments, first: _with(inner if isinstance(inner, Mapping) else {}, rest, value)}


def _at(arguments: Any, steps: list[str]) -> Any:
    for step in steps:
        arguments = arguments.get(step) if isinstance(arguments, Mapping) else None
    return arguments


def _along(found: Any, steps: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The records at the steps; lists on the way are gone through."""
    if isinstance(found, list):
        for item in found:
            yield from _along(item, steps)
    elif steps:
        if isinstance(found, Mapping):
            yield from _along(found.get(steps[0]), steps[1:])
    elif isinstance(found, Mapping):
        yield dict(found)
    elif found is not None:
        yield {"value": found}
