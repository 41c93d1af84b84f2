"""Collecting everything that is wrong, to tell it in one error.

Belongs here: where a problem is and how a list of them reads. Does not belong
here: finding problems.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipelines.errors import DeclarationError


@dataclass
class Problems:
    """The problems found so far: (file, field, sentence)."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, file: str, where: str, what: str) -> None:
        """Note one problem; `where` is the field, empty for the file as a whole."""
        self.found.append((file, where, what))

    def at(self, file: str) -> Reporter:
        """A reporter for one file."""
        return Reporter(self, file)

    def raise_any(self) -> None:
        """Raise DeclarationError if anything is wrong, with all of it."""
        if not self.found:
            return
        files: dict[str, list[str]] = {}
        for file, where, what in sorted(dict.fromkeys(self.found)):
            files.setdefault(file, []).append(f"  {where}: {what}" if where else f"  {what}")
        count = sum(map(len, files.values()))
        problems = "1 problem" if count == 1 else f"{count} problems"
        there = "1 file" if len(files) == 1 else f"{len(files)} files"
        lines = [f"{problems} in {there} of declarations; nothing was run."]
        for file, texts in files.items():
            lines += [file, *texts]
        raise DeclarationError("\n".join(lines))


@dataclass(frozen=True)
class Reporter:
    """Notes problems of one file, at or below one of its fields."""

    problems: Problems
    file: str
    field: str = ""

    def __call__(self, where: str, what: str) -> None:
        """Note one problem of a field, or of the place itself where it is empty."""
        path = ".".join(part for part in (self.field, where) if part)
        self.problems.add(self.file, path, what)

    def below(self, where: str) -> Reporter:
        """A reporter for what lies below a field."""
        return Reporter(self.problems, self.file, f"{self.field}.{where}".lstrip("."))


def nearest(name: object, known: Iterable[str]) -> str:
    """` Did you mean x?` for a name that isn't known, or the list of those that are."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        return f" Did you mean {near[0]}?"
    if not names:
        return " There are none."
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f" Known: {shown}."
