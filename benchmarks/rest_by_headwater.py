"""Headwater's whole way of one API stream: asked, kept, typed, landed, committed.

Called as `python -m benchmarks.rest_by_headwater URL FOLDER`; prints the rows that
the lake holds afterwards.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from resources.settings import Settings
from resources.warehouse import Warehouse, count_rows

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "amount": {"type": "number"},
        "active": {"type": "boolean"},
        "owner": {"type": "object"},
        "tags": {"type": "array"},
        "rounds": {"type": "array"},
        "note": {"type": "string"},
    },
}
MANIFEST: dict[str, Any] = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["records"]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": "records",
            "primary_key": ["id"],
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester",
                    "url_base": "{{ config['url'] }}",
                    "path": "records",
                },
                "record_selector": {
                    "type": "RecordSelector",
                    "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
                },
                "paginator": {
                    "type": "DefaultPaginator",
                    "page_token_option": {
                        "type": "RequestOption",
                        "inject_into": "request_parameter",
                        "field_name": "cursor",
                    },
                    "pagination_strategy": {
                        "type": "CursorPagination",
                        "cursor_value": "{{ response['next'] }}",
                    },
                },
            },
            "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
        }
    ],
    "spec": {
        "type": "Spec",
        "connection_specification": {
            "type": "object",
            "properties": {"url": {"type": "string"}},
        },
    },
}


def load(url: str, home: Path) -> int:
    """Load the stream into a fresh installation below `home`; rows in the table."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = Settings(home=home, allow_hosts=("127.0.0.1",))
    # As `headwater run` does: the lake is opened while the rest is imported.
    warehouse = Warehouse(settings)
    warehouse.open_ahead()

    from pipelines.catalog import Catalog
    from pipelines.engine import Engine, run_stream
    from pipelines.spec import Api, PulledStream, Source

    stream = PulledStream(name="records", description="The generated records.")
    system = Source(
        name="benchmark",
        description="-",
        owner="-",
        streams=(stream,),
        connection=Api(manifest=MANIFEST, config={"url": url}),
    )
    engine = Engine(settings, Catalog(sources={"benchmark": system}), warehouse=warehouse)
    report = run_stream(engine, system, stream, run_id="benchmark")
    with engine.warehouse.read() as connection:
        rows = count_rows(connection, report.table)
    engine.warehouse.close()
    return rows


if __name__ == "__main__":
    print(load(sys.argv[1], Path(sys.argv[2])))
