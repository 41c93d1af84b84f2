"""Manifests written by others are read whole, every stream of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from pipelines.extract.declarative.manifest import load_manifest
from pipelines.extract.declarative.runtime.reading import read_stream
from resources.http.judge import Judge
from resources.http.message import Answer, Request
from tests.declarative_runtime.reading import client
from tests.declarative_runtime.server import serve
from tests.declarative_runtime.standin import StandIn

CONFIGS: dict[str, dict[str, Any]] = {
    "ashby": {"api_key": "k", "start_date": "2024-01-01T00:00:00Z"},
    "clockify": {"api_key": "k", "workspace_id": "w"},
    "coinmarketcap": {"api_key": "k", "data_type": "latest", "symbols": ["BTC"]},
    "copper": {"api_key": "k", "user_email": "a@example.com"},
    "dockerhub": {"docker_username": "ann"},
    "exchange-rates": {"access_key": "k", "start_date": "2024-01-01"},
    "plaid": {
        "access_token": "t",
        "api_key": "k",
        "client_id": "c",
        "plaid_env": "sandbox",
        "start_date": "2024-01-01",
    },
    "pokeapi": {"pokemon_name": "pikachu"},
    "polygon-stock-api": {
        "apiKey": "k",
        "stocksTicker": "X",
        "multiplier": 1,
        "timespan": "day",
        "start_date": "2024-01-01",
        "end_date": "2024-02-01",
    },
    "sentry": {
        "auth_token": "t",
        "hostname": "sentry.io",
        "organization": "o",
        "project": "p",
    },
    "square": {
        "credentials": {"auth_type": "API Key", "api_key": "k"},
        "is_sandbox": False,
        "start_date": "2024-01-01",
        "include_deleted_objects": False,
    },
}

EXTRA = {
    "plaid": {
        "balances": dict.fromkeys(
            ("available", "current", "iso_currency_code", "limit", "unofficial_currency_code"), 1
        )
    }
}


def at_home(url: str, request: Request) -> Request:
    """The same request to the server of the test."""
    here, there = urlsplit(url), urlsplit(request.url)
    return replace(request, url=urlunsplit((here.scheme, here.netloc, *there[2:])))


def read_all(shared: Path, source: str, config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Stream → (records, final state, paths asked for)."""
    folder = shared / "peers" / "airbyte-manifests" / f"source-{source}"
    text = (folder / "manifest.yaml").read_text()
    manifest = load_manifest(text, origin=source)
    standin = StandIn(manifest, config, EXTRA.get(source, {}))
    found: dict[str, list[Any]] = {}
    with serve(standin) as server, client() as http:

        def send(request: Request, judge: Judge) -> Answer:
            return http.send(at_home(server.url, request), judge)

        for stream in manifest.streams:
            before = len(server.seen)
            pages = list(read_stream(manifest, stream["name"], config, None, send))
            records = [record for page in pages for record in page.records]
            found[stream["name"]] = [records, pages[-1].state, server.paths[before:]]
    assert standin.unknown == []
    return found


@pytest.mark.parametrize("source", sorted(CONFIGS))
def test_every_stream_gives_records(shared: Path, source: str) -> None:
    for name, (records, state, paths) in read_all(shared, source, CONFIGS[source]).items():
        assert records, f"{source} {name} gave nothing from {paths}"
        assert isinstance(state, dict)
