"""A rotating refresh token that is lost locks a fund out of its books."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from pipelines.errors import ConfigurationError, CredentialsRefused, SourceUnavailable
from resources.http.tokens import Token, TokenStore, new_key
from tests.conftest import ROOT
from tests.http.conftest import Make
from tests.http.renewing import refresher
from tests.http.server import Handler, Server, answer

KEY = new_key()


class Vendor:
    """Rotates refresh tokens. With `grace`, the last one works until its successor is used."""

    def __init__(self, server: Server, *, grace: bool) -> None:
        self.issued = 0
        self.valid = {"r0"}
        self.grace = grace
        self._lock = threading.Lock()
        self._server = server
        self.url = server.on("/token", self._token)

    def _token(self, handler: Handler) -> None:
        with self._lock:
            given = parse_qs(self._server.seen[-1].body.decode())["refresh_token"][0]
            if given not in self.valid:
                answer(401, b'{"error": "invalid_grant"}')(handler)
                return
            self.issued += 1
            new = f"r{self.issued}"
            self.valid = {given, new} if self.grace else {new}
        granted = {"access_token": f"a{self.issued}", "refresh_token": new}
        answer(200, json.dumps(granted).encode())(handler)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    store = TokenStore(tmp_path / "tokens", KEY)
    store.put("books", Token("a0", "r0", 123.5, {"realm": "9"}))
    return store


def test_a_token_comes_back_as_it_was_kept(store: TokenStore) -> None:
    assert store.get("books") == Token("a0", "r0", 123.5, {"realm": "9"})
    assert store.get("other") is None


def test_nothing_readable_is_on_the_disk(store: TokenStore, tmp_path: Path) -> None:
    store.put("books", Token("c4n4ry-access", "c4n4ry-refresh", None, {"who": "c4n4ry"}))
    for path in (tmp_path / "tokens").iterdir():
        assert b"c4n4ry" not in path.read_bytes()
        assert "books" not in path.name
        if path.suffix == ".token":
            assert path.stat().st_mode & 0o077 == 0
    assert "c4n4ry" not in repr(store.get("books"))


def test_a_rotating_token_is_renewed_again_and_again(
    server: Server, make: Make, store: TokenStore
) -> None:
    vendor = Vendor(server, grace=False)
    for number in range(1, 6):
        assert store.renew("books", refresher(make(), vendor.url)).access_token == f"a{number}"
    kept = store.get("books")
    assert kept is not None
    assert kept.refresh_token == "r5"


def test_a_vendor_that_does_not_rotate_keeps_its_refresh_token(store: TokenStore) -> None:
    for number in range(3):
        renewed = store.renew("books", lambda given, n=number: Token(f"a{n}{given}"))  # type: ignore[misc]
        assert renewed == Token(f"a{number}r0", "r0")


def test_the_token_before_is_tried_if_the_new_one_was_never_valid(store: TokenStore) -> None:
    store.renew("books", lambda _: Token("a1", "never-activated"))
    asked: list[str] = []

    def refresh(given: str) -> Token:
        asked.append(given)
        if given != "r0":
            raise CredentialsRefused("invalid_grant")
        return Token("a2", "r2")

    assert store.renew("books", refresh).access_token == "a2"
    assert asked == ["never-activated", "r0"]


def test_a_refused_token_stays_kept(store: TokenStore) -> None:
    def refuse(_: str) -> Token:
        raise CredentialsRefused("invalid_grant")

    with pytest.raises(CredentialsRefused):
        store.renew("books", refuse)
    assert store.get("books") == Token("a0", "r0", 123.5, {"realm": "9"})


def test_many_that_need_a_new_token_ask_the_vendor_once(
    server: Server, make: Make, store: TokenStore, tmp_path: Path
) -> None:
    vendor = Vendor(server, grace=False)
    got: list[str] = []

    def need() -> None:
        own = TokenStore(tmp_path / "tokens", KEY)
        got.append(own.renew("books", refresher(make(), vendor.url), stale="a0").access_token)

    threads = [threading.Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, vendor.issued) == (["a1"] * 8, 1)


def test_processes_take_turns(server: Server, store: TokenStore, tmp_path: Path) -> None:
    vendor = Vendor(server, grace=False)
    children = [_child(tmp_path, vendor.url, 10) for _ in range(3)]
    lines = [line for child in children for line in child.communicate(timeout=30)[0].split()]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sorted(lines) == sorted(f"a{n}" for n in range(1, 31))


@pytest.mark.parametrize(
    ("point", "grace"),
    [
        ("token-renewed", True),
        ("token-written", True),
        ("token-written", False),
        ("token-kept", True),
        ("token-kept", False),
    ],
)
def test_a_kill_at_any_point_leaves_a_token_that_works(
    server: Server, make: Make, store: TokenStore, tmp_path: Path, point: str, grace: bool
) -> None:
    vendor = Vendor(server, grace=grace)
    child = _child(tmp_path, vendor.url, 5, HEADWATER_FAILPOINT=f"{point}:kill:3")
    child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL
    assert vendor.issued == 3
    renewed = store.renew("books", refresher(make(), vendor.url))
    assert renewed.access_token == "a4"


def test_kills_at_any_moment_leave_a_token_that_works(
    server: Server, make: Make, store: TokenStore, tmp_path: Path
) -> None:
    vendor = Vendor(server, grace=True)
    chance = random.Random(7)
    for _ in range(10):
        child = _child(tmp_path, vendor.url, 100_000)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        child.kill()
        child.communicate(timeout=10)
        store.renew("books", refresher(make(), vendor.url))
    assert vendor.issued > 20


def test_a_full_disk_shows_before_the_vendor_rotates(
    store: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceUnavailable, match="No space left"):
        store.renew("books", lambda given: asked.append(given) or Token("a1", "r1"))  # type: ignore[func-returns-value]
    assert asked == []
    monkeypatch.undo()
    assert store.get("books") == Token("a0", "r0", 123.5, {"realm": "9"})


def test_a_token_that_is_being_renewed_elsewhere_is_waited_for_and_not_for_ever(
    store: TokenStore, tmp_path: Path
) -> None:
    impatient = TokenStore(tmp_path / "tokens", KEY, wait_s=0.1)

    def slow(_: str) -> Token:
        with pytest.raises(SourceUnavailable, match="Another process"):
            impatient.renew("books", lambda _: Token("a9", "r9"))
        return Token("a1", "r1")

    assert store.renew("books", slow).access_token == "a1"


def test_the_key_is_asked_for_when_it_is_needed(tmp_path: Path) -> None:
    store = TokenStore(tmp_path, lambda: "")
    with pytest.raises(ConfigurationError, match="missing or is no key"):
        store.put("books", Token("a"))
    with pytest.raises(ConfigurationError, match="missing or is no key"):
        TokenStore(tmp_path, "not a key").put("books", Token("a"))


def test_a_key_can_be_replaced(store: TokenStore, tmp_path: Path) -> None:
    new = new_key()
    with pytest.raises(ConfigurationError, match="another key"):
        TokenStore(tmp_path / "tokens", new).get("books")
    both = TokenStore(tmp_path / "tokens", f"{new}, {KEY}")
    both.renew("books", lambda _: Token("a1", "r1"))
    assert TokenStore(tmp_path / "tokens", new).get("books") == Token("a1", "r1")


def test_an_account_without_a_refresh_token_needs_a_person(store: TokenStore) -> None:
    store.put("crm", Token("a"))
    for name in ("crm", "unknown"):
        with pytest.raises(ConfigurationError, match="a person must consent"):
            store.renew(name, lambda _: Token("b"))


def test_another_accounts_file_is_not_taken(store: TokenStore, tmp_path: Path) -> None:
    store.put("crm", Token("a", "r"))
    first, second = sorted((tmp_path / "tokens").glob("*.token"))
    second.write_bytes(first.read_bytes())
    with pytest.raises(ConfigurationError, match="another account"):
        [store.get("books"), store.get("crm")]


def _child(tmp_path: Path, url: str, times: int, **more: str) -> subprocess.Popen[str]:
    arguments = [str(tmp_path / "tokens"), KEY, url, str(times)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.http.renewing", *arguments],
        cwd=ROOT,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        text=True,
    )
