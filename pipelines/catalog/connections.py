"""Whether a source's connection and its streams go together.

Belongs here: what can be wrong with a connection without asking its system. Does
not belong here: manifests (the reader validates them whole), or values of settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pipelines.catalog.problems import Reporter
from pipelines.spec import Connection, Files, FileStream, PulledStream, Setting, Source

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def check_connection(source: Source, report: Reporter) -> None:
    """Report a connection of no known kind, streams that it can't read, bad settings."""
    connection = source.connection
    if connection is not None and not isinstance(connection, get_args(Connection)):
        names = " or ".join(kind.__name__ for kind in get_args(Connection))
        report("connection", f"Got {type(connection).__name__}; expected {names}, or None.")
        return
    files = connection is None or isinstance(connection, Files)
    for stream in source.streams:
        if files and isinstance(stream, PulledStream):
            report(
                f"streams.{stream.name}",
                "A PulledStream needs a system that is asked; give the source a connection.",
            )
        elif not files and isinstance(stream, FileStream):
            report(
                f"streams.{stream.name}",
                f"A FileStream can't be read through {type(connection).__name__}; expected a "
                "PulledStream, or connection=Files(…).",
            )
    for where, setting in _settings(vars(connection) if connection else {}, "connection"):
        _check_setting(setting, report, where)


def _check_setting(setting: Setting, report: Reporter, where: str) -> None:
    if not isinstance(setting.env, str) or not _VARIABLE.fullmatch(setting.env):
        report(f"{where}.env", f"Got {setting.env!r}; expected a name such as ATTIO_API_KEY.")
    elif setting.env.startswith("HEADWATER_"):
        report(
            f"{where}.env",
            f"Got {setting.env!r}; HEADWATER_ is for Headwater's own settings. Choose another "
            "beginning.",
        )
    if setting.secret and setting.default not in (None, ""):
        report(f"{where}.default", "A secret has no default: it would stand in the code.")
    if not setting.description:
        report(f"{where}.description", "Got nothing; say what the value is and where to get it.")


def _settings(value: Any, where: str) -> Iterator[tuple[str, Setting]]:
    if isinstance(value, Setting):
        yield where, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _settings(inner, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _settings(inner, f"{where}[{at}]")
