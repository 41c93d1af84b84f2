"""Python environments of their own, for programs whose packages must not meet ours.

Belongs here: making such an environment once, and never using half of one. Does not
belong here: running what is in it (`programs`), or what it is for.

    <folder>/<hash>/            the environment of one list of requirements
    <folder>/<hash>/made.json   written last: only an environment that has it is used
    <folder>/<hash>.lock        held while it is made
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import SourceError
from resources.http.masking import Masker

_MADE = "made.json"
_LAST_LINES = 12
_LONGEST_S = 1_800
_PASSED_ON = ("HOME", "PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_CACHE_HOME")
_PASSED_ON_LIKE = ("UV_",)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
"""Variables that say how to reach the network, in either case of letters."""


def environment(folder: Path, requirements: Sequence[str]) -> Path:
    """The `bin/python` of an environment with just these requirements; made once.

    Made by uv for this version of Python, below `folder`. Another process that
    wants the same one waits. SourceError quotes uv's last lines.
    """
    key = hashlib.sha256(json.dumps([sys.version_info[:2], *requirements]).encode()).hexdigest()
    made = folder / key[:16]
    python = made / "bin" / "python"
    if _usable(made):
        return python
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{made.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _usable(made):
            shutil.rmtree(made, ignore_errors=True)
            _make(made, requirements)
    return python


def _usable(made: Path) -> bool:
    """Whether it was made whole, and the Python that it was made for is still there."""
    return (made / _MADE).exists() and (made / "bin" / "python").exists()


def _make(made: Path, requirements: Sequence[str]) -> None:
    # Relocatable: the folder that it stands in may be moved.
    _uv(["venv", "--quiet", "--relocatable", "--python", sys.executable, str(made)], requirements)
    python = str(made / "bin" / "python")
    # `--` keeps a requirement from being taken for an option.
    install = ["pip", "install", "--quiet", "--python", python, "--", *requirements]
    if requirements:
        _uv(install, requirements)
    draft = made / f".{_MADE}"
    with draft.open("w") as file:
        json.dump({"requirements": list(requirements)}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(made / _MADE)


def _uv(arguments: Sequence[str], requirements: Sequence[str]) -> None:
    wanted = " ".join(requirements) or "no package"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "uv", "--color", "never", *arguments],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(
            f"The environment for {wanted} was not made within {_LONGEST_S // 60} minutes. See "
            "whether the package registry can be reached, then run again."
        ) from None
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        said = Masker().mask("\n  ".join(lines))
        raise SourceError(
            f"The environment for {wanted} could not be made. uv says:\n  {said}\nCorrect the "
            "requirements in the source's declaration, or the way to the registry, and run again."
        )


def _environment() -> dict[str, str]:
    """What uv needs, and nothing of ours: a package may run code of its own when installed."""
    proxies = {name.lower() for name in PROXIES}
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_LIKE) or name.lower() in proxies
    }
