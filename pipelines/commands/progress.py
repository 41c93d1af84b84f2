"""A run's progress: bars on a terminal, one plain line for each table elsewhere.

Belongs here: what is shown while the run goes on. Does not belong here: the
summary at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.commands.show import count
from pipelines.flow import ABSENT, CheckReport, TableReport
from pipelines.orchestration import RunReport

_SIGNS = {
    "loaded": "[green]✓[/]",
    "built": "[green]✓[/]",
    "unchanged": "[dim]·[/]",
    "no files": "[dim]·[/]",
    "not configured": "[dim]·[/]",
    "failed": "[red]✗[/]",
    "skipped": "[yellow]-[/]",
}


class Watcher:
    """Observes one run for a person; a context that holds the terminal's bar."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._report: RunReport | None = None
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("[dim]{task.fields[what]}"),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    @property
    def has_ended(self) -> bool:
        """Whether the run came as far as its report."""
        return self._report is not None

    @property
    def report(self) -> RunReport:
        """The outcome, once the run has ended."""
        if self._report is None:
            raise RuntimeError("The run has not ended, so there is no report of it yet.")
        return self._report

    def began(self, run_id: str, tables: Sequence[str]) -> None:
        """Show how much there is to do."""
        if self._bar:
            self._task = self._bar.add_task("tables", total=len(tables), what="")
        else:
            self._console.print(f"Run {run_id}: {count(len(tables), 'table')}.")

    def started(self, table: str) -> None:
        """Show what is being worked on."""
        if self._bar:
            self._bar.update(self._task, what=table)

    def progressed(self, table: str, what: str, done: int, total: int | None) -> None:  # noqa: ARG002  (`what` names it)
        """Show how far the work on it is."""
        if self._bar:
            share = f"{100 * done // total} %" if total else f"{done:,}" if done else "…"
            self._bar.update(self._task, what=f"{what} {share}")

    def finished(self, table: TableReport, checks: Sequence[CheckReport]) -> None:
        """Say what came of a table; the unchanged ones are left to the summary."""
        if self._bar:
            self._bar.advance(self._task)
        if table.status in ("unchanged", *ABSENT):
            return
        self._console.print(f"{_SIGNS[table.status]} {table.table}  {_words(table, checks)}")

    def ended(self, report: RunReport) -> None:
        """Keep the report for the summary."""
        self._report = report


def _words(table: TableReport, checks: Sequence[CheckReport]) -> str:
    if table.status in ("failed", "skipped"):
        return table.status
    text = count(table.rows_loaded, "row")
    if table.rows_quarantined:
        text += f", {table.rows_quarantined:,} quarantined"
    wrong = sum(check.status in ("failed", "error") for check in checks)
    warned = sum(check.status == "warned" for check in checks)
    if wrong:
        text += f", [red]{count(wrong, 'check')} failed[/]"
    if warned:
        text += f", [yellow]{count(warned, 'check')} warned[/]"
    return f"{text}  [dim]{table.seconds:.1f} s[/]"
