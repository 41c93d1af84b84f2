"""The examples in the documentation, as files that can be run.

A fenced block whose first line says ```python title="my-fund/assets/sources/crm.py"``` is
the file of that name. Belongs here: finding and writing them. The tests run
them, so an example that doesn't work can't stay.
"""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
_BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)


def example_files(page: Path) -> dict[str, str]:
    """Path → text of every file that a page shows."""
    return dict(_BLOCK.findall(page.read_text(encoding="utf-8")))


def write_example(page: Path, folder: Path) -> None:
    """Write the files that a page shows below a folder."""
    for name, text in example_files(page).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
