"""Small pieces of Markdown that every page uses."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

NOTE = "<!-- Written by `python -m docs.generate`; change the code, not this page. -->"


def document(title: str, about: str, *parts: str) -> str:
    """A page: title, a paragraph, and its parts."""
    pieces = [f"# {title}", NOTE, about, *parts]
    return "\n\n".join(piece.strip() for piece in pieces if piece.strip()) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; columns that are empty throughout are left out."""
    cells = [[_cell(value) for value in row] for row in rows]
    used = [at for at in range(len(header)) if any(row[at] for row in cells)]
    lines = [[header[at] for at in used], ["---"] * len(used)]
    lines += [[row[at] for at in used] for row in cells]
    return "\n".join(map(_line, lines))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: Any) -> str:
    """A value in a code span."""
    text = str(value)
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def codes(values: Iterable[Any]) -> str:
    """Several code spans in a row."""
    return ", ".join(code(value) for value in values)


def doc(thing: Any) -> str:
    """The docstring of a thing, with its indentation taken off."""
    return inspect.getdoc(thing) or ""


def first_paragraph(thing: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(doc(thing).split("\n\n")[0].split())
