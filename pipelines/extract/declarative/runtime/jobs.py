"""Slices whose records a source makes ready first: create a job, wait, download.

Belongs here: AsyncRetriever: jobs, their status, retries, clearing up. Does not
belong here: the pages of a download, or which slices there are.

    create ─► ask for the status, again and again ─► targets ─► download ─► delete
                 │ failed or too late: abort, create anew, a few times
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.errors import DeclarationError, SourceError, SourceUnavailable
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.decoders import compile_decoder, load_json
from pipelines.extract.declarative.runtime.judging import ErrorHandling
from pipelines.extract.declarative.runtime.progress import Everything, Progress
from pipelines.extract.declarative.runtime.requesters import Requester
from pipelines.extract.declarative.runtime.scope import Slice, scope_of
from pipelines.extract.declarative.runtime.selection import Selector, compile_extractor
from pipelines.extract.declarative.runtime.sending import Pending, SendSoon
from pipelines.extract.declarative.runtime.slices import RecordPage, Schema, SliceReader
from resources.http.message import Answer

Component = Mapping[str, Any]
_ATTEMPTS = 3
_WAITS_S = (0.2, 1.0, 2.0, 5.0)
"""Between two questions for a job's status; the last wait is repeated."""
_MINUTES = 60
_STATES = ("running", "completed", "failed", "timeout", "skipped")


@dataclass
class Job:
    """A job that was created: how it was answered, and how often it was tried."""

    at: Slice
    created: Answer
    attempt: int = 1
    polled: Answer | None = None


class _Asker:
    """One of the retriever's requesters, with all that a request needs."""

    def __init__(self, component: Component, context: AuthContext, stream: str) -> None:
        self._stream = stream
        self._context = context
        self._requester = Requester(component)
        self._auth = context.authenticator(component.get("authenticator"))
        self._errors = ErrorHandling(component.get("error_handler"), context.config)

    def ask(self, at: Slice) -> Answer:
        """The answer to this request of a slice."""
        scope = scope_of(self._context.config, at)
        return Pending(
            self._stream,
            lambda: self._requester.request(scope, [self._auth.parts()]),
            self._errors,
            self._auth,
            self._context.send,
            None,
        ).answer()


class JobReader:
    """A stream that is read by jobs; as many are under way as slices are begun."""

    def __init__(
        self,
        stream: Component,
        retriever: Component,
        context: AuthContext,
        soon: SendSoon | None,
        schema: Schema,
    ) -> None:
        config = context.config
        self._name = str(stream.get("name") or "")
        self._context = context

        def asker(name: str) -> _Asker | None:
            component = retriever.get(name)
            return None if component is None else _Asker(component, context, self._name)

        self._create = _Asker(retriever["creation_requester"], context, self._name)
        self._poll = _Asker(retriever["polling_requester"], context, self._name)
        self._targets = asker("download_target_requester")
        self._abort, self._delete = asker("abort_requester"), asker("delete_requester")
        self._decode = compile_decoder(retriever.get("decoder"))
        self._status = compile_extractor(retriever["status_extractor"], config)
        target = retriever.get("download_target_extractor")
        if self._targets is not None and target is None:
            raise DeclarationError(
                f"The stream {self._name} has a download_target_requester and no "
                "download_target_extractor, which says what to download. Add it."
            )
        self._target = None if target is None else compile_extractor(target, config)
        self._meaning = _meanings(retriever["status_mapping"])
        minutes = _number(retriever.get("polling_job_timeout"), config)
        self._patience_s = 60 * (minutes or _MINUTES)
        self._rest_s = _number(retriever.get("failed_retry_wait_time_in_seconds"), config) or 0
        self._download = _downloads(stream, retriever, context, soon)
        self._selector = Selector(
            {**retriever["record_selector"], "extractor": _WHOLE},
            config,
            stream.get("transformations") or (),
            schema,
        )
        cursor = stream.get("incremental_sync") or {}
        self._filter_new = bool(
            cursor.get("is_client_side_incremental") or cursor.get("is_data_feed")
        )

    def begin(self, at: Slice, progress: Progress) -> Job:  # noqa: ARG002
        """Create the slice's job."""
        return Job(at, self._create.ask(at))

    def drop(self, begun: Job) -> None:
        """A job that was created is not waited for after all."""
        if self._abort is not None:
            with suppress(SourceError):
                self._abort.ask(_with_answers(begun))

    def pages(self, at: Slice, progress: Progress, begun: Job) -> Iterator[RecordPage]:
        """What the slice's job made ready; the last page carries the state after it."""
        job = self._ready(begun)
        if job is not None:
            for target in self._found(job):
                yield from self._downloaded(job, target, progress)
            if self._delete is not None:
                self._delete.ask(_with_answers(job))
        progress.close(at)
        yield RecordPage(None, [], progress.due(), at)

    def _downloaded(self, job: Job, target: Any, progress: Progress) -> Iterator[RecordPage]:
        at = _with_answers(job).with_extra({"download_target": target})
        nothing = Everything(None)
        for page in self._download.pages(at, nothing, self._download.begin(at, nothing)):
            records = self._selector.finish(page.records, scope_of(self._context.config, job.at))
            if self._filter_new:
                records = [record for record in records if progress.is_new(job.at, record)]
            for record in records:
                progress.observe(job.at, record)
            yield RecordPage(page.answer, records, None, job.at, page.method, page.at)

    def _found(self, job: Job) -> list[Any]:
        """What there is to download; one nameless thing where nothing tells."""
        if self._target is None:
            return [""]
        assert job.polled is not None
        told = job.polled if self._targets is None else self._targets.ask(_with_answers(job))
        return self._target(list(self._decode(told.body)))

    def _ready(self, job: Job) -> Job | None:
        """The job once it is done, or the one that took its place; None: there is no data."""
        while True:
            state = self._outcome(job)
            if state in ("completed", "skipped"):
                return job if state == "completed" else None
            if state == "timeout" and self._abort is not None:
                self._abort.ask(_with_answers(job))
            if job.attempt >= _ATTEMPTS:
                raise SourceUnavailable(
                    f"The stream {self._name}: the source's job for {dict(job.at)} ended as "
                    f"{state} {job.attempt} times. Run again later; if it stays so, ask for "
                    "smaller windows (step)."
                )
            if state == "failed":
                self._context.pause(self._rest_s)
            job = Job(job.at, self._create.ask(job.at), job.attempt + 1)

    def _outcome(self, job: Job) -> str:
        """Ask for the job's status until it is an end, or patience is."""
        ends = time.monotonic() + self._patience_s
        number = 0
        while time.monotonic() < ends:
            job.polled = self._poll.ask(_with_answers(job))
            said = next(iter(self._status(list(self._decode(job.polled.body)))), None)
            state = self._meaning.get(str(said))
            if state is None:
                known = ", ".join(sorted(self._meaning))
                raise SourceError(
                    f"The stream {self._name}: the source says that its job is {said!r}, which "
                    f"status_mapping doesn't know. Known: {known}. Add it there."
                )
            if state != "running":
                return state
            self._context.pause(_WAITS_S[min(number, len(_WAITS_S) - 1)])
            number += 1
        return "timeout"


_WHOLE = {"type": "DpathExtractor", "field_path": []}


def _downloads(
    stream: Component, retriever: Component, context: AuthContext, soon: SendSoon | None
) -> SliceReader:
    """What reads the pages of one download, without filter and transformations."""
    extractor = retriever.get("download_extractor") or _WHOLE
    decoder = retriever.get("download_decoder")
    if extractor["type"] == "ResponseToFileExtractor":
        decoder, extractor = extractor, _WHOLE
    simple = {
        "type": "SimpleRetriever",
        "requester": retriever["download_requester"],
        "record_selector": {"type": "RecordSelector", "extractor": extractor},
        "paginator": retriever.get("download_paginator"),
        "decoder": decoder,
    }
    named = {"name": stream.get("name")}
    return SliceReader(named, simple, context, soon, lambda _: (), lambda: None)


def _with_answers(job: Job) -> Slice:
    """The job's slice, with what expressions may know of its answers."""
    known = {"creation_response": _told(job.created)}
    if job.polled is not None:
        known["polling_response"] = _told(job.polled)
    return job.at.with_extra(known)


def _told(answer: Answer) -> dict[str, Any]:
    body = load_json(answer.body)
    return {"headers": dict(answer.headers), **(body if isinstance(body, dict) else {})}


def _meanings(mapping: Component) -> dict[str, str]:
    """The source's own word → what it means; DeclarationError where one means two things."""
    found: dict[str, str] = {}
    for state in _STATES:
        for word in mapping.get(state) or ():
            if word in found:
                raise DeclarationError(
                    f"The status_mapping has {word!r} for {found[word]} and for {state}. Each "
                    "word may mean one thing."
                )
            found[str(word)] = state
    return found


def _number(declared: Any, config: Mapping[str, Any]) -> float | None:
    if declared in (None, ""):
        return None
    found = compile_text(str(declared), {})({"config": config})
    return None if found in (None, "") else float(found)
