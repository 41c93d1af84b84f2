"""The files that a stream's records stand for: FileUploader.

Belongs here: asking for each record's file, and what the record is told of it. Does not
belong here: keeping the bytes, which come as answers without records.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import DeclarationError, SourceError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.auth import AuthContext, Authenticator
from pipelines.extract.declarative.runtime.judging import ErrorHandling
from pipelines.extract.declarative.runtime.requesters import Requester, owner_of
from pipelines.extract.declarative.runtime.scope import Slice, scope_of
from pipelines.extract.declarative.runtime.selection import Record, compile_extractor
from pipelines.extract.declarative.runtime.sending import Pending, SendSoon
from pipelines.extract.declarative.runtime.slices import RecordPage
from resources.http.message import Answer, Request

FIELD = "file_reference"
"""Where a record is told of its file: an object as airbyte-cdk sends it beside the record,
with the file's sha256 instead of a path on the machine that read it."""

_TARGET = "download_target"
_AHEAD = 4
"""How many files are asked for at once; their bytes are held."""


class Files:
    """The compiled FileUploader of a stream."""

    def __init__(
        self, stream: Mapping[str, Any], context: AuthContext, soon: SendSoon | None
    ) -> None:
        component, retriever = stream["file_uploader"], stream["retriever"]
        self._name = str(stream.get("name") or "")
        if component.get("file_extractor"):
            raise DeclarationError(
                f"The file_uploader of {self._name} has a file_extractor, which takes a file out "
                "of an answer; files are taken as they come here. Leave it out, or read the "
                "stream with the isolated runner."
            )
        self._context, self._soon = context, soon
        self._target = compile_extractor(component["download_target_extractor"], context.config)
        self._requester = Requester(component["requester"])
        self._auth = context.authenticator(component["requester"].get("authenticator"))
        self._errors = ErrorHandling(component["requester"].get("error_handler"), context.config)
        named = component.get("filename_extractor")
        self._named = compile_text(named, component.get("$parameters") or {}) if named else None
        self._home = Requester(retriever.get("requester") or retriever["creation_requester"])

    def before(self, pages: Iterable[RecordPage]) -> Iterator[RecordPage]:
        """The same pages, each behind those of its records' files.

        SourceError for a record that names no file.
        """
        for page in pages:
            waiting: deque[tuple[Record, Pending]] = deque()
            coming = iter(page.records)
            try:
                while True:
                    for record in itertools.islice(coming, _AHEAD - len(waiting)):
                        waiting.append((record, self._asked(record, page.slice)))
                    if not waiting:
                        break
                    record, pending = waiting.popleft()
                    yield self._kept(record, pending.answer(), page, pending)
            finally:
                for _, pending in waiting:
                    pending.cancel()
            yield page

    def _kept(
        self, record: Record, answer: Answer, page: RecordPage, pending: Pending
    ) -> RecordPage:
        """The page of one file, of which the record is told."""
        if answer.ignored:
            record[FIELD] = None
            return RecordPage(answer, [], None, page.slice, pending.method, pending.at)
        digest = hashlib.sha256(answer.body).hexdigest()
        scope = {"config": self._context.config, "record": record}
        name = str(self._named(scope) or "") if self._named else digest
        path = f"{self._name}/{name.lstrip('/')}"
        record[FIELD] = {
            "source_file_relative_path": path,
            "file_size_bytes": len(answer.body),
            "sha256": digest,
        }
        made = RecordPage(answer, [], None, page.slice, pending.method, pending.at)
        return replace(made, file=path)

    def _asked(self, record: Record, at: Slice) -> Pending:
        target = next(iter(self._target([record])), None)
        if not isinstance(target, str) or not target:
            raise SourceError(
                f"A record of {self._name} names no file: {target!r} stands where the "
                "file_uploader's download_target_extractor looks for an address. Correct its "
                "field_path, or filter such records out."
            )
        scope = scope_of(self._context.config, at.with_extra({_TARGET: target}))
        home = self._home.base(scope_of(self._context.config, at))
        # A record may name any host; the credentials are for the stream's own.
        known = _owner(home) == _owner(self._requester.request(scope).url)
        auth = self._auth if known else Authenticator()

        def make() -> Request:
            return self._requester.request(scope, [auth.parts()])

        return Pending(self._name, make, self._errors, auth, self._context.send, self._soon)


def _owner(url: str) -> str:
    return owner_of(urlsplit(url).hostname or "")
