"""Files on an SSH server.

Belongs here: connecting once the server's key is known to be its own, listing and
reading. Does not belong here: trying again (`ranged`), writing; nothing is written.

Options: `user`; `password`, or a private key as text (`key`) or in a file
(`key_file`) with its `passphrase`; `port`; `known_hosts`: what the server's key must
be, as the path of a known_hosts file (else ~/.ssh/known_hosts), as its lines, or as
the key's fingerprint SHA256:….  Neither ~/.ssh/config nor an agent is used.
"""

from __future__ import annotations

import asyncio
import os
import posixpath
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import unquote, urlsplit

import asyncssh
from fsspec.asyn import get_loop, sync

from pipelines.errors import (
    ConfigurationError,
    CredentialsRefused,
    SourceError,
    SourceNotFound,
    SourceUnavailable,
)
from pipelines.flow import SourceFile

CONNECT_S = 15.0
ANSWER_S = 60.0
"""For one block, or the looks of one file; a server that takes longer is gone."""

LISTING_S = 600.0
"""For all folders of one listing."""

_OPTIONS = ("user", "password", "key", "key_file", "passphrase", "port", "known_hosts")
_T = TypeVar("_T")


class SftpPlace:
    """The folder of an address such as sftp://host/folder, below which files are read."""

    def __init__(self, root: str, options: Mapping[str, Any], mask: Callable[[str], str]) -> None:
        parts = urlsplit(root)
        unknown = sorted(set(options) - set(_OPTIONS))
        if unknown or not parts.hostname or parts.password:
            raise ConfigurationError(
                f"The folder {mask(root)} or its options ({', '.join(options) or 'none'}) can't be "
                f"used. Expected sftp://host/folder without a password, and of the options: "
                f"{', '.join(_OPTIONS)}."
            )
        self._host = parts.hostname
        self._port = int(options.get("port") or parts.port or 22)
        self._user = str(options.get("user") or unquote(parts.username or "") or "")
        self._root = posixpath.normpath(unquote(parts.path) or "/").replace("//", "/")
        self._options = options
        self._mask = mask
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._real = ""

    def walk(
        self, below: str, depth: int | None, wanted: Callable[[str], bool]
    ) -> Iterator[SourceFile]:
        """The files below; folders behind links are not gone into."""

        async def listed(client: asyncssh.SFTPClient) -> list[SourceFile]:
            return [file async for file in self._below(client, below, depth, wanted)]

        yield from self._ask(listed, below or "the folder", LISTING_S)

    def look(self, path: str) -> SourceFile:
        """One file as it is now."""

        async def looked(client: asyncssh.SFTPClient) -> SourceFile:
            await self._inside(client, path)
            attributes = await client.stat(self._full(path))
            if not stat.S_ISREG(attributes.permissions or stat.S_IFREG):
                raise asyncssh.SFTPNoSuchFile(f"{path} is no regular file")
            return _seen(path, attributes)

        return self._ask(looked, path)

    def fetch(self, path: str, start: int, end: int) -> bytes:
        """A block of the file."""

        async def fetched(client: asyncssh.SFTPClient) -> bytes:
            async with client.open(self._full(path), "rb") as file:
                return cast("bytes", await file.read(end - start, start))

        return self._ask(fetched, path)

    def close(self) -> None:
        """End the connection."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:

            async def closed() -> None:
                connection.close()
                await connection.wait_closed()

            sync(get_loop(), closed, timeout=CONNECT_S)

    def _full(self, path: str) -> str:
        return posixpath.join(self._root, path)

    async def _below(
        self,
        client: asyncssh.SFTPClient,
        below: str,
        depth: int | None,
        wanted: Callable[[str], bool],
    ) -> AsyncIterator[SourceFile]:
        try:
            await self._inside(client, below)
            entries = await client.readdir(self._full(below))
        except asyncssh.SFTPNoSuchFile:
            if not below:
                raise  # a root that is gone is no empty folder
            return
        for entry in entries:
            name = str(entry.filename)
            mode = entry.attrs.permissions or 0
            path = f"{below}/{name}" if below else name
            if name in (".", ".."):
                continue
            if stat.S_ISDIR(mode):
                if depth is None or depth > 1:
                    deeper = None if depth is None else depth - 1
                    async for file in self._below(client, path, deeper, wanted):
                        yield file
            elif wanted(path):
                if stat.S_ISLNK(mode):
                    await self._inside(client, path)
                attributes = await client.stat(self._full(path))
                if stat.S_ISREG(attributes.permissions or 0):
                    yield _seen(path, attributes)

    async def _inside(self, client: asyncssh.SFTPClient, path: str) -> None:
        """Refuse what leads out of the root by a link."""
        if not self._real:
            self._real = str(await client.realpath(self._root)).rstrip("/") + "/"
        real = str(await client.realpath(self._full(path))) + "/"
        if not real.startswith(self._real):
            raise SourceError(
                f"The file {path} on {self._host} is a link that leads out of the folder. Only "
                "files below it are read: copy the file there, or remove the link."
            )

    def _ask(
        self,
        action: Callable[[asyncssh.SFTPClient], Awaitable[_T]],
        what: str,
        within_s: float = 0,
    ) -> _T:
        """What the action gives, with every failure as an error of ours."""

        async def asked() -> _T:
            client = await self._connected()
            answer = asyncio.ensure_future(action(client))
            await asyncio.wait({answer}, timeout=within_s or ANSWER_S)
            if not answer.done() and self._connection is not None:
                # Ended from below, so that all that waits on the connection ends in order.
                self._connection.abort()
            return await answer

        try:
            found: _T = sync(get_loop(), asked)
            return found
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001  (asyncssh, the socket, or its time-outs)
            failure = self._failure(error, what)
            if not isinstance(failure, SourceNotFound | CredentialsRefused):
                self._forget()
            raise failure from None

    def _forget(self) -> None:
        """Drop a connection that failed; the next question makes another."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            get_loop().call_soon_threadsafe(connection.abort)

    def _failure(self, error: Exception, what: str) -> Exception:
        where = f"{what} on {self._host}"
        said = self._mask(str(error) or type(error).__name__)
        if isinstance(error, ConfigurationError):
            return error
        if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
            return SourceNotFound(f"There is no {where}. Check the folder's address.")
        if isinstance(error, asyncssh.SFTPPermissionDenied):
            return CredentialsRefused(
                f"The user {self._user} may not read {where}. Ask for the right."
            )
        if isinstance(error, asyncssh.PermissionDenied):
            return CredentialsRefused(
                f"{self._host} doesn't let {self._user} in ({said}). Renew the password or key."
            )
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return CredentialsRefused(said)
        return SourceUnavailable(
            f"The connection to {self._host} failed at {what}: {said}. Run again later."
        )

    async def _connected(self) -> asyncssh.SFTPClient:
        if self._client is not None:
            return self._client
        met: list[str] = []
        try:
            connection = await asyncssh.connect(
                self._host,
                self._port,
                client_factory=lambda: _Acquaintance(self._fingerprint(), met),
                known_hosts=self._known_hosts(),
                server_host_key_algs="default",
                username=self._user or None,
                password=self._options.get("password"),
                client_keys=self._keys(),
                config=None,
                agent_path=None,
                connect_timeout=CONNECT_S,
                login_timeout=CONNECT_S,
                keepalive_interval=15,
            )
        except asyncssh.HostKeyNotVerifiable:
            raise asyncssh.HostKeyNotVerifiable(
                f"The key of {self._host} is not known: it shows {' '.join(met) or 'another'}. If "
                "its operator confirms that fingerprint, give it as the option known_hosts; if "
                "the key was known before, somebody may stand in between."
            ) from None
        self._connection = connection
        self._client = await asyncio.wait_for(connection.start_sftp_client(), CONNECT_S)
        return self._client

    def _fingerprint(self) -> str:
        known = str(self._options.get("known_hosts") or "")
        return known if known.startswith("SHA256:") else ""

    def _known_hosts(self) -> Any:
        known = str(self._options.get("known_hosts") or "~/.ssh/known_hosts")
        if known.startswith("SHA256:"):
            return asyncssh.import_known_hosts("")
        if "\n" in known or " " in known.strip():
            return asyncssh.import_known_hosts(known)
        path = Path(known).expanduser()
        if not path.is_file():
            if self._options.get("known_hosts"):
                raise ConfigurationError(f"The file of known hosts, {path}, isn't there.")
            return asyncssh.import_known_hosts("")
        return asyncssh.import_known_hosts(path.read_text())

    def _keys(self) -> list[Any]:
        text, file = self._options.get("key"), self._options.get("key_file")
        passphrase = self._options.get("passphrase")
        try:
            if text:
                return [asyncssh.import_private_key(str(text), passphrase)]
            return [asyncssh.read_private_key(os.fspath(file), passphrase)] if file else []
        except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise ConfigurationError(
                f"The private key for {self._host} can't be used ({type(error).__name__}). "
                "Expected one in OpenSSH's form, and its passphrase if it has one."
            ) from None


class _Acquaintance(asyncssh.SSHClient):
    """Takes a server's key by its fingerprint, and notes the one that was shown."""

    def __init__(self, fingerprint: str, met: list[str]) -> None:
        self._fingerprint = fingerprint
        self._met = met

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        shown = key.get_fingerprint()
        self._met.append(shown)
        return bool(self._fingerprint) and shown == self._fingerprint


def _seen(path: str, attributes: asyncssh.SFTPAttrs) -> SourceFile:
    seconds = attributes.mtime or 0
    modified = int(seconds) * 10**9 + (attributes.mtime_ns or 0)
    return SourceFile(path, int(attributes.size or 0), modified)
