"""Files on an SSH server.

Belongs here: listing and reading below one folder. Does not belong here: who lets us
in (`ssh_login`, which knows the options), trying again (`ranged`), writing; nothing
is written.
"""

from __future__ import annotations

import asyncio
import posixpath
import stat
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
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
from resources.remote.ssh_login import CONNECT_S, OPTIONS, Login, Opened

ANSWER_S = 60.0
"""For one block, or the looks of one file; a server that takes longer is gone."""

LISTING_S = 600.0
"""For all folders of one listing."""

_T = TypeVar("_T")


class SftpPlace:
    """The folder of an address such as sftp://host/folder, below which files are read."""

    def __init__(self, root: str, options: Mapping[str, Any], mask: Callable[[str], str]) -> None:
        parts = urlsplit(root)
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown or not parts.hostname or parts.password:
            raise ConfigurationError(
                f"The folder {mask(root)} or its options ({', '.join(options) or 'none'}) can't be "
                f"used. Expected sftp://host/folder without a password, and of the options: "
                f"{', '.join(OPTIONS)}."
            )
        port = int(options.get("port") or parts.port or 22)
        user = str(options.get("user") or unquote(parts.username or ""))
        self._login = Login(parts.hostname, port, user, options)
        self._root = posixpath.normpath(unquote(parts.path) or "/").replace("//", "/")
        self._mask = mask
        self._real = ""
        self._opening = threading.Lock()
        self._open: Opened | None = None

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
        opened, self._open = self._open, None
        if opened is not None:

            async def closed() -> None:
                opened.connection.close()
                await opened.connection.wait_closed()

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
                f"The file {path} on {self._login.host} is a link that leads out of the folder. "
                "Only files below it are read: copy the file there, or remove the link."
            )

    def _ask(
        self,
        action: Callable[[asyncssh.SFTPClient], Awaitable[_T]],
        what: str,
        within_s: float = 0,
    ) -> _T:
        """What the action gives, with every failure as an error of ours."""

        async def asked(opened: Opened) -> _T:
            answer = asyncio.ensure_future(action(opened.client))
            await asyncio.wait({answer}, timeout=within_s or ANSWER_S)
            if not answer.done():
                # Ended from below, so that all that waits on the connection ends in order.
                opened.connection.abort()
            return await answer

        try:
            found: _T = sync(get_loop(), asked, self._opened())
            return found
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001  (asyncssh, the socket, or its time-outs)
            failure = self._failure(error, what)
            if not isinstance(failure, SourceNotFound | CredentialsRefused):
                self._forget()
            raise failure from None

    def _opened(self) -> Opened:
        """The connection; one for all threads, made when it is needed."""
        with self._opening:
            if self._open is None:
                self._open = sync(get_loop(), self._login.open)
            return self._open

    def _forget(self) -> None:
        """Drop a connection that failed; the next question makes another."""
        opened, self._open = self._open, None
        if opened is not None:
            get_loop().call_soon_threadsafe(opened.connection.abort)

    def _failure(self, error: Exception, what: str) -> Exception:
        where = f"{what} on {self._login.host}"
        said = self._mask(str(error) or type(error).__name__)
        if isinstance(error, ConfigurationError):
            return error
        if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
            return SourceNotFound(f"There is no {where}. Check the folder's address.")
        if isinstance(error, asyncssh.SFTPPermissionDenied):
            return CredentialsRefused(
                f"The user {self._login.user} may not read {where}. Ask for the right."
            )
        if isinstance(error, asyncssh.PermissionDenied):
            return CredentialsRefused(
                f"{self._login.host} doesn't let {self._login.user} in ({said}). Renew the "
                "password or key."
            )
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return CredentialsRefused(said)
        return SourceUnavailable(
            f"The connection to {self._login.host} failed at {what}: {said}. Run again later."
        )


def _seen(path: str, attributes: asyncssh.SFTPAttrs) -> SourceFile:
    seconds = attributes.mtime or 0
    modified = int(seconds) * 10**9 + (attributes.mtime_ns or 0)
    return SourceFile(path, int(attributes.size or 0), modified)
