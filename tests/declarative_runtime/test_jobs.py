"""Jobs are created, waited for, downloaded, tried again and cleared up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from pipelines.errors import SourceError, SourceUnavailable
from pipelines.extract.declarative.runtime.auth import AuthContext
from pipelines.extract.declarative.runtime.reading import Reading, RecordPage
from tests.declarative_runtime.reading import client, manifest
from tests.declarative_runtime.server import Reply, Seen, serve
from tests.declarative_runtime.test_cursors import cursor


def ask(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {
        "type": "HttpRequester",
        "url_base": "{{ config['url'] }}",
        "path": path,
        "http_method": method,
        **more,
    }


def job_stream(**more: Any) -> dict[str, Any]:
    retriever = {
        "type": "AsyncRetriever",
        "record_selector": {
            "type": "RecordSelector",
            "extractor": {"type": "DpathExtractor", "field_path": []},
            "record_filter": {"type": "RecordFilter", "condition": "{{ record['n'] != '0' }}"},
        },
        "status_mapping": {
            "running": ["busy"],
            "completed": ["done"],
            "failed": ["broken"],
            "timeout": ["late"],
            "skipped": ["empty"],
        },
        "status_extractor": {"type": "DpathExtractor", "field_path": ["status"]},
        "download_target_extractor": {"type": "DpathExtractor", "field_path": ["files"]},
        "download_extractor": {"type": "ResponseToFileExtractor"},
        "creation_requester": ask(
            "/jobs",
            "POST",
            request_parameters={"from": "{{ stream_slice['start_time'] }}"},
        ),
        "polling_requester": ask("/jobs/{{ creation_response['id'] }}"),
        "download_requester": {
            "type": "HttpRequester",
            "url_base": "{{ config['url'] }}/{{ download_target }}",
        },
        "abort_requester": ask("/abort/{{ creation_response['id'] }}", "POST"),
        "delete_requester": ask("/delete/{{ creation_response['id'] }}", "POST"),
        **more,
    }
    return {
        "type": "DeclarativeStream",
        "name": "report",
        "retriever": retriever,
        "transformations": [
            {"type": "AddFields", "fields": [{"path": ["twice"], "value": "{{ record.n * 2 }}"}]}
        ],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object"}},
    }


@dataclass
class Farm:
    """A source of jobs, each with the statuses it goes through."""

    statuses: list[list[str]]
    seen: list[str] = field(default_factory=list)
    created: int = 0

    def __call__(self, request: Seen) -> Any:
        self.seen.append(f"{request.method} {request.path}")
        if request.path == "/jobs":
            self.created += 1
            return {"id": self.created}
        if request.path.startswith("/jobs/"):
            left = self.statuses[int(request.path.rsplit("/", 1)[1]) - 1]
            status = left.pop(0) if len(left) > 1 else left[0]
            return {"status": status, "files": ["file/a", "file/b"]}
        if request.path.startswith("/file/"):
            return Reply(b"n,day\n0,\n1,2024-01-02\n2,NA\n")
        return {}


def read(farm: Farm, wanted: dict[str, Any], waits: list[float] | None = None) -> list[RecordPage]:
    with serve(farm) as server, client() as http:
        config = {"url": server.url, "start": "2024-01-01"}
        pause = (waits if waits is not None else []).append
        context = AuthContext(config, http.send, None, lambda _: None, pause)
        reading = Reading(manifest(wanted), context)
        return list(reading.pages(reading.stream("report"), {}))


def test_a_job_is_waited_for_downloaded_and_deleted() -> None:
    farm, waits = Farm([["busy", "busy", "done"]]), list[float]()
    pages = read(farm, job_stream(), waits)
    assert [record for page in pages for record in page.records] == [
        {"n": "1", "day": "2024-01-02", "twice": 11},
        {"n": "2", "day": None, "twice": 22},
    ] * 2
    assert farm.seen == [
        "POST /jobs",
        "GET /jobs/1",
        "GET /jobs/1",
        "GET /jobs/1",
        "GET /file/a",
        "GET /file/b",
        "POST /delete/1",
    ]
    assert len(waits) == 2
    assert pages[0].answer is not None


def test_a_failed_job_is_tried_again_but_not_for_ever() -> None:
    farm, waits = Farm([["broken"], ["done"]]), list[float]()
    read(farm, job_stream(failed_retry_wait_time_in_seconds=7), waits)
    assert farm.created == 2
    assert waits == [7.0]
    farm = Farm([["broken"]] * 9)
    with pytest.raises(SourceUnavailable, match="ended as failed 3 times"):
        read(farm, job_stream())
    assert farm.created == 3


def test_a_late_job_is_aborted_and_a_job_without_data_is_no_error() -> None:
    farm = Farm([["late"], ["empty"]])
    assert [page.records for page in read(farm, job_stream())] == [[], []]
    assert "POST /abort/1" in farm.seen


def test_an_unknown_status_is_told_with_the_known_ones() -> None:
    with pytest.raises(SourceError, match="'odd'"):
        read(Farm([["odd"]]), job_stream())


def test_each_window_is_a_job_and_moves_the_state() -> None:
    wanted = job_stream()
    wanted["incremental_sync"] = cursor(
        end_datetime="2024-01-06",
        step="P3D",
        cursor_granularity="P1D",
        start_time_option=None,
        end_time_option=None,
    )
    wanted["incremental_sync"] = {k: v for k, v in wanted["incremental_sync"].items() if v}
    farm = Farm([["done"], ["done"]])
    pages = read(farm, wanted)
    assert farm.created == 2
    assert pages[-1].state == {"day": "2024-01-02"}
