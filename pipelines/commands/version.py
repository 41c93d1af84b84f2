"""`headwater version`: which versions are at work, for a report of a problem."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed

from pipelines.commands.show import print_json

_SHOWN = ("headwater", "dagster", "duckdb", "duckdb-extension-ducklake", "pyarrow")


def version(*, as_json: bool) -> None:
    """Print the versions of Headwater, Python and the main libraries."""
    versions = {name: installed(name) for name in _SHOWN}
    versions["python"] = platform.python_version()
    if as_json:
        print_json(versions)
        return
    for name, number in versions.items():
        print(f"{name} {number}")
