"""Reads the pages of one slice of a stream.

Belongs here: how requester, authenticator, paginator, decoder and selector work
together, and asking for the next page as soon as its token is known. Does not
belong here: any of them, which slices there are, or states.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.ahead import Ahead
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.decoders import compile_decoder
from pipelines.extract.declarative.runtime.judging import ErrorHandling, error_text
from pipelines.extract.declarative.runtime.options import Parts
from pipelines.extract.declarative.runtime.paging import (
    LATER,
    LoopGuard,
    Page,
    compile_paginator,
)
from pipelines.extract.declarative.runtime.progress import Progress
from pipelines.extract.declarative.runtime.properties import (
    NAME as PROPERTIES,
)
from pipelines.extract.declarative.runtime.properties import (
    Retrieve,
    properties_of,
)
from pipelines.extract.declarative.runtime.requesters import Requester
from pipelines.extract.declarative.runtime.resets import Resets
from pipelines.extract.declarative.runtime.scope import PageHeaders, Scope, Slice, scope_of
from pipelines.extract.declarative.runtime.selection import Record, Selector
from pipelines.extract.declarative.runtime.sending import Given, Pending, SendSoon
from pipelines.extract.declarative.runtime.unread import unread_pages
from pipelines.flow import RecordList
from resources.http.message import Answer, Request

_NOTHING = re.compile(rb"\[\s*\]")
State = dict[str, Any]
Schema = Callable[[], Mapping[str, Any] | None]
Asked = Sequence[Pending | Given]
"""The requests of one page; several where its properties are too many for one."""


@dataclass(frozen=True)
class RecordPage:
    """One page: the answer as it came, its records, and the state after it.

    `state` may be committed with the records; a run that starts from it misses
    nothing. It is None where nothing has changed since the one before, as within a
    slice. A page without an answer has no records, only a state; the last of a
    stream is one and carries the final state. `at` is when the answer came (UTC),
    `paths` where each record stood in it, if that can be said. `unread` stands for the
    records of a page that was not parsed; `records` is empty then. `file` is the name of
    a file that a record stands for: the answer is that file, and has no records.
    """

    answer: Answer | None
    records: list[Record]
    state: State | None
    slice: Slice = field(default_factory=Slice)
    method: str = ""
    at: str = ""
    paths: Any = None
    unread: RecordList | None = None
    file: str = ""


class SliceReader:
    """A stream's components, compiled once; reads one slice after the other.

    `retrieve` reads another retriever, whose records name the properties to ask
    for; `schema` gives the stream's JSON schema if it is needed. `lazy`: the first
    page of a slice stands in the parent's record. `unread`: pages may stay unparsed.
    """

    def __init__(
        self,
        stream: Mapping[str, Any],
        retriever: Mapping[str, Any],
        context: AuthContext,
        soon: SendSoon | None,
        retrieve: Retrieve,
        schema: Schema,
        *,
        lazy: bool = False,
        unread: bool = False,
    ) -> None:
        config, requester = context.config, retriever["requester"]
        name = compile_text(str(stream.get("name") or ""), stream.get("$parameters") or {})
        self._name = str(name({"config": config}))
        self._context = context
        self._soon = soon
        self._lazy = lazy
        self._properties = properties_of(requester, config, retrieve, schema)
        self._requester = Requester(requester)
        self._caches = bool(requester.get("use_cache"))
        body = requester.get("request_body") or {}
        self._is_graphql = body.get("type") == "RequestBodyGraphQL"
        self._auth = context.authenticator(requester.get("authenticator"))
        self._errors = ErrorHandling(requester.get("error_handler"), config)
        self._paginator = compile_paginator(retriever.get("paginator"), config)
        self._decode = compile_decoder(retriever.get("decoder"))
        self._selector = Selector(
            retriever["record_selector"], config, stream.get("transformations") or (), schema
        )
        self._reset = retriever.get("pagination_reset")
        if self._errors.resets and not self._reset:
            raise DeclarationError(
                f"An error handler of {self._name} asks for RESET_PAGINATION, and the retriever "
                "has no pagination_reset that says how. Add it, or choose another action."
            )
        decoder = retriever.get("decoder") or {"type": "JsonDecoder"}
        self._is_json = decoder["type"] == "JsonDecoder"
        self._has_places = self._is_json and self._properties is None
        self._first_only = bool(
            retriever.get("ignore_stream_slicer_parameters_on_paginated_requests")
        )
        cursor = stream.get("incremental_sync") or {}
        self._data_feed = bool(cursor.get("is_data_feed"))
        single = self._properties is None and self._reset is None
        self._is_early = single and not self._data_feed
        self._chains = self._is_early and self._is_json and soon is not None
        self._filter_new = self._data_feed or bool(cursor.get("is_client_side_incremental"))
        plain = unread and self._is_early and self._is_json and not self._is_graphql
        self._unread = unread_pages(stream, self._selector, self._paginator) if plain else None

    def begin(self, at: Slice, progress: Progress) -> Asked:
        """The first page of a slice, asked for where that may be done ahead."""
        if self._lazy and "child_response" in at.extra_fields:
            return [Given(at.extra_fields["child_response"])]
        return self._ask(at, self._paginator.first_token, progress)

    def drop(self, asked: Asked) -> None:
        """A slice that was begun is not read after all."""
        _cancel(asked)

    def pages(self, at: Slice, progress: Progress, asked: Asked) -> Iterator[RecordPage]:
        """All pages of one slice; the last carries the state with the slice closed."""
        resets = Resets(self._reset, self._name, at)
        guard, token = LoopGuard(self._name), self._paginator.first_token
        guard.begin(token)
        ahead = self._ahead(at, progress)
        link = ahead.begin(token, asked[0])

        def follow(following: Any) -> Asked:
            nonlocal link
            guard.token(following)
            if not self._chains:
                return self._ask(at, following, progress)
            link = ahead.next(link, following)
            return [link.pending]

        try:
            while True:
                answers = [pending.answer() for pending in asked]
                if any(pending.is_reset for pending in asked):
                    at, token = resets.following(progress), self._paginator.first_token
                    asked = self._restart(guard, at, progress)
                    continue
                *before, (answer, last) = zip(answers, asked, strict=True)
                for earlier, pending in before:
                    yield RecordPage(earlier, [], None, at, pending.method, pending.at)
                if answer.ignored and not 200 <= answer.status < 400:
                    progress.close(resets.whole)
                    yield RecordPage(answer, [], progress.due(), at, last.method, last.at)
                    return
                page = RecordPage(answer, [], None, at, last.method, last.at)
                taken = self._take(answer, scope_of(self._context.config, at, token), guard, follow)
                if taken is None:
                    made = self._make(answers, at, token, guard, progress, follow)
                    following, asked, records, places = made
                    page = replace(page, records=records, paths=places)
                else:
                    following, asked, unread = taken
                    page = replace(page, unread=unread)
                is_full = resets.count(len(page.records))
                if following is None and not is_full:
                    progress.close(resets.whole)
                    yield replace(page, state=progress.due())
                    return
                yield page
                token = following
                if is_full:
                    _cancel(asked)
                    at, token = resets.following(progress), self._paginator.first_token
                    asked = self._restart(guard, at, progress)
        finally:
            ahead.close()
            _cancel(asked)

    def _ahead(self, at: Slice, progress: Progress) -> Ahead:
        """What asks for pages as soon as an answer tells their token, where one does."""

        def following(answer: Answer, token: Any) -> Any:
            if not self._chains:
                return LATER
            return self._paginator.at_once(answer, scope_of(self._context.config, at, token))

        return Ahead(lambda token: self._pending(at, token, progress), following)

    def _take(
        self, answer: Answer, scope: Scope, guard: LoopGuard, follow: Callable[[Any], Asked]
    ) -> tuple[Any, Asked, RecordList] | None:
        """(the next token, its page asked for, the records as they came), where that will do."""
        found = self._unread.take(answer, scope) if self._unread is not None else None
        if found is None:
            return None
        following, records = found
        guard.page(answer.body, 0 if _NOTHING.fullmatch(records.data) else 1)
        return following, follow(following) if following is not None else (), records

    def _make(
        self,
        answers: list[Answer],
        at: Slice,
        token: Any,
        guard: LoopGuard,
        progress: Progress,
        follow: Callable[[Any], Asked],
    ) -> tuple[Any, Asked, list[Record], Any]:
        """(the next token, its page asked for, this page's records, their places)."""
        answer = answers[-1]
        scope = scope_of(self._context.config, at, token)
        values = list(self._decode(answer.body))
        if self._is_graphql and not answer.ignored:
            _refuse_errors(values, self._name)
        found = self._selector.extract(values)
        guard.page(answer.body, len(found))
        page = Page(
            response=values[0] if values else {},
            headers=PageHeaders(answer.headers),
            extracted=len(found),
            token=token,
        )
        asked: Asked = ()
        following = self._paginator.early(page, scope) if self._is_early else LATER
        if following is not LATER and following is not None:
            asked = follow(following)
        records = self._selector.finish(found, scope)
        if self._properties is not None:
            chunks = [self._whole(earlier, scope) for earlier in answers[:-1]]
            records = self._properties.merged([*chunks, records])
        if following is LATER:
            following = self._late(page.behind(records), scope, at, progress)
            if following is not None:
                asked = follow(following)
        if self._filter_new:
            records = [record for record in records if progress.is_new(at, record)]
        if progress.observes:
            for record in records:
                progress.observe(at, record)
        return following, asked, records, self._places(answer.body, values, found, records)

    def _whole(self, answer: Answer, scope: Scope) -> list[Record]:
        values = list(self._decode(answer.body))
        return self._selector.finish(self._selector.extract(values), scope)

    def _restart(self, guard: LoopGuard, at: Slice, progress: Progress) -> Asked:
        guard.begin(self._paginator.first_token)
        return self._ask(at, self._paginator.first_token, progress)

    def _late(self, page: Page, scope: Scope, at: Slice, progress: Progress) -> Any:
        """The next token; a feed, newest first, ends where the known begins."""
        if self._data_feed and page.last_record and not progress.is_new(at, page.last_record):
            return None
        return self._paginator.next_token(page, scope)

    def _places(
        self, body: bytes, values: list[Any], found: list[Record], records: list[Record]
    ) -> Any:
        if not self._has_places or not records:
            return None
        return self._selector.places(values, found, records, body.lstrip()[:1] == b"[")

    def _ask(self, at: Slice, token: Any, progress: Progress) -> Asked:
        if self._properties is None:
            return [self._pending(at, token, progress)]
        asked = []
        for chunk in self._properties.chunks():
            with_chunk = at.with_extra({PROPERTIES: chunk})
            asked.append(self._pending(with_chunk, token, progress, chunk))
        return asked

    def _pending(
        self, at: Slice, token: Any, progress: Progress, properties: Any = None
    ) -> Pending:
        def make() -> Request:
            parts: list[Parts] = [self._auth.parts(), self._paginator.parts(token)]
            if token is None or not self._first_only:
                parts.append(progress.parts(at))
            if self._properties is not None and self._properties.parameter and properties:
                joined = {self._properties.parameter: ",".join(properties)}
                parts.append(Parts(request_parameter=joined))
            scope = scope_of(self._context.config, at, token)
            return self._requester.request(scope, parts, self._paginator.page_url(token))

        send, cache = self._context.send, self._context.cache if self._caches else None
        return Pending(self._name, make, self._errors, self._auth, send, self._soon, cache)


def _cancel(asked: Asked) -> None:
    for pending in asked:
        pending.cancel()


def _refuse_errors(values: list[Any], stream: str) -> None:
    """GraphQL tells errors in an answer with status 200, and leaves out what they cost."""
    told = values[0].get("errors") if values and isinstance(values[0], dict) else None
    if told:
        raise SourceError(
            f"The query of {stream} was answered with errors: {error_text(told)[:500]}. Nothing "
            "of this answer was taken. Correct the query, or let an error handler ignore them."
        )
