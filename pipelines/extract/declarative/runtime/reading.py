"""Reads the records of one stream of a manifest, page by page.

Belongs here: how requester, authenticator, paginator, selector, partitions and
cursor work together. Does not belong here: any of them, or keeping what was read.

    slice ─► request ─► answer ─► values ─► records ─► page
                ▲                    │
                └──── next token ◄───┘
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import ConfigurationError, CredentialsRefused, DeclarationError
from pipelines.extract.declarative.interpolation import compile_condition, compile_text
from pipelines.extract.declarative.manifest import Manifest
from pipelines.extract.declarative.runtime.auth import (
    AuthContext,
    Send,
    compile_authenticator,
)
from pipelines.extract.declarative.runtime.decoders import compile_decoder
from pipelines.extract.declarative.runtime.judging import REFRESH, ErrorHandling
from pipelines.extract.declarative.runtime.paging import LoopGuard, Page, compile_paginator
from pipelines.extract.declarative.runtime.partitions import compile_router
from pipelines.extract.declarative.runtime.progress import (
    CursorPerPartition,
    Everything,
    OneCursor,
    Progress,
)
from pipelines.extract.declarative.runtime.requesters import Requester
from pipelines.extract.declarative.runtime.scope import PageHeaders, Scope, Slice, scope_of
from pipelines.extract.declarative.runtime.selection import Record, compile_selector
from pipelines.extract.declarative.runtime.windows import compile_cursor
from resources.http.message import Answer
from resources.http.tokens import TokenStore

State = dict[str, Any]
_TOKENS_IN_A_ROW = 2


@dataclass(frozen=True)
class RecordPage:
    """One page: the answer as it came, its records, and the state after it.

    `state` may be committed with the records; a run that starts from it misses
    nothing. The last page of a stream has no answer and no records: it carries
    the final state.
    """

    answer: Answer | None
    records: list[Record]
    state: State
    slice: Slice = field(default_factory=Slice)


def read_stream(
    manifest: Manifest,
    stream: str,
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    send: Send,
    store: TokenStore | None = None,
) -> Iterator[RecordPage]:
    """The pages of one stream, from the state of a former run (None or {}: all).

    `send` answers a request by a judge, as HttpClient.send does. `store` keeps
    refresh tokens that change with every use. ConfigurationError for an unknown
    stream, DeclarationError for a component that is not run here, SourceError for
    what the source answers.
    """
    found = _find(manifest, stream, config)
    reading = Reading(AuthContext(config, send, store))
    return reading.pages(found, dict(state or {}))


def _find(manifest: Manifest, name: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    known: dict[str, Mapping[str, Any]] = {}
    for stream in manifest.streams:
        if stream["type"] == "ConditionalStreams":
            holds = compile_condition(stream["condition"], stream.get("$parameters") or {})
            if not holds({"config": config}):
                continue
            known.update({str(inner["name"]): inner for inner in stream["streams"]})
        else:
            known[str(stream["name"])] = stream
    if name not in known:
        raise ConfigurationError(
            f"{manifest.origin} has no stream {name!r}. Known: {', '.join(sorted(known))}."
        )
    return known[name]


class Reading:
    """Reads streams with one config and one connection; parents are read by it, too."""

    def __init__(self, context: AuthContext) -> None:
        self._context = context
        self._config = context.config

    def pages(self, stream: Mapping[str, Any], state: State) -> Iterator[RecordPage]:
        """The pages of a DeclarativeStream or StateDelegatingStream."""
        _refuse(stream, "api_retention_period", stream)
        if stream["type"] == "StateDelegatingStream":
            stream = stream["incremental_stream" if state else "full_refresh_stream"]
        retriever = stream["retriever"]
        if retriever["type"] != "SimpleRetriever":
            raise DeclarationError(
                f"The stream {stream.get('name')!r} is read by {retriever['type']}, which is not "
                "done here; expected SimpleRetriever."
            )
        progress = self._progress(stream, retriever, state)
        plan = _StreamPlan(stream, retriever, self._context)
        for at in progress.slices():
            yield from plan.pages(at, progress)
        progress.finish()
        yield RecordPage(None, [], progress.state())

    def _progress(
        self, stream: Mapping[str, Any], retriever: Mapping[str, Any], state: State
    ) -> Progress:
        router = compile_router(retriever.get("partition_router"), self._config, self.pages, state)
        cursor = stream.get("incremental_sync")
        if not cursor:
            return Everything(router)
        plan = compile_cursor(cursor, self._config)
        if router is None:
            return OneCursor(plan, state)
        return CursorPerPartition(plan, router, state)


class _StreamPlan:
    """A stream's components, compiled once."""

    def __init__(
        self, stream: Mapping[str, Any], retriever: Mapping[str, Any], context: AuthContext
    ) -> None:
        config = context.config
        requester = retriever["requester"]
        for name in ("query_properties", "fetch_properties_from_endpoint"):
            _refuse(requester, name, stream)
        _refuse(retriever, "pagination_reset", stream)
        self._name = str(
            compile_text(str(stream.get("name") or ""), stream.get("$parameters") or {})(
                {"config": config}
            )
        )
        self._context = context
        self._requester = Requester(requester)
        self._auth = compile_authenticator(requester.get("authenticator"), context)
        self._errors = ErrorHandling(requester.get("error_handler"), config)
        self._paginator = compile_paginator(retriever.get("paginator"), config)
        self._decode = compile_decoder(retriever.get("decoder"))
        self._select = compile_selector(
            retriever["record_selector"],
            config,
            stream.get("transformations") or (),
            _schema(stream),
        )
        self._first_only = bool(
            retriever.get("ignore_stream_slicer_parameters_on_paginated_requests")
        )
        cursor = stream.get("incremental_sync") or {}
        self._data_feed = bool(cursor.get("is_data_feed"))
        self._filter_new = self._data_feed or bool(cursor.get("is_client_side_incremental"))

    def pages(self, at: Slice, progress: Progress) -> Iterator[RecordPage]:
        """All pages of one slice; the last carries the state with the slice closed."""
        guard = LoopGuard(self._name)
        token = self._paginator.first_token
        if token is not None:
            guard.token(token)
        while True:
            scope = scope_of(self._context.config, at, token)
            answer = self._fetch(scope, at, token, progress)
            if answer.ignored and not 200 <= answer.status < 400:
                progress.close(at)
                yield RecordPage(answer, [], progress.state(), at)
                return
            values = list(self._decode(answer.body))
            selected = self._select(values, scope)
            guard.page(answer.body, selected.extracted)
            records = selected.records
            page = Page(
                response=values[0] if values else {},
                headers=PageHeaders(answer.headers),
                extracted=selected.extracted,
                kept=len(records),
                last_record=records[-1] if records else None,
                token=token,
            )
            token = self._following(page, scope, at, progress)
            if self._filter_new:
                records = [record for record in records if progress.is_new(at, record)]
            for record in records:
                progress.observe(at, record)
            if token is None:
                progress.close(at)
                yield RecordPage(answer, records, progress.state(), at)
                return
            guard.token(token)
            yield RecordPage(answer, records, progress.state(), at)

    def _following(self, page: Page, scope: Scope, at: Slice, progress: Progress) -> Any:
        """The next token; a feed, newest first, ends where the known begins."""
        if self._data_feed and page.last_record and not progress.is_new(at, page.last_record):
            return None
        return self._paginator.next_token(page, scope)

    def _fetch(self, scope: Scope, at: Slice, token: Any, progress: Progress) -> Answer:
        refreshed = 0

        def can_refresh() -> bool:
            return refreshed < _TOKENS_IN_A_ROW and self._auth.refresh()

        while True:
            parts = [self._auth.parts(), self._paginator.parts(token)]
            if token is None or not self._first_only:
                parts.append(progress.parts(at))
            request = self._requester.request(scope, parts, self._paginator.page_url(token))
            told: list[str] = []
            judge = self._errors.judge(request, can_refresh, told.append)
            answer = self._context.send(request, judge)
            if not (answer.ignored and REFRESH in told):
                return answer
            refreshed += 1
            if refreshed > _TOKENS_IN_A_ROW:
                raise CredentialsRefused(
                    f"The stream {self._name} is refused ({answer.status}) with a new token, too. "
                    "Sign in to this source anew."
                )


def _refuse(component: Mapping[str, Any], name: str, stream: Mapping[str, Any]) -> None:
    """Rather no answer than one that leaves out what the manifest asks for."""
    if component.get(name):
        raise DeclarationError(
            f"The stream {stream.get('name')!r} uses {name}, which is not done here. Leave it out, "
            "or read the stream with the isolated runner."
        )


def _schema(stream: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The stream's JSON schema where the manifest itself holds it."""
    loader = stream.get("schema_loader")
    loaders = loader if isinstance(loader, list) else [loader]
    found: dict[str, Any] = {}
    for item in loaders:
        if isinstance(item, Mapping) and item["type"] == "InlineSchemaLoader":
            schema = item.get("schema") or {}
            merged = {**found.get("properties", {}), **(schema.get("properties") or {})}
            found = {**found, **schema, "properties": merged}
    return found or None
