"""An API described by a manifest, as the engine reads it.

Belongs here: check, discover and read of one connection, and what is told of each
answer. Does not belong here: what the manifest's components do (`runtime`), or
typing and keeping records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson

from pipelines.errors import NotConfigured
from pipelines.extract.declarative.manifest import Manifest, load_manifest, manifest_of
from pipelines.extract.declarative.runtime import paths
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.client_policy import policy_for
from pipelines.extract.declarative.runtime.configs import normalised
from pipelines.extract.declarative.runtime.garbage import held_back
from pipelines.extract.declarative.runtime.reading import Reading
from pipelines.extract.declarative.runtime.slices import RecordPage
from pipelines.extract.declarative.runtime.streams import described
from pipelines.extract.readers import FoundStream, Surroundings
from pipelines.flow import Pulled
from pipelines.spec import Api, PulledStream
from resources.http.client import HttpClient
from resources.http.policy import Policy
from resources.http.tokens import TokenStore

_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
_SHOWN_HEADERS = ("Content-Type", "Date", "ETag", "Last-Modified", "X-Request-Id")


def open_reader(connection: Api, surroundings: Surroundings) -> ApiReader:
    """The reader of an API; ManifestRefused where its manifest can't be run."""
    said, origin = connection.manifest, connection.origin
    manifest = (
        load_manifest(said, origin=origin)
        if isinstance(said, str)
        else manifest_of(said, origin=origin)
    )
    secrets = surroundings.given.secrets(connection.config)
    return ApiReader(manifest, surroundings, secrets)


class ApiReader:
    """Reads the streams of one manifest; several threads may read at once."""

    def __init__(self, manifest: Manifest, surroundings: Surroundings, secrets: list[str]) -> None:
        self._manifest = manifest
        self._source = surroundings.source.name
        self._settings = surroundings.settings
        config = normalised(manifest, surroundings.config)
        policy = policy_for(manifest, config, Policy.of(surroundings.settings))
        self._client = HttpClient(
            policy,
            secrets=[*secrets, *_declared_secrets(manifest, config)],
            ledger=surroundings.folder / "budgets.sqlite",
        )
        store = TokenStore(surroundings.folder / "tokens", self._token_key)
        client = self._client
        self._context = AuthContext(config, client.send, store, client.keep_secret, client.pause)
        self._reading = Reading(manifest, self._context, self._client.send_soon)

    def check(self) -> str:
        """Ask for the first page of the streams that the manifest names for that."""
        found = []
        overrides = self._manifest.check.get("config_overrides") or {}
        context = replace(
            self._context, config={**self._context.config, **overrides}, authenticators={}
        )
        reading = Reading(self._manifest, context) if overrides else self._reading
        for name, stream in reading.to_check().items():
            with closing(reading.pages(stream, {}, ahead=False)) as pages:
                count = next((len(page.records) for page in pages if page.records), 0)
            found.append(f"{name} ({count} records at first)" if count else f"{name} (no records)")
        return f"Answered: {', '.join(found)}." if found else "The manifest names nothing to check."

    def discover(self) -> list[FoundStream]:
        """All streams; those made from templates are asked for, where they have to be."""
        config = self._reading.config
        return [
            described(name, stream, config, self._reading.schema(stream))
            for name, stream in self._reading.streams().items()
        ]

    def read(self, stream: PulledStream, state: Mapping[str, Any]) -> Iterator[Pulled]:
        """The answers of one stream; states come where reading may go on from them."""
        component = _with_cursor(self._reading.stream(stream.theirs), stream)
        with (
            self._reading.alone(stream.theirs),
            closing(self._reading.pages(component, dict(state), unread=True)) as pages,
        ):
            while True:
                with held_back():
                    page = next(pages, None)
                    answer = None if page is None else self._pulled(page)
                if answer is None:
                    return
                yield answer

    def _pulled(self, page: RecordPage) -> Pulled:
        """What the engine is handed of a page, whose records are forgotten by it."""
        records = _as_lines(page.records) if page.unread is None else page.unread
        if isinstance(records, bytes):
            page.records.clear()
        return Pulled(
            records=records,
            state=page.state,
            raw=b"" if page.answer is None else page.answer.body,
            about=self._about(page),
            paths=page.paths,
        )

    def close(self) -> None:
        """Close the connections; may be called twice."""
        self._client.close()

    def _about(self, page: RecordPage) -> dict[str, Any]:
        answer = page.answer
        if answer is None:
            return {}
        return {
            **({"file": page.file} if page.file else {}),
            "method": page.method,
            "url": self._client.mask(answer.url),
            "status": answer.status,
            "at": page.at,
            "headers": {n: answer.headers[n] for n in _SHOWN_HEADERS if n in answer.headers},
            "slice": self._masked(dict(page.slice)),
        }

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._client.mask(value)
        if isinstance(value, Mapping):
            return {str(key): self._masked(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(item) for item in value]
        return value if value is None or isinstance(value, bool | int | float) else str(value)

    def _token_key(self) -> str:
        key = self._settings.token_key
        if key is None:
            what = (
                "the key under which refresh tokens that change with every use are kept; "
                "`headwater sources key` makes one"
            )
            raise NotConfigured(self._source, [("HEADWATER_TOKEN_KEY", what)])
        return key.get_secret_value()


def _with_cursor(component: Mapping[str, Any], stream: PulledStream) -> Mapping[str, Any]:
    """The stream with the declared cursor, where its manifest leaves the choice."""
    sync = component.get("incremental_sync")
    if stream.cursor is None or not sync or not sync.get("allow_catalog_defined_cursor_field"):
        return component
    return {**component, "incremental_sync": {**sync, "cursor_field": stream.cursor}}


def _as_lines(records: list[dict[str, Any]]) -> bytes | list[dict[str, Any]]:
    """The records as JSON Lines; as they are, if a number has more than 64 bits."""
    try:
        return b"".join([orjson.dumps(record, default=_exact, option=_LINE) for record in records])
    except orjson.JSONEncodeError:
        return records


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError


def _declared_secrets(manifest: Manifest, config: Mapping[str, Any]) -> Iterator[str]:
    """The values in the config that the manifest's own specification calls secret."""
    specification = (manifest.spec or {}).get("connection_specification") or {}
    for path in _secret_paths(specification, ()):
        value = paths.get(config, path, None)
        if isinstance(value, str):
            yield value


def _secret_paths(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(schema, Mapping):
        return
    if schema.get("airbyte_secret") is True:
        yield path
    for name, inner in (schema.get("properties") or {}).items():
        yield from _secret_paths(inner, (*path, str(name)))
    for several in ("oneOf", "anyOf", "allOf"):
        for inner in schema.get(several) or ():
            yield from _secret_paths(inner, path)
