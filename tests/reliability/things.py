"""A made-up API of things, and the two ways of loading it: by cursor, and whole.

The truth is known here, so that any run can be compared with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.catalog import Catalog
from pipelines.engine import Engine
from pipelines.spec import Api, Column, PulledStream, Setting, Source
from resources.settings import Settings
from sandbox.standin import Asked, Reply, StandIn
from sandbox.universe import Universe

PAGE = 20
_COLUMNS = {"id": Column(type="BIGINT"), "changed_at": Column(type="TIMESTAMPTZ")}
BY_CURSOR = PulledStream(
    name="by_cursor", description="-", mode="merge", key=("id",), columns=_COLUMNS
)
WHOLE = PulledStream(name="whole", description="-", mode="replace", columns=_COLUMNS)
STREAMS = (BY_CURSOR, WHOLE)


def _stream(name: str, *, cursor: bool) -> dict[str, Any]:
    stream: dict[str, Any] = {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": ["id"],
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": "{{ config['url'] }}",
                "path": "/things",
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.get('next') }}",
                    "stop_condition": "{{ not response.get('next') }}",
                },
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "from",
                },
            },
        },
    }
    if cursor:
        stream["incremental_sync"] = {
            "type": "DatetimeBasedCursor",
            "cursor_field": "changed_at",
            "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
            "start_datetime": "2026-01-01T00:00:00Z",
            "start_time_option": {
                "type": "RequestOption",
                "inject_into": "request_parameter",
                "field_name": "since",
            },
        }
    return stream


MANIFEST = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["whole"]},
    "streams": [_stream("by_cursor", cursor=True), _stream("whole", cursor=False)],
}
SOURCE = Source(
    name="things",
    description="-",
    owner="-",
    streams=STREAMS,
    connection=Api(manifest=MANIFEST, config={"url": Setting(env="THINGS_URL", description="-")}),
)


class Things(StandIn):
    """Gives things ordered by when they changed, several at the same second."""

    name = "things"

    def __init__(self, count: int) -> None:
        super().__init__(Universe(0, ()))
        self.records = [self.made(number) for number in range(count)]

    @staticmethod
    def made(number: int, version: int = 0) -> dict[str, Any]:
        """One thing as of a version."""
        minute, second = divmod(number // 3 + version * 3600, 60)
        hour, minute = divmod(minute, 60)
        return {
            "id": number,
            "name": f"thing {number}",
            "version": version,
            "changed_at": f"2026-01-01T{hour:02d}:{minute:02d}:{second:02d}Z",
        }

    def environment(self, address: str) -> Mapping[str, str]:
        return {"THINGS_URL": f"{address}/things"}

    def answer(self, asked: Asked) -> Reply:
        since = asked.get("since")
        found = [record for record in self.records if record["changed_at"] >= since]
        found.sort(key=lambda record: (record["changed_at"], record["id"]))
        start = asked.number("from", 0)
        following = start + PAGE if start + PAGE < len(found) else None
        return Reply(body={"data": found[start : start + PAGE], "next": following})


def open_engine(home: Path, given: Mapping[str, str]) -> Engine:
    """An installation that reads the things."""
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(home=home, data=home, allow_hosts=("127.0.0.1",), threads=1)
    return Engine(settings, Catalog(sources={"things": SOURCE}), instead=given)


def held(engine: Engine, stream: PulledStream) -> list[tuple[Any, ...]]:
    """What the stream's table holds, as (id, name, version)."""
    with engine.warehouse.read() as connection:
        return connection.execute(
            f"SELECT id, name, version FROM raw.things__{stream.name} ORDER BY ALL"
        ).fetchall()


def truth(things: Things) -> list[tuple[Any, ...]]:
    """What it should hold."""
    return sorted((r["id"], r["name"], r["version"]) for r in things.records)


def as_json(engine: Engine) -> str:
    """What both tables hold, for another process to compare."""
    return json.dumps({stream.name: held(engine, stream) for stream in STREAMS})
