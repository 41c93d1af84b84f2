"""Files on a web server: by name or through index pages, whole or by ranges."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import (
    ConfigurationError,
    CredentialsRefused,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from pipelines.spec import Files, Setting
from resources.files import FileStore
from resources.filesystems import open_files
from resources.http import Policy
from resources.remote import ranged, web
from resources.remote.ranged import Patience, RemoteFolder
from resources.remote.web import WebPlace, web_client
from resources.secrets import Given
from resources.settings import Settings

TOKEN = Setting(env="FILES_TOKEN", secret=True, description="The token.")
QUICK = Policy(
    allow_hosts=frozenset({"127.0.0.1"}),
    first_wait_s=0.01,
    longest_wait_s=0.02,
    read_s=0.5,
    total_s=1,
    attempts=3,
)


class Plain(SimpleHTTPRequestHandler):
    """The standard library's server: index pages, times, no ranges."""

    protocol_version = "HTTP/1.1"
    refuse: list[int] = []  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012

    def send_head(self) -> Any:
        self.asked.append(f"{self.command} {self.path}")
        if self.refuse:
            self.send_error(self.refuse.pop())
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> Any:
        return super().list_directory(path)

    def log_message(self, *_: Any) -> None:
        pass


class Ranges(Plain):
    """A server with ranges and ETags; `cut` answers break off half way."""

    cut = 0

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        self.asked.append(f"GET {self.path} {wanted[0]}")
        data = path.read_bytes()
        start, end = int(wanted[1]), min(int(wanted[2]) + 1, len(data))
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        if type(self).cut:
            type(self).cut -= 1
            self.wfile.write(data[start : (start + end) // 2])
            self.close_connection = True
            return
        self.wfile.write(data[start:end])

    def end_headers(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_file():
            self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
        super().end_headers()


class NoHead(Plain):
    """A server that knows no HEAD, and tells neither size nor time."""

    def do_HEAD(self) -> None:
        self.send_error(405)

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Last-Modified":
            super().send_header(keyword, value)


@contextmanager
def serving(folder: Path, handler: type[Plain] = Ranges) -> Iterator[str]:
    """The address of a folder on a web server of this machine."""
    handler.refuse.clear()
    handler.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def store(address: str, **options: Any) -> Iterator[FileStore]:
    """The files below an address, asked for without patience."""
    made = FileStore(RemoteFolder(WebPlace(address, options, web_client(QUICK, [])), Patience(1)))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files, and blocks so small that they have many."""
    (tmp_path / "2026" / "q 1").mkdir(parents=True)
    (tmp_path / "2026/q 1/ä&b.csv").write_text("a,b\n1,2\n")
    (tmp_path / "top.csv").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.csv").write_text("x")
    return tmp_path


@pytest.mark.parametrize("handler", [Plain, Ranges])
def test_index_pages_list_what_a_local_folder_would(folder: Path, handler: type[Plain]) -> None:
    local = FileStore(str(folder))
    with serving(folder, handler) as address, store(address) as files:
        for globs in (["**/*.csv"], ["*.csv"], ["2026/*/*.csv"], ["*/*.csv"], ["none/*.csv"]):
            assert [(f.path, f.size) for f in files.list(globs)] == [
                (f.path, f.size) for f in local.list(globs)
            ]
        with files.open("2026/q 1/ä&b.csv") as stream:
            assert stream.read() == b"a,b\n1,2\n"


@pytest.mark.parametrize("handler", [Plain, Ranges, NoHead])
def test_files_are_read_with_and_without_ranges(
    folder: Path, handler: type[Plain], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 1 << 16)
    with serving(folder, handler) as address, store(address) as files:
        (file,) = files.list(["top.csv"])
        assert file.size == 256_000
        with files.open("top.csv") as stream:
            assert stream.read() == (folder / "top.csv").read_bytes()
    if handler is not Ranges:
        # The content once; and where there is no HEAD, once for each look at the file.
        assert len([asked for asked in handler.asked if asked == "GET /top.csv"]) <= 4


def test_a_named_file_needs_no_index_page(folder: Path) -> None:
    with serving(folder) as address, store(address) as files:
        assert [file.path for file in files.list(["top.csv", "gone.csv"])] == ["top.csv"]
        assert Ranges.asked == ["HEAD /top.csv", "HEAD /gone.csv"]


def test_marks_of_change_tell_unchanged_files(folder: Path) -> None:
    with serving(folder) as address, store(address) as files:
        (before,) = files.list(["top.csv"])
        assert files.list(["top.csv"]) == [before]
        os.utime(folder / "top.csv", (1, 1))
        (after,) = files.list(["top.csv"])
        assert after.version != before.version
        assert after.modified_ns == 10**9


def test_a_file_without_any_mark_is_never_taken_for_unchanged(folder: Path) -> None:
    with serving(folder, NoHead) as address, store(address) as files:
        assert files.list(["top.csv"]) != files.list(["top.csv"])


def test_an_answer_that_breaks_off_is_asked_for_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 1 << 16)
    with serving(folder) as address, store(address) as files, files.open("top.csv") as stream:
        monkeypatch.setattr(Ranges, "cut", 2)
        assert stream.read() == (folder / "top.csv").read_bytes()


@pytest.mark.parametrize("size", [100, 256_000, 400_000])
def test_a_file_that_changes_while_it_is_read_is_noticed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 1 << 16)
    with serving(folder) as address, store(address) as files, files.open("top.csv") as stream:
        stream.read(10_000)
        (folder / "top.csv").write_bytes(b"x" * size)
        with pytest.raises(SourceError, match="changed while it was read"):
            stream.read()


def test_a_file_that_changed_since_it_was_listed_is_noticed(folder: Path) -> None:
    with serving(folder) as address, store(address) as files:
        files.list(["top.csv"])
        (folder / "top.csv").write_bytes(b"x" * 256_000)
        with pytest.raises(SourceError, match="changed while it was read"):
            files.open("top.csv")


def test_a_vanished_file_and_a_vanished_folder_are_told(folder: Path) -> None:
    with serving(folder) as address:
        with store(address) as files:
            files.list(["top.csv"])
            (folder / "top.csv").unlink()
            with pytest.raises(SourceError, match="nothing at this address"):
                files.open("top.csv")
        with store(address + "gone") as files, pytest.raises(SourceError, match="nothing at"):
            files.list(["*.csv"])


def test_passing_errors_pass_and_lasting_ones_end(folder: Path) -> None:
    with serving(folder) as address, store(address) as files:
        Plain.refuse[:] = [503, 500]
        assert len(files.list(["top.csv"])) == 1
        Plain.refuse[:] = [403]
        with pytest.raises(CredentialsRefused):
            files.list(["top.csv"])
        Plain.refuse[:] = [503] * 100
        with pytest.raises(SourceUnavailable):
            files.list(["top.csv"])
        Plain.refuse.clear()


def test_links_lead_nowhere_else(folder: Path) -> None:
    (folder / "index.html").write_text(
        "<a href='/top.csv'>a</a><a href='http://169.254.169.254/x.csv'>b</a>"
        "<a href='../../etc/passwd.csv'>c</a><a href='?C=N;O=D'>d</a><a href='./'>e</a>"
        "<a href='%2e%2e/up.csv'>f</a><a name='x'>g</a><a href='2026/'>h</a>"
    )
    with serving(folder) as address, store(address) as files:
        assert [f.path for f in files.list(["**/*.csv"])] == ["2026/q 1/ä&b.csv", "top.csv"]


def test_pages_that_link_in_a_circle_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_MOST_PAGES", 20)

    def endless(self: Plain, path: Any) -> Any:
        page = b"<a href='deeper/'>deeper</a>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    monkeypatch.setattr(Plain, "translate_path", lambda *_: str(folder))
    monkeypatch.setattr(Plain, "list_directory", endless)
    with (
        serving(folder, Plain) as address,
        store(address) as files,
        pytest.raises(SourceError, match="more than 20 index pages"),
    ):
        files.list(["**/*.csv"])


def test_private_networks_are_closed_and_secrets_are_not_shown(
    settings: Settings, folder: Path
) -> None:
    given = Given(None, {"FILES_TOKEN": "t0ken-value"})
    options = {"headers": {"Authorization": TOKEN}}
    with serving(folder) as address:
        closed = open_files("desk", Files(root=address, options=options), settings, given)
        with pytest.raises(RequestRefused, match="not public") as refused:
            closed.list(["top.csv"])
        assert "t0ken" not in str(refused.value)
        closed.close()
        allowed = settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
        files = open_files("desk", Files(root=address, options=options), allowed, given)
        assert len(files.list(["top.csv"])) == 1
        files.close()


@pytest.mark.parametrize("root", ["ftp://host/x", "s4://bucket", "https://host/x?y=1"])
def test_an_address_that_can_not_be_meant_is_refused(settings: Settings, root: str) -> None:
    with pytest.raises(ConfigurationError):
        open_files("desk", Files(root=root), settings, Given(None, {}))


def test_a_path_of_this_machine_stays_one(settings: Settings, folder: Path) -> None:
    for root in (str(folder), f"file://{folder}"):
        files = open_files("desk", Files(root=root), settings, Given(None, {}))
        assert len(files.list(["**/*.csv"])) == 2
