"""Write docs/reference from the code: `python -m docs.generate`.

Belongs here: which pages there are. Does not belong here: what is on them (see
`docs.pages`). With `--check` nothing is written, and the pages that are not what
the code says are named; a test does the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.pages import (
    cli,
    connectors,
    declarations,
    expectations,
    failpoints,
    settings,
    system,
    tables,
)

REFERENCE = Path(__file__).resolve().parent / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings.page,
    "cli.md": cli.page,
    "declarations.md": declarations.page,
    "expectations.md": expectations.page,
    "system-tables.md": system.page,
    "failpoints.md": failpoints.page,
    "sources.md": tables.sources,
    "connectors.md": connectors.page,
    "models.md": tables.models,
    "rules.md": tables.rules,
}
"""File name → the function that makes its text."""


def stale() -> list[str]:
    """The pages that are not what the code says, missing and surplus ones too."""
    there = {path.name for path in REFERENCE.glob("*.md")}
    wrong = [name for name, make in PAGES.items() if _read(name) != make()]
    return sorted({*wrong, *(there - set(PAGES))})


def write() -> None:
    """Write every page and remove those that there is no function for."""
    REFERENCE.mkdir(exist_ok=True)
    for path in REFERENCE.glob("*.md"):
        if path.name not in PAGES:
            path.unlink()
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")


def _read(name: str) -> str:
    path = REFERENCE / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> int:
    """Write the pages, or with --check say which are stale; the exit code."""
    if "--check" not in sys.argv[1:]:
        write()
        return 0
    wrong = stale()
    for name in wrong:
        print(f"docs/reference/{name} is not what the code says. Run `python -m docs.generate`.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
