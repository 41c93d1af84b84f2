"""`headwater sources try NAME`: a source read from answers recorded beside it.

Belongs here: the file of recorded answers, and loading from them into a warehouse
that is thrown away. Does not belong here: answering (`sandbox.recorded`).

    settings: {ACME_URL: "{address}", ACME_API_KEY: any}
    answers:
      - {request: "GET /items?page=1", status: 200, headers: {…}, body: …}
    expect: {items: 3}          rows of each stream's table
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from pipelines.catalog.header import read_header
from pipelines.catalog.problems import Problems
from pipelines.commands.show import console, new_table
from pipelines.engine import Engine, run_stream
from pipelines.errors import ConfigurationError, SourceError
from pipelines.orchestration.build import read_catalog
from pipelines.spec import Source
from resources.settings import Settings, load_settings

FOLDER = Path("tests") / "pages"


def try_pages(name: str) -> None:
    """Load every stream from the recorded answers and compare the rows.

    ConfigurationError where there are none or they can't be read, SourceError where a
    stream can't be read from them or gives another number of rows.
    """
    settings = load_settings()
    catalog = read_catalog(settings)
    if name not in catalog.sources:
        known = ", ".join(sorted(catalog.sources))
        raise ConfigurationError(f"There is no source {name!r}. Known: {known}.")
    recorded = _read(_place(settings, name))
    with tempfile.TemporaryDirectory(prefix="headwater-try-") as folder:
        home = Path(folder)
        here = settings.model_copy(
            update={"home": home, "data": home, "catalog": None, "lake": None}
        )
        found = _load(here, catalog.sources[name], recorded)
    _show(name, found, recorded.get("expect") or {})


def _place(settings: Settings, name: str) -> Path:
    places = [folder / FOLDER / f"{name}.yaml" for folder in settings.assets]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(map(str, places)) or "HEADWATER_ASSETS, which names no folder"
    raise ConfigurationError(
        f"No answers are recorded for {name}. Looked for {looked}. `headwater new source` writes "
        "such a file."
    )


def _read(place: Path) -> dict[str, Any]:
    problems = Problems()
    try:
        value = read_header(place.read_text(encoding="utf-8"), problems.at(str(place)))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{place} can't be read: {error}.") from None
    problems.raise_any()
    if value is None or not isinstance(value.get("answers"), list):
        raise ConfigurationError(f"{place} holds no list of answers; expected answers: [- …].")
    return value


def _load(settings: Settings, source: Source, recorded: Mapping[str, Any]) -> dict[str, int]:
    from sandbox.recorded import Page, Recorded
    from sandbox.server import serving

    try:
        pages = [Page.of(value) for value in recorded["answers"]]
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"A recorded answer of {source.name} is wrong: {error}") from None
    given = {str(name): str(text) for name, text in (recorded.get("settings") or {}).items()}
    with serving([Recorded(pages, given)]) as running:
        here = settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
        engine = Engine(here, read_catalog(here), instead=running.environment)
        try:
            return {
                stream.name: run_stream(engine, source, stream, run_id="try").rows_loaded
                for stream in source.streams
            }
        finally:
            engine.close()


def _show(name: str, found: Mapping[str, int], expected: Mapping[str, Any]) -> None:
    shown = new_table("stream", "rows", "expected", numbers=("rows", "expected"))
    for stream, rows in found.items():
        shown.add_row(escape(stream), str(rows), str(expected.get(stream, "·")))
    console().print(shown)
    wrong = [stream for stream, rows in found.items() if rows != expected.get(stream, rows)]
    if wrong:
        raise SourceError(
            f"{name} gave other numbers of rows than its recorded answers promise: "
            f"{', '.join(wrong)}. Correct the source, or the file's expect."
        )
    console().print(f"[green]✓[/] {name} reads its recorded answers.")
