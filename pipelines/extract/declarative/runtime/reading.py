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
import threading
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.manifest import Manifest
from pipelines.extract.declarative.runtime.auth import AuthContext, Send
from pipelines.extract.declarative.runtime.configs import normalised
from pipelines.extract.declarative.runtime.dynamic import streams_from
from pipelines.extract.declarative.runtime.files import Files
from pipelines.extract.declarative.runtime.jobs import JobReader
from pipelines.extract.declarative.runtime.partitions import compile_router
from pipelines.extract.declarative.runtime.progress import (
    CursorPerPartition,
    Everything,
    OneCursor,
    Progress,
)
from pipelines.extract.declarative.runtime.schemas import Schemas
from pipelines.extract.declarative.runtime.scope import Slice
from pipelines.extract.declarative.runtime.sending import SendSoon
from pipelines.extract.declarative.runtime.slices import RecordPage, SliceReader
from pipelines.extract.declarative.runtime.states import migrated, too_old
from pipelines.extract.declarative.runtime.streams import chosen, declared_streams
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
    context = AuthContext(normalised(manifest, config), send, store)
    reading = Reading(manifest, context, send_soon)
    return reading.pages(reading.stream(stream), dict(state or {}))


class Reading:
    """Reads streams with one config and one connection; parents are read by it, too."""

    def __init__(
        self, manifest: Manifest, context: AuthContext, send_soon: SendSoon | None = None
    ) -> None:
        self._manifest = manifest
        self._context = context
        self._soon = send_soon
        self.config = context.config
        self._schemas = Schemas(manifest.origin, self.config, self._records)
        self._lock = threading.RLock()
        self._made: dict[str, dict[str, Mapping[str, Any]]] | None = None
        self._alone = _locks(manifest)

    def streams(self) -> dict[str, Mapping[str, Any]]:
        """Name → component of every stream; those of templates may have to be asked for."""
        made = {name: item for group in self._groups().values() for name, item in group.items()}
        return {**made, **declared_streams(self._manifest, self.config)}

    def stream(self, name: str) -> Mapping[str, Any]:
        """One stream; templates are only looked at if it does not stand in the manifest."""
        declared = declared_streams(self._manifest, self.config)
        return chosen(declared if name in declared else self.streams(), name, self._manifest.origin)

    def to_check(self) -> dict[str, Mapping[str, Any]]:
        """The streams whose reading shows that the source can be read.

        Streams made from templates are made for it, even where none is to be read.
        """
        check = self._manifest.check
        if check["type"] == "CheckDynamicStream":
            count = int(check["stream_count"]) if check.get("use_check_availability", True) else 0
            return dict(itertools.islice(self.streams().items(), count))
        found = {str(name): self.stream(str(name)) for name in check.get("stream_names") or ()}
        for item in check.get("dynamic_streams_check_configs") or ():
            name = str(item["dynamic_stream_name"])
            if name not in self._groups():
                known = ", ".join(self._groups()) or "none"
                raise DeclarationError(
                    f"{self._manifest.origin} is to be checked by its dynamic stream {name!r}, "
                    f"which there isn't. Known: {known}."
                )
            count = int(item.get("stream_count") or 0)
            found.update(itertools.islice(self._groups()[name].items(), count))
        return found

    def _groups(self) -> dict[str, dict[str, Mapping[str, Any]]]:
        """Dynamic stream → the streams made from its template; asked for once."""
        with self._lock:
            if self._made is None:
                self._made = {
                    str(dynamic.get("name") or f"dynamic_stream_{number}"): streams_from(
                        dynamic, self.config, self._found, self._manifest.origin
                    )
                    for number, dynamic in enumerate(self._manifest.dynamic_streams)
                }
            return self._made

    def _found(self, retriever: Mapping[str, Any]) -> Iterator[tuple[Slice, Mapping[str, Any]]]:
        for page in self._inner(retriever):
            for record in page.records:
                yield page.slice, record

    def schema(self, stream: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The stream's JSON schema; one that only the source knows is asked for."""
        if stream["type"] == "StateDelegatingStream":
            stream = stream["full_refresh_stream"]
        return self._schemas.of(stream)

    def alone(self, name: str) -> AbstractContextManager[Any]:
        """Held while a stream is read that may not be read beside others of its group."""
        return self._alone.get(name) or nullcontext()

    def pages(
        self,
        stream: Mapping[str, Any],
        state: State,
        *,
        ahead: bool = True,
        unread: bool = False,
    ) -> Generator[RecordPage]:
        """The pages of a DeclarativeStream or StateDelegatingStream.

        With `ahead`, the first pages of the following slices are asked for already.
        With `unread`, pages whose records nothing here looks at are not parsed.
        """
        stream, state = self._delegated(stream, state)
        state = migrated(stream, self.config, state)
        retriever = stream["retriever"]
        progress = self._progress(stream, retriever, state)
        soon = self._soon if ahead else None
        reader, most = self._reader(stream, retriever, soon, lazy=not state, unread=unread)
        files = Files(stream, self._context, soon) if stream.get("file_uploader") else None
        for at, first in self._begun(progress, reader, most if ahead else 1):
            progress.begin(at)
            found = reader.pages(at, progress, first)
            yield from found if files is None else files.before(found)
        progress.finish()
        yield RecordPage(None, [], progress.state())

    def _reader(
        self,
        stream: Mapping[str, Any],
        retriever: Mapping[str, Any],
        soon: SendSoon | None,
        *,
        lazy: bool,
        unread: bool,
    ) -> tuple[SliceReader | JobReader, int]:
        """(what reads a slice, how many slices may be begun at once)."""

        def schema() -> Mapping[str, Any] | None:
            return self._schemas.of(stream)

        if retriever["type"] == "SimpleRetriever":
            records = self._records
            reader = SliceReader(
                stream,
                retriever,
                self._context,
                soon,
                records,
                schema,
                lazy=lazy,
                unread=unread,
            )
            return reader, _SLICES_AHEAD if soon else 1
        if retriever["type"] == "AsyncRetriever":
            declared = self._manifest.document.get("max_concurrent_async_job_count") or 1
            jobs = compile_text(str(declared), {})({"config": self.config})
            return JobReader(stream, retriever, self._context, soon, schema), max(1, int(jobs or 1))
        raise DeclarationError(
            f"The stream {stream.get('name')!r} is read by {retriever['type']}; expected "
            "SimpleRetriever or AsyncRetriever."
        )

    def _delegated(
        self, stream: Mapping[str, Any], state: State
    ) -> tuple[Mapping[str, Any], State]:
        """Which stream of a StateDelegatingStream is read, and from which state."""
        if stream["type"] != "StateDelegatingStream":
            return stream, state
        if not state or too_old(stream, self.config, state):
            return stream["full_refresh_stream"], {}
        return stream["incremental_stream"], state

    def _records(self, retriever: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The records of a retriever that stands inside another component."""
        for page in self._inner(retriever):
            yield from page.records

    def _inner(self, retriever: Mapping[str, Any]) -> Iterator[RecordPage]:
        return self.pages({"type": "DeclarativeStream", "name": "", "retriever": retriever}, {})

    def _begun(self, progress: Progress, reader: Any, ahead: int) -> Iterator[tuple[Slice, Any]]:
        """Every slice with its first request under way, and those behind it, too."""
        waiting: deque[tuple[Slice, Any]] = deque()
        coming = ((at, reader.begin(at, progress)) for at in progress.slices())
        try:
            while True:
                waiting.extend(itertools.islice(coming, ahead - len(waiting)))
                if not waiting:
                    return
                yield waiting.popleft()
        finally:
            for _, begun in waiting:
                reader.drop(begun)

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
        declared = retriever["partition_router"]
        if isinstance(declared, Mapping) and declared["type"] == "GroupingPartitionRouter":
            # Groups are made anew in every run, so a state of each would say nothing.
            plan = replace(plan, single_state=True)
        return CursorPerPartition(plan, router, state)


def _locks(manifest: Manifest) -> dict[str, AbstractContextManager[Any]]:
    """Stream → the lock of its group."""
    found: dict[str, AbstractContextManager[Any]] = {}
    for group in (manifest.document.get("stream_groups") or {}).values():
        lock = threading.Lock()
        found.update({str(stream["name"]): lock for stream in group["streams"]})
    return found
