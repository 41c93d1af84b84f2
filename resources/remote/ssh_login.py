"""Getting in at an SSH server, once it is known to be the right one.

Belongs here: the options of a login, the server's key, ours. Does not belong here:
files.

Options: `user`; `password`, or a private key as text (`key`) or in a file
(`key_file`) with its `passphrase`; `port`; `known_hosts`: what the server's key must
be, as the path of a known_hosts file (else ~/.ssh/known_hosts), as its lines, or as
the key's fingerprint SHA256:…. Neither ~/.ssh/config nor an agent is used.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from pipelines.errors import ConfigurationError

CONNECT_S = 15.0
OPTIONS = ("user", "password", "key", "key_file", "passphrase", "port", "known_hosts")


@dataclass(frozen=True)
class Opened:
    """A connection with its file client."""

    connection: asyncssh.SSHClientConnection
    client: asyncssh.SFTPClient


class Login:
    """How one user gets in at one server."""

    def __init__(self, host: str, port: int, user: str, options: Mapping[str, Any]) -> None:
        self.host = host
        self.user = user
        self._port = port
        self._options = options

    async def open(self) -> Opened:
        """A connection to the server, once its key is known to be its own.

        Raises asyncssh's errors, and ConfigurationError for keys that can't be used.
        """
        met: list[str] = []
        try:
            connection = await asyncssh.connect(
                self.host,
                self._port,
                client_factory=lambda: _Acquaintance(self._fingerprint(), met),
                known_hosts=self._known_hosts(),
                server_host_key_algs="default",
                username=self.user or None,
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
                f"The key of {self.host} is not known: it shows {' '.join(met) or 'another'}. If "
                "its operator confirms that fingerprint, give it as the option known_hosts; if "
                "the key was known before, somebody may stand in between."
            ) from None
        try:
            client = await asyncio.wait_for(connection.start_sftp_client(), CONNECT_S)
        except BaseException:
            connection.abort()
            raise
        return Opened(connection, client)

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
                f"The private key for {self.host} can't be used ({type(error).__name__}). "
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
