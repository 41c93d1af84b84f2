"""Reads the pages of one slice of a stream.

Belongs here: how requester, authenticator, paginator, decoder and selector work
together, and asking for the next page as soon as its token is known. Does not
belong here: any of them, which slices there are, or states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.decoders import compile_decoder
from pipelines.extract.declarative.runtime.judging import ErrorHandling
from pipelines.extract.declarative.runtime.options import Parts
from pipelines.extract.declarative.runtime.paging import (
    LATER,
    LoopGuard,
    Page,
    compile_paginator,
)
from pipelines.extract.declarative.runtime.progress import Progress
from pipelines.extract.declarative.runtime.requesters import Requester
from pipelines.extract.declarative.runtime.scope import PageHeaders, Scope, Slice, scope_of
from pipelines.extract.declarative.runtime.selection import Record, Selector
from pipelines.extract.declarative.runtime.sending import Pending, SendSoon
from pipelines.extract.declarative.runtime.streams import inline_schema
from resources.http.message import Answer, Request

State = dict[str, Any]


@dataclass(frozen=True)
class RecordPage:
    """One page: the answer as it came, its records, and the state after it.

    `state` may be committed with the records; a run that starts from it misses
    nothing. It is None where nothing has changed since the one before, as within a
    slice. The last page of a stream has no answer and no records: it carries the
    final state. `at` is when the answer came (UTC), `paths` where each record stood
    in it, if that can be said.
    """

    answer: Answer | None
    records: list[Record]
    state: State | None
    slice: Slice = field(default_factory=Slice)
    method: str = ""
    at: str = ""
    paths: list[str] | None = None


class SliceReader:
    """A stream's components, compiled once; reads one slice after the other."""

    def __init__(
        self,
        stream: Mapping[str, Any],
        retriever: Mapping[str, Any],
        context: AuthContext,
        soon: SendSoon | None,
    ) -> None:
        config = context.config
        requester = retriever["requester"]
        self._name = str(
            compile_text(str(stream.get("name") or ""), stream.get("$parameters") or {})(
                {"config": config}
            )
        )
        self._context = context
        self._soon = soon
        self._requester = Requester(requester)
        self._auth = context.authenticator(requester.get("authenticator"))
        self._errors = ErrorHandling(requester.get("error_handler"), config)
        self._paginator = compile_paginator(retriever.get("paginator"), config)
        self._decode = compile_decoder(retriever.get("decoder"))
        self._selector = Selector(
            retriever["record_selector"],
            config,
            stream.get("transformations") or (),
            inline_schema(stream),
        )
        decoder = retriever.get("decoder") or {"type": "JsonDecoder"}
        self._has_places = decoder["type"] == "JsonDecoder"
        self._first_only = bool(
            retriever.get("ignore_stream_slicer_parameters_on_paginated_requests")
        )
        cursor = stream.get("incremental_sync") or {}
        self._data_feed = bool(cursor.get("is_data_feed"))
        self._filter_new = self._data_feed or bool(cursor.get("is_client_side_incremental"))

    def begin(self, at: Slice, progress: Progress) -> Pending:
        """The first page of a slice, asked for where that may be done ahead."""
        return self._ask(at, self._paginator.first_token, progress)

    def pages(self, at: Slice, progress: Progress, pending: Pending) -> Iterator[RecordPage]:
        """All pages of one slice; the last carries the state with the slice closed."""
        guard = LoopGuard(self._name)
        token = self._paginator.first_token
        if token is not None:
            guard.token(token)
        try:
            while True:
                answer = pending.answer()
                method, came = pending.method, pending.at
                if answer.ignored and not 200 <= answer.status < 400:
                    break
                scope = scope_of(self._context.config, at, token)
                values = list(self._decode(answer.body))
                found = self._selector.extract(values)
                guard.page(answer.body, len(found))
                page = Page(
                    response=values[0] if values else {},
                    headers=PageHeaders(answer.headers),
                    extracted=len(found),
                    token=token,
                )
                following = LATER if self._data_feed else self._paginator.early(page, scope)
                if following is not LATER and following is not None:
                    pending = self._next(guard, at, following, progress)
                records = self._selector.finish(found, scope)
                if following is LATER:
                    following = self._late(page.behind(records), scope, at, progress)
                    if following is not None:
                        pending = self._next(guard, at, following, progress)
                if self._filter_new:
                    records = [record for record in records if progress.is_new(at, record)]
                for record in records:
                    progress.observe(at, record)
                places = self._places(answer.body, values, found, records)
                if following is None:
                    progress.close(at)
                    yield RecordPage(answer, records, progress.due(), at, method, came, places)
                    return
                yield RecordPage(answer, records, None, at, method, came, places)
                token = following
            progress.close(at)
            yield RecordPage(answer, [], progress.due(), at, method, came)
        finally:
            pending.cancel()

    def _next(self, guard: LoopGuard, at: Slice, token: Any, progress: Progress) -> Pending:
        guard.token(token)
        return self._ask(at, token, progress)

    def _late(self, page: Page, scope: Scope, at: Slice, progress: Progress) -> Any:
        """The next token; a feed, newest first, ends where the known begins."""
        if self._data_feed and page.last_record and not progress.is_new(at, page.last_record):
            return None
        return self._paginator.next_token(page, scope)

    def _places(
        self, body: bytes, values: list[Any], found: list[Record], records: list[Record]
    ) -> list[str] | None:
        if not self._has_places or not records:
            return None
        return self._selector.places(values, found, records, body.lstrip()[:1] == b"[")

    def _ask(self, at: Slice, token: Any, progress: Progress) -> Pending:
        def make() -> Request:
            parts: list[Parts] = [self._auth.parts(), self._paginator.parts(token)]
            if token is None or not self._first_only:
                parts.append(progress.parts(at))
            scope = scope_of(self._context.config, at, token)
            return self._requester.request(scope, parts, self._paginator.page_url(token))

        return Pending(self._name, make, self._errors, self._auth, self._context.send, self._soon)
