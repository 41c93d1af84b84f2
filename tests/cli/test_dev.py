from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from resources.settings import Settings
from tests.cli.conftest import COMMAND, Headwater

QUERY = (
    "{ repositoriesOrError { ... on RepositoryConnection { nodes { "
    "jobs { name } sensors { name } assetNodes { id } } } } "
    "instance { daemonHealth { allDaemonStatuses { daemonType } } } }"
)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def children(pid: int) -> list[int]:
    """Every process below one, however deep."""
    below = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            below += [child, *children(child)]
    return below


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie that waits to be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ask(port: int) -> dict[str, object] | None:
    body = json.dumps({"query": QUERY}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.loads(answer.read())["data"])
    except OSError:
        return None


@pytest.mark.slow
def test_dev_serves_the_assets_and_ends_without_leaving_processes(
    settings: Settings, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "HEADWATER_HOME": str(settings.home),
        "HEADWATER_DATA": str(settings.data),
    }
    process = subprocess.Popen(
        [*COMMAND, "dev", "--port", str(port)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 180
        nodes: list[dict[str, list[object]]] = []
        while not nodes and time.monotonic() < deadline:
            time.sleep(1)
            data = ask(port)
            nodes = data["repositoriesOrError"].get("nodes", []) if data else []  # type: ignore[attr-defined]
        assert {"name": "nightly"} in nodes[0]["jobs"]
        assert {"name": "file_drop"} in nodes[0]["sensors"]
        assert len(nodes[0]["assetNodes"]) > 50
        started = children(process.pid)
        assert started
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
        deadline = time.monotonic() + 15
        while any(map(alive, started)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [pid for pid in started if alive(pid)] == []
    finally:
        process.kill()
        process.wait()


def test_a_port_in_use_is_said(headwater: Headwater) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        done = headwater("dev", "--port", str(listening.getsockname()[1]))
    assert done.returncode == 2
    assert b"is in use already" in done.stderr
