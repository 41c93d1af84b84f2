"""docs/reference/cli.md: every command with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import typer.main

from docs.pages.markdown import code, document, table
from pipelines.cli import app
from pipelines.errors import HeadwaterError

_ABOUT = """
`headwater COMMAND --help` says the same. `make run`, `make dev` and `make test`
need no installation beforehand; the command lies in `.venv/bin/headwater`.
"""


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from _commands(child, f"{path} {name}")


def _parameter(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        name = code(parameter.metavar or str(parameter.name).upper())
        default = "required" if parameter.required else "none"
    else:
        metavar = f" {parameter.metavar or _choices(parameter) or parameter.name.upper()}"
        name = ", ".join(
            code(option + ("" if parameter.is_flag else metavar)) for option in parameter.opts
        )
        default = "off" if parameter.is_flag else code(_plain(parameter.default))
    return name, default, parameter.help or ""


def _choices(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    return "|".join(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ""


def _plain(value: Any) -> str:
    return "none" if value is None else str(getattr(value, "value", value))


def _section(path: str, command: Any) -> str:
    said = " ".join((command.help or "").split("\n\n")[0].split())
    more = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n")[1:])
    rows = [_parameter(p) for p in command.params if p.name != "help" and not p.hidden]
    shown = table(["Argument", "Default", "What it is"], rows) if rows else ""
    return "\n\n".join(part for part in (f"## `{path}`", said, more, shown) if part)


def _exit_codes() -> str:
    """Exit code → the errors that end a command with it."""

    def tree(kind: type[HeadwaterError]) -> Iterator[type[HeadwaterError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)

    rows = [
        (code(kind.__name__), kind.exit_code, " ".join((kind.__doc__ or "").split()))
        for kind in tree(HeadwaterError)
        if kind.__module__ == "pipelines.errors"
    ]
    return table(["Error", "Exit code", "When"], rows)


def page() -> str:
    """The page, from the command itself."""
    command = typer.main.get_command(app)
    sections = [_section(path, found) for path, found in _commands(command, "headwater")]
    return document("The headwater command", _ABOUT, *sections, "## Errors", _exit_codes())
