"""`headwater quarantine`: the rows that were set aside, and another try for them.

Belongs here: showing, and asking the engine for the replay. Does not belong
here: why a row is set aside (extract and load decide).
"""

from __future__ import annotations

from dataclasses import asdict

from rich.markup import escape

from pipelines.commands.lake import reading
from pipelines.commands.show import amount, console, moment, new_table, print_json
from pipelines.load.quarantine import list_quarantine, show_quarantine
from resources.settings import load_settings


def list_tables(*, as_json: bool) -> None:
    """Print which tables have rows set aside, grouped by the column at fault."""
    with reading(load_settings()) as connection:
        found = list_quarantine(connection)
    if as_json:
        print_json([asdict(item) for item in found])
        return
    output = console()
    if not found:
        output.print("Nothing is in quarantine.")
        return
    columns = ("table", "column", "rows", "since (UTC)", "for example")
    shown = new_table(*columns, numbers=("rows",), wrapped=("for example",))
    for item in found:
        since = moment(item.since)
        shown.add_row(item.table, item.column or "", amount(item.rows), since, escape(item.example))
    output.print(shown)
    output.print(f"\nheadwater quarantine show {found[0].table}", style="dim")


def show(table: str, *, limit: int, as_json: bool) -> None:
    """Print rows set aside for one table, each with reason, origin and raw record."""
    with reading(load_settings()) as connection:
        rows = show_quarantine(connection, table, limit)
    if as_json:
        print_json(rows)
        return
    output = console()
    if not rows:
        output.print(f"No row of {table} is in quarantine.")
        return
    for row in rows:
        line = f", line {row['_line']}" if row["_line"] is not None else ""
        path = f", {row['_path']}" if row["_path"] else ""
        output.print(f"[bold]{escape(row['_reason'])}[/]")
        output.print(f"  [dim]{escape(row['_file'] + line + path)}[/]")
        if row["_raw"]:
            output.print(f"  {escape(row['_raw'])}", soft_wrap=True)


def replay(table: str, *, as_json: bool) -> None:
    """Try the table's quarantined rows once more and print what came of it."""
    from pipelines.commands.replay import replayed
    from pipelines.engine import replay_quarantine

    replayed(table, replay_quarantine, as_json=as_json)
