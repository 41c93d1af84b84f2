"""`headwater new source NAME`: one commented file, and answers to try it with.

Belongs here: writing the two files and saying what comes next. Does not belong here:
what stands in them (the templates beside this module).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.into import checked_name, folder_for, reading_it, write_new
from pipelines.commands.pages import FOLDER
from pipelines.commands.show import console
from resources.settings import load_settings

_TEMPLATES = Path(__file__).parent / "templates"


def new_source(name: str, *, into: Path | None) -> None:
    """Write `sources/NAME.yaml` and `tests/pages/NAME.yaml` below the fund's own folder."""
    settings = load_settings()
    name = checked_name(name)
    folder = folder_for(into, settings)
    files = {
        folder / "sources" / f"{name}.yaml": "source.yaml",
        folder / FOLDER / f"{name}.yaml": "pages.yaml",
    }
    for path, template in files.items():
        text = (_TEMPLATES / template).read_text(encoding="utf-8")
        write_new(path, text.replace("@name@", name).replace("@NAME@", name.upper()))
    output = console()
    for path in files:
        output.print(f"[green]✓[/] {path}")
    output.print("\nNext:", style="bold")
    set_folder = reading_it(folder, settings)
    if set_folder:
        output.print(f"  {set_folder}", soft_wrap=True)
    output.print(f"  headwater sources try {name}      # reads the recorded answers")
    output.print(f"  headwater sources check {name}    # asks the system itself")
