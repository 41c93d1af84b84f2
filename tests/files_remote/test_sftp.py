"""Files over SFTP: as local ones, and never from a server that nobody vouched for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from pipelines.errors import ConfigurationError, CredentialsRefused, SourceError, SourceUnavailable
from pipelines.spec import Files, Setting
from resources.files import FileStore
from resources.filesystems import open_files
from resources.remote import ranged, sftp
from resources.secrets import Given
from resources.settings import Settings
from tests.files_remote.ssh import PASSWORD, USER, Server, ssh_server

SECRET = Setting(env="SFTP_PASSWORD", secret=True, description="The password.")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests; each has a folder of its own below."""
    with ssh_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def folder(served: Server, request: pytest.FixtureRequest) -> Path:
    """The test's own folder on the server."""
    name: str = request.node.name
    made = served.folder / name.replace("[", "_").replace("]", "_")
    made.mkdir(parents=True)
    return made


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, served: Server) -> Iterator[None]:
    """Failures are tried again at once, and the server is as it should be."""
    monkeypatch.setattr(ranged.Patience, "__init__", _impatient)
    served.faults.drop, served.faults.stall_s, served.faults.reads = 0, 0.0, 0
    yield
    served.faults.drop, served.faults.stall_s = 0, 0.0


def _impatient(self: Any, attempts: int = 3, first_wait_s: float = 0.01) -> None:
    object.__setattr__(self, "attempts", attempts)
    object.__setattr__(self, "first_wait_s", first_wait_s)


def store(
    settings: Settings, served: Server, folder: Path, given: str = PASSWORD, **options: Any
) -> FileStore:
    """The store of a folder on the server."""
    said = {"user": USER, "password": SECRET, "known_hosts": served.fingerprint, **options}
    said = {name: value for name, value in said.items() if value is not None}
    connection = Files(root=served.root + folder.name, options=said)
    return open_files("desk", connection, settings, Given(None, {"SFTP_PASSWORD": given}))


def test_files_are_listed_and_read_as_local_ones(
    settings: Settings, served: Server, folder: Path
) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep/er/a ü.csv").write_text("a")
    (folder / "b.csv").write_bytes(bytes(range(256)) * 100)
    (folder / ".hidden.csv").write_text("x")
    (folder / "c.csv.part").write_text("x")
    files = store(settings, served, folder)
    local = FileStore(str(folder))
    for globs in (["**/*.csv"], ["*.csv"], ["deep/*/*.csv"], ["b.csv"], ["none/*.csv", "no.csv"]):
        assert [(f.path, f.size) for f in files.list(globs)] == [
            (f.path, f.size) for f in local.list(globs)
        ]
    with files.open("b.csv") as stream:
        assert stream.read() == (folder / "b.csv").read_bytes()
    assert files.list(["b.csv"]) == files.list(["b.csv"])
    files.close()
    assert len(files.list(["*.csv"])) == 1, "a closed store can be used again"
    files.close()


def test_a_key_opens_the_door_as_well(settings: Settings, served: Server, folder: Path) -> None:
    (folder / "a.csv").write_text("a")
    text = served.user_key.export_private_key().decode()
    files = store(settings, served, folder, password=None, key=text)
    assert len(files.list(["*.csv"])) == 1
    files.close()


def test_an_unknown_server_is_refused_with_its_fingerprint(
    settings: Settings, served: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    files = store(settings, served, folder, known_hosts=None)
    with pytest.raises(CredentialsRefused) as refused:
        files.list(["*.csv"])
    assert served.fingerprint in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_server_with_another_key_is_refused(
    settings: Settings, served: Server, folder: Path
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    line = f"[127.0.0.1]:{served.port} {other.export_public_key().decode()}"
    for known in (str(other.get_fingerprint()), line):
        with pytest.raises(CredentialsRefused, match="is not known"):
            store(settings, served, folder, known_hosts=known).list(["*.csv"])


def test_known_hosts_may_be_lines_or_a_file(
    settings: Settings, served: Server, folder: Path
) -> None:
    (folder / "a.csv").write_text("a")
    (folder / "known").write_text(served.known_hosts)
    for known in (served.known_hosts, str(folder / "known")):
        files = store(settings, served, folder, known_hosts=known)
        assert len(files.list(["*.csv"])) == 1
        files.close()
    with pytest.raises(ConfigurationError, match="isn't there"):
        store(settings, served, folder, known_hosts="/nowhere/known").list(["*.csv"])


def test_a_wrong_password_is_refused_at_once_and_never_shown(
    settings: Settings, served: Server, folder: Path
) -> None:
    before = len(served.connections)
    with pytest.raises(CredentialsRefused, match="doesn't let ada in") as refused:
        store(settings, served, folder, given="wr0ng-word").list(["*.csv"])
    assert "wr0ng-word" not in str(refused.value)
    assert len(served.connections) == before + 1


def test_a_dropped_connection_loses_no_byte(
    settings: Settings, served: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 1 << 16)
    (folder / "a.bin").write_bytes(bytes(range(256)) * 2000)
    files = store(settings, served, folder)
    with files.open("a.bin") as stream:
        first = stream.read(100_000)
        served.faults.drop = 1
        assert first + stream.read() == (folder / "a.bin").read_bytes()
    files.close()


def test_a_server_that_stays_away_is_an_error_and_the_next_run_reads(
    settings: Settings, served: Server, folder: Path
) -> None:
    (folder / "a.bin").write_bytes(b"x" * 1000)
    files = store(settings, served, folder)
    served.faults.drop = 1000
    with files.open("a.bin") as stream, pytest.raises(SourceUnavailable, match="Run again later"):
        stream.read()
    served.faults.drop = 0
    with files.open("a.bin") as stream:
        assert stream.read() == b"x" * 1000
    files.close()


def test_a_silent_server_does_not_hold_the_run(
    settings: Settings, served: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.bin").write_bytes(b"x" * 1000)
    files = store(settings, served, folder)
    files.list(["*"])
    monkeypatch.setattr(sftp, "ANSWER_S", 0.2)
    with files.open("a.bin") as stream:
        served.faults.stall_s = 30
        with pytest.raises(SourceUnavailable):
            stream.read()


def test_a_vanished_file_and_a_vanished_folder_are_told(
    settings: Settings, served: Server, folder: Path
) -> None:
    (folder / "a.csv").write_text("a")
    files = store(settings, served, folder)
    files.list(["*.csv"])
    (folder / "a.csv").unlink()
    with pytest.raises(SourceError, match=r"There is no a\.csv"):
        files.open("a.csv")
    folder.rmdir()
    with pytest.raises(SourceError, match="There is no the folder"):
        files.list(["*.csv"])
    files.close()


@pytest.mark.parametrize("size", [500_000, 300_000, 700_000])
def test_a_file_that_changes_while_it_is_read_is_noticed(
    settings: Settings,
    served: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 1 << 16)
    (folder / "a.bin").write_bytes(b"a" * 500_000)
    files = store(settings, served, folder)
    with files.open("a.bin") as stream:
        stream.read(100_000)
        (folder / "a.bin").write_bytes(b"b" * size)
        later = (folder / "a.bin").stat().st_mtime + 5
        os.utime(folder / "a.bin", (later, later))
        with pytest.raises(SourceError, match="changed while it was read"):
            stream.read()
    files.close()


def test_a_link_out_of_the_folder_is_refused(
    settings: Settings, served: Server, folder: Path
) -> None:
    (served.folder / "secret.csv").write_text("secret")
    (folder / "a.csv").symlink_to("../secret.csv")
    files = store(settings, served, folder)
    for use in (lambda: files.list(["*.csv"]), lambda: files.open("a.csv")):
        with pytest.raises(SourceError, match="leads out of the folder"):
            use()
    files.close()


def test_what_can_not_be_meant_is_refused(settings: Settings, served: Server, folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be used"):
        store(settings, served, folder, passwort="x")
    with pytest.raises(ConfigurationError, match="OpenSSH's form"):
        store(settings, served, folder, key="no key").list(["*"])
    with pytest.raises(ConfigurationError, match="can't be used") as refused:
        open_files("desk", Files(root=f"sftp://ada:{PASSWORD}@host/x"), settings, Given(None, {}))
    assert PASSWORD not in str(refused.value)
