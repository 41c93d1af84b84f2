"""The word lists of matching, which are data: legal forms, descriptors, shared hosts.

Belongs here: reading them, once a process. Does not belong here: what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "data"
Words = tuple[str, ...]


@dataclass(frozen=True)
class Forms:
    """Legal forms as words, at the end and at the beginning of names.

    `longest` is the number of words of the longest one; `written` are those of scripts
    without spaces, the longest first.
    """

    last: frozenset[Words]
    first: frozenset[Words]
    longest: int
    written: tuple[str, ...]


@cache
def legal_forms() -> Forms:
    """The legal forms of all countries together; which country has one doesn't matter here."""
    read = _read("legal_forms.yaml")
    last, first = (
        frozenset(tuple(form.split()) for forms in read[place].values() for form in forms)
        for place in ("last", "first")
    )
    written = {form for forms in read["written"].values() for form in forms}
    longest_first = tuple(sorted(written, key=lambda form: (-len(form), form)))
    return Forms(last, first, max(map(len, last | first)), longest_first)


@cache
def listed(file: str, name: str) -> frozenset[str]:
    """One list of one file, such as `placeholders` of words.yaml."""
    return frozenset(map(str, _read(file)[name]))


@cache
def _read(file: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_FOLDER / file).read_text(encoding="utf-8"))
    return found
