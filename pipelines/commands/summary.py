"""The end of `headwater run`: what was done, what is wrong, what to type next.

Belongs here: showing a finished run to a person. Does not belong here: deciding
its status or exit code.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.show import amount, count, new_table
from pipelines.flow import ABSENT, CheckReport, TableReport
from pipelines.orchestration import RunReport, html_path
from resources.settings import Settings

SAMPLE_ROWS = 5
NARROW = 90
_NUMBERS = ("read", "loaded", "quarantined", "s")
_STYLES = {"failed": "red", "skipped": "yellow"}


def show(console: Console, report: RunReport, settings: Settings) -> None:
    """Print the summary: table, failing checks, errors, where to look next."""
    console.print()
    quiet = [table for table in report.tables if _is_quiet(table, report)]
    if len(quiet) < len(report.tables):
        told = [table for table in report.tables if table not in quiet]
        console.print(_tables(report, told, console.width))
    if quiet:
        console.print(_fold(quiet), style="dim")
    for table in report.tables:
        if words := _left_out(table):
            console.print(f"{table.table}: {words}.", style="dim", soft_wrap=True)
    for check in report.checks:
        if check.status not in ("passed", "skipped"):
            _show_check(console, check)
    for problem in report.errors:
        console.print(f"\n[red]✗ {problem.table}[/] was not brought up to date.")
        console.print(f"  {escape(problem.message)}")
    console.print()
    console.print(_verdict(report))
    _show_places(console, report, settings)


def _is_quiet(table: TableReport, report: RunReport) -> bool:
    """Unchanged, or waiting for files that never came: nothing that asks for a look."""
    if table.status == "skipped":
        return report.status == "success"
    return table.status in ("unchanged", *ABSENT)


def _tables(report: RunReport, tables: list[TableReport], width: int) -> Table:
    names = ("table", "mode", *_NUMBERS[:-1], "checks", "s")
    kept = [name for name in names if width >= NARROW or name != "mode"]
    shown = new_table(*kept, numbers=_NUMBERS)
    for table in tables:
        row = dict(zip(names, _row(table, report.checks_of(table.table)), strict=True))
        shown.add_row(*(row[name] for name in kept), style=_STYLES.get(table.status))
    return shown


def _row(table: TableReport, checks: list[CheckReport]) -> list[str]:
    numbers = [
        table.rows_read,
        table.rows_loaded,
        table.rows_quarantined,
    ]
    mode = table.status if table.status in _STYLES else table.mode
    return [table.table, mode, *map(amount, numbers), _checks(checks), f"{table.seconds:.1f}"]


def _checks(checks: list[CheckReport]) -> str:
    """How many passed, warned and failed; only what there is."""
    passed = sum(check.status == "passed" for check in checks)
    warned = sum(check.status == "warned" for check in checks)
    failed = sum(check.status in ("failed", "error") for check in checks)
    parts = [f"{passed} passed"] if passed else []
    parts += [f"[yellow]{warned} warned[/]"] if warned else []
    parts += [f"[red]{failed} failed[/]"] if failed else []
    return " ".join(parts) or "·"


def _left_out(table: TableReport) -> str:
    """Why a table holds fewer rows than were read, or rows that look the same."""
    parts = []
    if table.rows_blank:
        parts.append(f"{count(table.rows_blank, 'wholly empty record')} dropped")
    if table.rows_duplicate:
        parts.append(f"{count(table.rows_duplicate, 'duplicate')} dropped")
    if table.rows_repeated:
        parts.append(f"{count(table.rows_repeated, 'row')} loaded that repeat another exactly")
    return ", ".join(parts)


def _fold(quiet: list[TableReport]) -> str:
    unchanged = sum(table.status == "unchanged" for table in quiet)
    words = [f"{count(unchanged, 'table')} unchanged."] if unchanged else []
    words += _names("without files", [each for each in quiet if each.status == "no files"])
    words += _names(
        "of sources not configured (`headwater sources list` says what they need)",
        [each for each in quiet if each.status == "not configured"],
    )
    words += _names("that read them", [each for each in quiet if each.status == "skipped"])
    return " ".join(words)


def _names(what: str, tables: list[TableReport]) -> list[str]:
    if not tables:
        return []
    names = ", ".join(table.table for table in tables[:4]) + (", …" if len(tables) > 4 else "")
    return [f"{count(len(tables), 'table')} {what}: {names}."]


def _show_check(console: Console, check: CheckReport) -> None:
    colour = "yellow" if check.status == "warned" else "red"
    head = f"[{colour}]{check.status}[/] ({check.severity}) {check.table}: {check.check}"
    rows = count(check.failing_rows, "failing row") if check.failing_rows else check.observed
    about = escape(" · ".join(filter(None, (check.error or check.description, rows))))
    known = check.reused and check.status == "warned"
    if known or check.severity == "info":
        console.print(f"{head}  [dim]{about}[/]", soft_wrap=True)
        return
    console.print(f"\n{head}\n  {about}", soft_wrap=True)
    if check.sample:
        console.print(_sample(check.sample[:SAMPLE_ROWS]))


def _sample(rows: list[dict[str, Any]]) -> Table:
    columns = list(dict.fromkeys(name for row in rows for name in row))[:8]
    table = new_table("", *columns)
    for row in rows:
        table.add_row("", *(escape(_cell(row.get(name))) for name in columns))
    return table


def _cell(value: Any) -> str:
    text = "∅" if value is None else " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def _verdict(report: RunReport) -> str:
    if report.status == "failed":
        states = [table.status for table in report.tables]
        parts = [f"{count(states.count('failed'), 'table')} failed"]
        parts.append(f"{states.count('skipped')} skipped")
        return f"[bold red]Failed[/]: {', '.join(parts)}, {report.seconds:.1f} s."
    if report.status == "checks_failed":
        return f"[bold red]Critical checks failed[/], {report.seconds:.1f} s."
    if report.nothing_new:
        return f"[bold green]Nothing new[/]: every table is up to date, {report.seconds:.1f} s."
    return f"[bold green]Done[/], {report.seconds:.1f} s."


def _show_places(console: Console, report: RunReport, settings: Settings) -> None:
    lines = [
        ("Warehouse", settings.lake or str(_near(settings.home))),
        ("Report", str(_near(html_path(settings, report.run_id)))),
    ]
    for position, (command, purpose) in enumerate(_next(report)):
        label = "" if position else "Next"
        lines.append((label, f"[bold]{escape(command)}[/]  [dim]{purpose}[/]"))
    for label, text in lines:
        console.print(f"{label:<10} {text}", soft_wrap=True)


def _next(report: RunReport) -> list[tuple[str, str]]:
    headwater = _command()
    commands = [(f"{headwater} tables", "what is in the warehouse")]
    set_aside = next((table for table in report.tables if table.rows_quarantined), None)
    if set_aside:
        commands.append(
            (f"{headwater} quarantine show {set_aside.table}", "rows that were set aside")
        )
    if report.errors:
        commands.append((f"{headwater} doctor", "what is wrong with this installation"))
    built = [table.table for table in report.tables if table.status in ("built", "unchanged")]
    if built:
        commands.append((f'{headwater} sql "FROM {built[-1]} LIMIT 10"', "look at the result"))
    return [*commands[:2], commands[-1]] if len(commands) > 3 else commands


def _command() -> str:
    """The command as a person can type it here: by its path where PATH lacks it."""
    called = Path(sys.argv[0])
    if shutil.which("headwater") or called.name != "headwater":
        return "headwater"
    return str(_near(called.absolute()))


def _near(path: Path) -> Path:
    """The path as a person would type it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
