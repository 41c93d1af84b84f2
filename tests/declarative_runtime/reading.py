"""What the tests of the interpreter share: a manifest in a few words, and reading it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import yaml

from pipelines.extract.declarative.manifest import Manifest, load_manifest
from pipelines.extract.declarative.runtime.reading import RecordPage, read_stream
from resources.http.client import HttpClient
from resources.http.policy import Policy
from resources.http.tokens import TokenStore

POLICY = Policy(
    allow_hosts=frozenset({"127.0.0.1"}), first_wait_s=0.01, longest_wait_s=0.05, connect_s=2
)


def stream(
    name: str = "items",
    *,
    path: str = "/items",
    url: str = "",
    field_path: tuple[str, ...] = ("data",),
    requester: Mapping[str, Any] | None = None,
    retriever: Mapping[str, Any] | None = None,
    selector: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A DeclarativeStream that reads `data` of one path, with what differs."""
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": [],
        "retriever": {
            "type": "SimpleRetriever",
            "requester": _without_nothing(
                {
                    "type": "HttpRequester",
                    "url_base": url or "{{ config['url'] }}",
                    "path": path,
                    "http_method": "GET",
                    **(requester or {}),
                }
            ),
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": list(field_path)},
                **(selector or {}),
            },
            **(retriever or {}),
        },
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object"}},
        **more,
    }


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def manifest(*streams: dict[str, Any], **more: Any) -> Manifest:
    """The loaded manifest of these streams, with what else it declares."""
    document = {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": [streams[0]["name"]]},
        "streams": list(streams),
        **more,
    }
    return load_manifest(yaml.safe_dump(document), origin="test")


@contextmanager
def client(policy: Policy = POLICY) -> Iterator[HttpClient]:
    """A client that may reach this machine and waits only briefly."""
    made = HttpClient(policy)
    try:
        yield made
    finally:
        made.close()


def pages(
    url: str,
    *streams: dict[str, Any],
    name: str | None = None,
    state: Mapping[str, Any] | None = None,
    store: TokenStore | None = None,
    policy: Policy = POLICY,
    **config: Any,
) -> list[RecordPage]:
    """All pages of the last stream, or of the named one."""
    with client(policy) as http:
        wanted = name or streams[-1]["name"]
        found = manifest(*streams)
        return list(read_stream(found, wanted, {"url": url, **config}, state, http.send, store))


def records(found: list[RecordPage]) -> list[dict[str, Any]]:
    """The records of all pages."""
    return [record for page in found for record in page.records]


def state_of(page: RecordPage) -> dict[str, Any]:
    """The state that came with a page, which must be there."""
    assert page.state is not None
    return page.state
