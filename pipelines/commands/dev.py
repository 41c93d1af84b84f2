"""`headwater dev`: the Dagster UI and its daemon, on this installation's history.

Belongs here: starting and ending Dagster's own processes. Does not belong here:
what they run (`pipelines.definitions`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

from rich.console import Console

from pipelines.commands.data import with_data
from pipelines.commands.show import console
from pipelines.errors import ConfigurationError
from pipelines.orchestration import read_catalog
from pipelines.orchestration.instance import close_abandoned, open_instance
from resources.settings import Settings, load_settings

END_WITHIN_S = 90
START_WITHIN_S = 120


def dev(*, host: str, port: int) -> int:
    """Run webserver and daemon until Ctrl-C or SIGTERM; the exit code."""
    settings, word = with_data(load_settings())
    output = console(sys.stderr)
    if word:
        output.print(word, style="dim")
    _refuse_busy_port(host, port)
    read_catalog(settings)
    with open_instance(settings) as instance:
        close_abandoned(instance, settings)
    return _watch(_start(settings, host, port), output, host, port)


def _start(settings: Settings, host: str, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(settings.dagster_home),
        "HEADWATER_HOME": str(settings.home),
        "HEADWATER_DATA": str(settings.data),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "dagster", "dev", "--module-name", "pipelines.definitions"]
    command += ["--host", host, "--port", str(port), "--log-level", "error"]
    # In a session of its own, so that Ctrl-C reaches only this process, which
    # then ends Dagster's parent: signalled all at once, its children can hang.
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _watch(child: subprocess.Popen[bytes], output: Console, host: str, port: int) -> int:
    asked = False

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    output.print("Starting the Dagster UI …", style="dim")
    deadline = time.monotonic() + START_WITHIN_S
    told = False
    while child.poll() is None and not asked:
        if not told and _listens(host, port):
            output.print(f"The Dagster UI is at [bold]http://{host}:{port}[/] (Ctrl-C ends it).")
            told = True
        if not told and time.monotonic() > deadline:
            output.print(f"The UI has not answered within {START_WITHIN_S} s; still waiting.")
            told = True
        time.sleep(0.2)
    if not asked:
        return child.returncode or 1
    _end(child)
    return 0


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGINT)
    try:
        child.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        _signal_all(child, signal.SIGKILL)
        child.wait()
    # Dagster's code server sometimes outlives its parent for a while.
    _signal_all(child, signal.SIGTERM)


def _signal_all(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def _refuse_busy_port(host: str, port: int) -> None:
    if _listens(host, port):
        raise ConfigurationError(
            f"Port {port} of {host} is in use already. End what listens there, or choose another "
            "port with --port."
        )
