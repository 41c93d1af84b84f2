"""OAuth tokens at rest: encrypted, and never lost while they rotate.

Belongs here: keeping tokens in files and renewing them under a lock. Does not
belong here: the request that renews one, which the authenticator makes.

Many vendors take a refresh token once and answer with the next; who loses that
answer is locked out until a person consents again. So room is made on the disk
before the vendor is asked, the answer is on the disk before anyone uses it, one
process asks at a time, and the token before is kept until the new one has itself
been exchanged. What no client can close is the moment between the vendor's
answer and our disk; there the token before helps with vendors that grant a grace.

    <folder>/<hash of the name>.token    what is valid, replaced in one step
    <folder>/<hash of the name>.new      room for the next; if whole, it is the next
    <folder>/<hash of the name>.lock     held while one is renewed
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigurationError, CredentialsRefused, SourceUnavailable
from pipelines.failpoints import failpoint

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_POLL_S = 0.02
_ROOM = 64 * 2**10
"""Bytes reserved for the next token, far more than any takes."""


@dataclass(frozen=True)
class Token:
    """What a vendor granted; `expires_at` in seconds since 1970."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class _Record:
    number: int
    current: Token
    previous: Token | None = None


class TokenStore:
    """The tokens of one installation, each under a name such as `xero/main`.

    `key` is one or more keys made by `new_key`, separated by commas: the first
    encrypts, all decrypt, so that a key can be replaced. It may be a function,
    called when it is first needed. `wait_s` is how long to wait while another
    process renews the same token.
    """

    def __init__(self, folder: Path, key: str | Callable[[], str], *, wait_s: float = 120) -> None:
        self._folder = folder
        self._key = key
        self._wait_s = wait_s
        self._cipher: MultiFernet | None = None

    def get(self, name: str) -> Token | None:
        """The token kept under this name, or None."""
        record = self._read(name, ".token")
        return record.current if record else None

    def put(self, name: str, token: Token) -> None:
        """Keep a token that a person has just consented to; it replaces any other."""
        with self._locked(name):
            known = self._latest(name)
            self._reserve(name)
            self._keep(name, _Record(known.number + 1 if known else 1, token))

    def renew(
        self, name: str, refresh: Callable[[str], Token], *, stale: str | None = None
    ) -> Token:
        """Exchange the refresh token for a new token, and keep that durably.

        `refresh` asks the vendor and raises CredentialsRefused if the refresh
        token is not taken. `stale` is the access token that did not work: if
        another thread or process has renewed it meanwhile, theirs is given and
        the vendor is not asked. Raises ConfigurationError if there is none.
        """
        with self._locked(name):
            record = self._latest(name)
            if record is None or not record.current.refresh_token:
                raise ConfigurationError(
                    f"There is no refresh token under the name {name}. Connect the account once: "
                    "a person must consent to it."
                )
            if stale is not None and record.current.access_token != stale:
                return record.current
            self._reserve(name)
            used, renewed = _exchange(record, refresh)
            failpoint("token-renewed")
            if not renewed.refresh_token or renewed.refresh_token == used.refresh_token:
                renewed = replace(renewed, refresh_token=used.refresh_token)
                used = record.previous or used
            self._keep(name, _Record(record.number + 1, renewed, used))
            return renewed

    def _latest(self, name: str) -> _Record | None:
        """What is valid; a next token that was written whole is taken into use first."""
        current, coming = self._read(name, ".token"), self._read(name, ".new", damaged_ok=True)
        if coming and coming.number == (current.number if current else 0) + 1:
            self._replace(name)
            return coming
        return current

    def _reserve(self, name: str) -> None:
        """Take the room for the next token, so that a full disk shows before the vendor rotates."""
        with self._disk(name), self._path(name, ".new").open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(bytes(_ROOM))
            file.flush()
            os.fsync(file.fileno())

    def _keep(self, name: str, record: _Record) -> None:
        text = json.dumps({"name": name, **asdict(record)}).encode()
        sealed = self._sealer().encrypt(text)
        with self._disk(name), self._path(name, ".new").open("r+b") as file:
            file.write(sealed)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        failpoint("token-written")
        self._replace(name)
        failpoint("token-kept")

    def _replace(self, name: str) -> None:
        with self._disk(name):
            self._path(name, ".new").replace(self._path(name, ".token"))
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _read(self, name: str, suffix: str, *, damaged_ok: bool = False) -> _Record | None:
        from cryptography.fernet import InvalidToken

        path = self._path(name, suffix)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            found = json.loads(self._sealer().decrypt(sealed))
        except InvalidToken:
            if damaged_ok:
                return None
            raise ConfigurationError(
                f"The token of {name} in {path} cannot be decrypted: it was kept under another "
                "key, or the file is damaged. Add the old key after the new one, separated by a "
                "comma, or connect the account again."
            ) from None
        if found.pop("name") != name:
            raise ConfigurationError(f"The file {path} holds another account's token than {name}.")
        return _record(found)

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / (hashlib.sha256(name.encode()).hexdigest()[:32] + suffix)

    def _sealer(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        if self._cipher is None:
            given = self._key if isinstance(self._key, str) else self._key()
            try:
                keys = [Fernet(part.strip()) for part in given.split(",") if part.strip()]
                self._cipher = MultiFernet(keys)
            except ValueError:
                raise ConfigurationError(
                    "The key that tokens are encrypted with is missing or is no key. Expected 32 "
                    "bytes in URL-safe base64, as resources.http.tokens.new_key() makes them."
                ) from None
        return self._cipher

    @contextmanager
    def _disk(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceUnavailable(
                f"The token of {name} could not be kept in {self._folder}: {error.strerror}. What "
                "was kept before is untouched. Make room or correct the rights, then run again."
            ) from error

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Alone with this token, among all threads and processes."""
        self._sealer()  # a wrong key must show before the vendor is asked
        ends = time.monotonic() + self._wait_s
        with self._disk(name):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = self._path(name, ".lock").open("a")
        with file:
            while not _try_lock(file.fileno()):
                if time.monotonic() > ends:
                    raise SourceUnavailable(
                        f"Another process has been renewing the token of {name} for more than "
                        f"{self._wait_s:g} s. Run again when it is done."
                    )
                time.sleep(_POLL_S)
            yield


def new_key() -> str:
    """A fresh key for a TokenStore."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def _exchange(record: _Record, refresh: Callable[[str], Token]) -> tuple[Token, Token]:
    """The token that was exchanged, and what for: the current one, else the one before."""
    current, previous = record.current, record.previous
    try:
        return current, refresh(current.refresh_token or "")
    except CredentialsRefused:
        if previous is None or previous.refresh_token in (None, current.refresh_token):
            raise
        return previous, refresh(previous.refresh_token or "")


def _record(found: dict[str, Any]) -> _Record:
    previous = found["previous"]
    return _Record(
        found["number"], Token(**found["current"]), Token(**previous) if previous else None
    )


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
