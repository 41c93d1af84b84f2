"""`headwater replay`: a raw table rebuilt from its landing packages.

Belongs here: asking the engine and telling the outcome, also for replays of
quarantined rows. Does not belong here: how packages are read again (engine).
"""

from __future__ import annotations

import uuid
from typing import Protocol

from pipelines.catalog.load import load_catalog
from pipelines.commands.show import amount, console, count, print_json
from pipelines.engine import Engine, replay_table
from pipelines.flow import TableReport
from resources.settings import load_settings


class Replay(Protocol):
    """One of the engine's two ways of trying again."""

    def __call__(self, engine: Engine, table: str, *, run_id: str) -> TableReport:
        """Replay for one raw table."""


def replay(table: str, *, as_json: bool) -> None:
    """Rebuild the table and print what came of it."""
    replayed(table, replay_table, as_json=as_json)


def replayed(table: str, way: Replay, *, as_json: bool) -> None:
    """Replay a table in one of the two ways; raises what the engine raises."""
    settings = load_settings()
    engine = Engine(settings, load_catalog(settings.assets, cache=settings.home / "cache"))
    try:
        report = way(engine, table, run_id=str(uuid.uuid4()))
    finally:
        engine.close()
    if as_json:
        print_json(report.as_dict())
        return
    output = console()
    output.print(
        f"{table}: {count(report.rows_loaded, 'row')} loaded, "
        f"{amount(report.rows_quarantined)} in quarantine, {report.seconds:.1f} s."
    )
    for note in report.notes:
        output.print(f"  {note}", markup=False)
    output.print(f'\nheadwater run "{table}+"  builds what depends on it.', style="dim")
