"""Reads the streams of a manifest: slice by slice, and page by page.

Belongs here: the streams of one manifest with one config, the progress of each, and
asking for the first pages of several slices at once. Does not belong here: the
pages of one slice (`slices`), or keeping what was read.

    slice ─► request ─► answer ─► values ─► records ─► page
                ▲                    │
                └──── next token ◄───┘
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.manifest import Manifest
from pipelines.extract.declarative.runtime.auth import AuthContext, Send
from pipelines.extract.declarative.runtime.partitions import compile_router
from pipelines.extract.declarative.runtime.progress import (
    CursorPerPartition,
    Everything,
    OneCursor,
    Progress,
)
from pipelines.extract.declarative.runtime.scope import Slice
from pipelines.extract.declarative.runtime.sending import Pending, SendSoon
from pipelines.extract.declarative.runtime.slices import RecordPage, SliceReader
from pipelines.extract.declarative.runtime.streams import chosen, declared_streams, inline_schema
from pipelines.extract.declarative.runtime.windows import compile_cursor
from resources.http.tokens import TokenStore

__all__ = ["Reading", "RecordPage", "read_stream"]

State = dict[str, Any]
_SLICES_AHEAD = 4
"""How many slices' first pages are asked for at once; their answers are held."""


def read_stream(
    manifest: Manifest,
    stream: str,
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    send: Send,
    store: TokenStore | None = None,
    send_soon: SendSoon | None = None,
) -> Iterator[RecordPage]:
    """The pages of one stream, from the state of a former run (None or {}: all).

    `send` answers a request by a judge, as HttpClient.send does, and `send_soon`
    does so in the background; without it nothing is asked for ahead. `store` keeps
    refresh tokens that change with every use. ConfigurationError for an unknown
    stream, DeclarationError for a component that is not run here, SourceError for
    what the source answers.
    """
    reading = Reading(manifest, AuthContext(config, send, store), send_soon)
    found = chosen(reading.streams(), stream, manifest.origin)
    return reading.pages(found, dict(state or {}))


class Reading:
    """Reads streams with one config and one connection; parents are read by it, too."""

    def __init__(
        self, manifest: Manifest, context: AuthContext, send_soon: SendSoon | None = None
    ) -> None:
        self._manifest = manifest
        self._context = context
        self._soon = send_soon
        self.config = context.config

    def streams(self) -> dict[str, Mapping[str, Any]]:
        """Name → component of every stream that there is with this config."""
        return declared_streams(self._manifest, self.config)

    def to_check(self) -> dict[str, Mapping[str, Any]]:
        """The streams whose reading shows that the source can be read."""
        streams = self.streams()
        names = [str(name) for name in self._manifest.check.get("stream_names") or ()]
        return {name: chosen(streams, name, self._manifest.origin) for name in names}

    def schema(self, stream: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The stream's JSON schema, where the manifest holds it."""
        if stream["type"] == "StateDelegatingStream":
            stream = stream["full_refresh_stream"]
        return inline_schema(stream)

    def pages(
        self, stream: Mapping[str, Any], state: State, *, ahead: bool = True
    ) -> Generator[RecordPage]:
        """The pages of a DeclarativeStream or StateDelegatingStream.

        With `ahead`, the first pages of the following slices are asked for already.
        """
        _refuse(stream, "api_retention_period", stream)
        if stream["type"] == "StateDelegatingStream":
            stream = stream["incremental_stream" if state else "full_refresh_stream"]
        retriever = stream["retriever"]
        if retriever["type"] != "SimpleRetriever":
            raise DeclarationError(
                f"The stream {stream.get('name')!r} is read by {retriever['type']}, which is not "
                "done here; expected SimpleRetriever."
            )
        for name in ("query_properties", "fetch_properties_from_endpoint"):
            _refuse(retriever["requester"], name, stream)
        _refuse(retriever, "pagination_reset", stream)
        progress = self._progress(stream, retriever, state)
        reader = SliceReader(stream, retriever, self._context, self._soon if ahead else None)
        begun = self._begun(progress, reader, _SLICES_AHEAD if ahead and self._soon else 1)
        for at, first in begun:
            progress.begin(at)
            yield from reader.pages(at, progress, first)
        progress.finish()
        yield RecordPage(None, [], progress.state())

    def _begun(
        self, progress: Progress, reader: SliceReader, ahead: int
    ) -> Iterator[tuple[Slice, Pending]]:
        """Every slice with its first page under way, and those behind it, too."""
        waiting: deque[tuple[Slice, Pending]] = deque()
        coming = ((at, reader.begin(at, progress)) for at in progress.slices())
        try:
            while True:
                waiting.extend(itertools.islice(coming, ahead - len(waiting)))
                if not waiting:
                    return
                yield waiting.popleft()
        finally:
            for _, pending in waiting:
                pending.cancel()

    def _progress(
        self, stream: Mapping[str, Any], retriever: Mapping[str, Any], state: State
    ) -> Progress:
        router = compile_router(retriever.get("partition_router"), self.config, self.pages, state)
        cursor = stream.get("incremental_sync")
        if not cursor:
            return Everything(router)
        plan = compile_cursor(cursor, self.config)
        if router is None:
            return OneCursor(plan, state)
        return CursorPerPartition(plan, router, state)


def _refuse(component: Mapping[str, Any], name: str, stream: Mapping[str, Any]) -> None:
    """Rather no answer than one that leaves out what the manifest asks for."""
    if component.get(name):
        raise DeclarationError(
            f"The stream {stream.get('name')!r} uses {name}, which is not done here. Leave it out, "
            "or read the stream with the isolated runner."
        )
