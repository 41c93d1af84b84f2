"""The files that records stand for are kept beside them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipelines.catalog import Catalog
from pipelines.engine import Engine, run_stream
from pipelines.errors import DeclarationError, SourceError
from pipelines.load.landing import Landing
from pipelines.load.raw import open_raw
from pipelines.spec import Api, PulledStream, Source
from resources.settings import Settings
from tests.declarative_runtime.reading import POLICY, manifest, pages, records, stream
from tests.declarative_runtime.server import Reply, Seen, Server, serve

BODIES = {f"/files/{n}": b"%PDF-" + bytes([n]) * 2000 for n in range(1, 8)}


def _api(server_url: list[str]) -> Any:
    def answer(seen: Seen) -> Any:
        if seen.path in BODIES:
            return Reply(BODIES[seen.path], headers={"Content-Type": "application/pdf"})
        if seen.path == "/items":
            found = [{"id": n, "link": f"{server_url[0]}/files/{n}"} for n in range(1, 8)]
            return {"data": found}
        return Reply({"error": "gone"}, status=404)

    return answer


@pytest.fixture
def server() -> Any:
    url: list[str] = []
    with serve(_api(url)) as running:
        url.append(running.url)
        yield running


def _stream(**more: Any) -> dict[str, Any]:
    token = {"type": "BearerAuthenticator", "api_token": "canary"}
    uploader = {
        "type": "FileUploader",
        "requester": {
            "type": "HttpRequester",
            "url_base": "{{ download_target }}",
            "authenticator": token,
        },
        "download_target_extractor": {"type": "DpathExtractor", "field_path": ["link"]},
        "filename_extractor": "/{{ record.id }}/letter.pdf",
        **more,
    }
    return stream(requester={"authenticator": token}, file_uploader=uploader)


def test_each_record_is_told_of_its_file(server: Server) -> None:
    found = pages(server.url, _stream())
    assert [page.answer.body for page in found[:7] if page.answer] == list(BODIES.values())
    assert [page.file for page in found[:7]] == [f"items/{n}/letter.pdf" for n in range(1, 8)]
    assert [record["file_reference"] for record in records(found)] == [
        {
            "source_file_relative_path": f"items/{n}/letter.pdf",
            "file_size_bytes": 2005,
            "sha256": hashlib.sha256(BODIES[f"/files/{n}"]).hexdigest(),
        }
        for n in range(1, 8)
    ]
    assert {seen.headers.get("authorization") for seen in server.seen} == {"Bearer canary"}


def test_a_file_without_a_name_is_called_by_its_content(server: Server) -> None:
    (first, *_) = records(pages(server.url, _stream(filename_extractor="")))
    told = first["file_reference"]
    assert told["source_file_relative_path"] == f"items/{told['sha256']}"


def test_the_credentials_do_not_follow_a_record_to_another_host() -> None:
    elsewhere: list[str] = []
    both = replace(POLICY, allow_hosts=frozenset({"127.0.0.1", "localhost"}))
    with serve(_api(elsewhere)) as server:
        elsewhere.append(server.url.replace("127.0.0.1", "localhost"))
        assert len(records(pages(server.url, _stream(), policy=both))) == 7
        sent = {seen.path[:4]: seen.headers.get("authorization") for seen in server.seen}
    assert sent == {"/ite": "Bearer canary", "/fil": None}


def test_a_record_without_a_file_is_told(server: Server) -> None:
    wrong = _stream(download_target_extractor={"type": "DpathExtractor", "field_path": ["no"]})
    with pytest.raises(SourceError, match="names no file"):
        pages(server.url, wrong)


def test_a_file_that_may_be_missing_leaves_its_record(server: Server) -> None:
    made = _stream()
    made["file_uploader"]["requester"] |= {
        "url_base": server.url,
        "path": "/gone",
        "error_handler": {
            "type": "DefaultErrorHandler",
            "response_filters": [
                {"type": "HttpResponseFilter", "http_codes": [404], "action": "IGNORE"}
            ],
        },
    }
    found = records(pages(server.url, made))
    assert [record["file_reference"] for record in found] == [None] * 7


def test_a_file_inside_of_an_answer_is_refused_with_a_way_out(server: Server) -> None:
    inside = {"type": "DpathExtractor", "field_path": ["content"]}
    with pytest.raises(DeclarationError, match="isolated runner"):
        pages(server.url, _stream(file_extractor=inside))


def test_the_bytes_are_kept_in_landing_and_the_record_in_the_warehouse(
    server: Server, settings: Settings
) -> None:
    letters = PulledStream(name="letters", of="items", description="x", mode="merge", key=("id",))
    document = dict(manifest(_stream()).document)
    source = Source(
        name="post",
        description="x",
        owner="x",
        streams=(letters,),
        connection=Api(manifest=document, config={"url": server.url}),
    )
    settings = settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    engine = Engine(settings, Catalog(sources={"post": source}))
    assert run_stream(engine, source, letters, run_id="a").rows_loaded == 7
    assert run_stream(engine, source, letters, run_id="b").status == "unchanged"
    with engine.warehouse.read() as connection:
        asked = "SELECT file_reference->>'sha256' FROM raw.post__letters ORDER BY id"
        hashes = [row[0] for row in connection.execute(asked).fetchall()]
    engine.close()
    (package,) = Landing(settings.landing, "post", "letters").packages()
    (file,) = package.manifest.files
    with open_raw(package.raw(file)) as kept:
        content = kept.read()
    found = {}
    while content:
        head, _, content = content.partition(b"\n")
        said = orjson.loads(head)
        body, content = content[: said["bytes"]], content[said["bytes"] + 1 :]
        if "file" in said["about"]:
            found[said["about"]["file"]] = hashlib.sha256(body).hexdigest()
    assert found == {f"items/{n}/letter.pdf": hashes[n - 1] for n in range(1, 8)}
