"""A real SFTP server on this machine, with faults on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "ada", "pa55-word"


@dataclass
class Faults:
    """What goes wrong: reads that drop the connection, or that take so many seconds."""

    drop: int = 0
    stall_s: float = 0.0
    reads: int = 0


@dataclass
class Server:
    """The server while it runs."""

    port: int
    folder: Path
    host_key: asyncssh.SSHKey
    user_key: asyncssh.SSHKey
    faults: Faults = field(default_factory=Faults)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    @property
    def root(self) -> str:
        """The address of its folder."""
        return f"sftp://127.0.0.1:{self.port}/"

    @property
    def fingerprint(self) -> str:
        """Of the key that it shows."""
        return str(self.host_key.get_fingerprint())

    @property
    def known_hosts(self) -> str:
        """The line of a known_hosts file."""
        return f"[127.0.0.1]:{self.port} {self.host_key.export_public_key().decode()}"


@contextmanager
def ssh_server(folder: Path) -> Iterator[Server]:
    """Serve a folder over SFTP on a free port, on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = Server(
        0,
        folder,
        asyncssh.generate_private_key("ssh-ed25519"),
        asyncssh.generate_private_key("ssh-ed25519"),
    )
    listening = asyncio.run_coroutine_threadsafe(_listen(made), loop).result(10)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listening, made), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(server: Server) -> Any:
    class Doorman(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            server.connections.append(conn)

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return username == USER and key == server.user_key.convert_to_public()

    class Clerk(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            self._conn = chan.get_connection()
            super().__init__(chan, chroot=str(server.folder).encode())

        async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
            server.faults.reads += 1
            if server.faults.drop:
                server.faults.drop -= 1
                self._conn.abort()
                raise asyncssh.SFTPConnectionLost("dropped")
            for _ in range(round(server.faults.stall_s * 100)):
                if server.faults.stall_s:
                    await asyncio.sleep(0.01)
            return bytes(await _awaited(super().read(file_obj, offset, size)))

    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Doorman,
        sftp_factory=Clerk,
        server_host_keys=[server.host_key],
    )


async def _awaited(found: Any) -> Any:
    return await found if asyncio.iscoroutine(found) else found


async def _stop(listening: Any, server: Server) -> None:
    listening.close()
    for connection in server.connections:
        connection.abort()
    await listening.wait_closed()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
