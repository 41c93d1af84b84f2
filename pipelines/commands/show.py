"""How commands print: tables on a terminal, plain lines elsewhere, JSON for programs.

Belongs here: the look that all commands share. Does not belong here: what any
one command has to say.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import orjson
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 160
_UNITS = ("B", "kB", "MB", "GB", "TB")


def console(file: TextIO | None = None) -> Console:
    """A console for people; where no terminal is, lines are wide and unstyled."""
    target = file or sys.stdout
    if target.isatty():
        return Console(file=target, highlight=False)
    return Console(file=target, highlight=False, width=PLAIN_WIDTH, no_color=True)


def print_json(value: Any) -> None:
    """Write JSON to stdout, and nothing else."""
    sys.stdout.buffer.write(as_json(value))
    sys.stdout.buffer.flush()


def as_json(value: Any, *, indent: bool = True) -> bytes:
    """JSON, on one line or indented; what it can't hold exactly (decimals, bytes …) is text."""
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    if indent:
        options |= orjson.OPT_INDENT_2
    return orjson.dumps(value, default=str, option=options)


def new_table(*columns: str, numbers: tuple[str, ...] = (), wrapped: tuple[str, ...] = ()) -> Table:
    """An empty table, a line a row; `numbers` stand to the right, `wrapped` may take lines."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numbers else "left"
        table.add_column(column, justify=justify, no_wrap=column not in wrapped)
    return table


def amount(number: int) -> str:
    """A count for people: groups of three, nothing for zero."""
    return f"{number:,}" if number else "·"


def count(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(octets: int) -> str:
    """A number of bytes for people."""
    value = float(octets)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def moment(value: datetime | None) -> str:
    """A time for people, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if value else ""
