"""One run while it goes on: the engine in use, who watches, what was done so far.

The session is a Dagster resource, opened before a run's first step and closed
after its last, so every run leaves its report whoever started it. Belongs here:
keeping the outcome together. Does not belong here: Dagster's events (`steps`),
or showing anything to a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from pipelines.engine import Engine
from pipelines.flow import ABSENT, CheckReport, Progress, TableReport
from pipelines.orchestration.reports import keep
from pipelines.orchestration.summary import Problem, RunReport, blocks
from pipelines.quality import record, run_checks, run_rule
from pipelines.spec import Check, Rule, raw_table


class Observer(Protocol):
    """Who watches a run; called in the run's own thread, so it must be quick."""

    def began(self, run_id: str, tables: Sequence[str]) -> None:
        """The run starts and means to bring these tables up to date."""

    def started(self, table: str) -> None:
        """Work on a table starts."""

    def progressed(self, table: str, what: str, done: int, total: int | None) -> None:
        """Work on a table goes on."""

    def finished(self, table: TableReport, checks: Sequence[CheckReport]) -> None:
        """A table is done, whatever came of it."""

    def ended(self, report: RunReport) -> None:
        """The run is over and its reports are on disk."""


class Silent:
    """An observer that looks away; also the base of those that look at a part."""

    def began(self, run_id: str, tables: Sequence[str]) -> None:
        """Look away."""

    def started(self, table: str) -> None:
        """Look away."""

    def progressed(self, table: str, what: str, done: int, total: int | None) -> None:
        """Look away."""

    def finished(self, table: TableReport, checks: Sequence[CheckReport]) -> None:
        """Look away."""

    def ended(self, report: RunReport) -> None:
        """Look away."""


class Session:
    """What one run has at hand, and the record of what it did."""

    def __init__(
        self,
        engine: Engine,
        run_id: str,
        planned: Sequence[str],
        *,
        full_refresh: bool,
        observer: Observer,
    ) -> None:
        self.engine = engine
        self.run_id = run_id
        self.full_refresh = full_refresh
        self._observer = observer
        self._planned = list(planned)
        self._began = time.monotonic()
        self._started_at = datetime.now(UTC)
        self._tables: dict[str, TableReport] = {}
        self._checks: dict[tuple[str, str], CheckReport] = {}
        self._problems: dict[str, Problem] = {}
        observer.began(run_id, self._planned)

    def progress(self, table: str) -> Progress:
        """The callback that tells the observer how work on a table goes."""

        def tell(what: str, done: int, total: int | None) -> None:
            self._observer.progressed(table, what, done, total)

        return tell

    def fill(self, table: str, work: Callable[[Progress], TableReport]) -> TableReport:
        """Do the work that fills a table; an earlier failed attempt is forgotten."""
        self._observer.started(table)
        self._problems.pop(table, None)
        return work(self.progress(table))

    def check(self, table: str, checks: Sequence[Check], key: Sequence[str]) -> list[CheckReport]:
        """A table's own checks, in the order in which they are declared.

        Those whose rows are as they were when they last ran are not run again.
        """
        if not checks:
            return []
        return run_checks(self.engine.warehouse, table, checks, key, again=self.full_refresh)

    def rule(self, rule: Rule) -> CheckReport:
        """Run one rule over several tables and note its outcome."""
        report = run_rule(self.engine.warehouse, rule, again=self.full_refresh)
        self._checks[report.table, report.check] = report
        return report

    def done(self, report: TableReport, checks: Sequence[CheckReport] = ()) -> None:
        """Note what was done to a table and what its checks said."""
        self._tables[report.table] = report
        self._checks.update({(check.table, check.check): check for check in checks})
        self._observer.finished(report, checks)

    def failed(self, table: str, error: Exception) -> Problem:
        """Note that a table could not be brought up to date, and why."""
        message = self._message(error)
        problem = Problem(table, type(error).__name__, message)
        self._problems[table] = problem
        report = TableReport(table, mode="", status="failed", notes=[message])
        self.done(report)
        return problem

    def close(self) -> RunReport:
        """End the run: what was never reached is skipped, and the reports are kept."""
        self._skip([table for table in self._planned if table not in self._tables])
        report = RunReport(
            run_id=self.run_id,
            started_at=self._started_at,
            seconds=time.monotonic() - self._began,
            tables=self._in_order(),
            checks=list(self._checks.values()),
            errors=list(self._problems.values()),
        )
        try:
            record(self.engine.warehouse, self.run_id, report.checks)
            keep(report, self.engine.warehouse, self.engine.settings)
        except Exception as error:  # noqa: BLE001  (Dagster swallows what a resource raises here)
            message = f"The run's results could not be kept: {self._message(error)}"
            report.errors.append(Problem("headwater.check_results", type(error).__name__, message))
        self._observer.ended(report)
        return report

    def _skip(self, tables: Sequence[str]) -> None:
        """Note that their turn never came; where there is no cause, the run was broken off."""
        cut = []
        for table in tables:
            causes = self._causes(table)
            note = f"It waits for {' and '.join(causes)}."
            if not causes:
                note = "The run was broken off before its turn came."
                cut.append(table)
            self._tables[table] = TableReport(table, mode="", status="skipped", notes=[note])
        if cut:
            message = f"The run was broken off before the turn of {cut[0]} came"
            message += f" and of {len(cut) - 1} more tables." if len(cut) > 1 else "."
            self._problems[cut[0]] = Problem(cut[0], "Interrupted", f"{message} Run it again.")

    def _in_order(self) -> list[TableReport]:
        """Tables as the catalog orders them, then those that it doesn't know."""
        place = {table: position for position, table in enumerate(self._planned)}
        reports = list(self._tables.values())
        return sorted(reports, key=lambda report: place.get(report.table, len(place)))

    def _message(self, error: Exception) -> str:
        return self.engine.warehouse.address.hide(str(error)) or type(error).__name__

    def _causes(self, table: str) -> list[str]:
        """The tables upstream at which the run came to a halt, each with what it met."""
        found = {}
        waiting = [table]
        seen = set(waiting)
        while waiting:
            for name in self._above(waiting.pop()):
                report = self._tables.get(name)
                if report is not None and report.status in ("failed", *ABSENT):
                    found[name] = f"{name} ({report.status})"
                elif any(blocks(check) for check in self._checks.values() if check.table == name):
                    found[name] = f"{name} (a critical check failed)"
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return [found[name] for name in sorted(found)]

    def _above(self, table: str) -> tuple[str, ...]:
        """What a table is made from; a child table is made from its parent."""
        found = self.engine.catalog.stream_of(table)
        if found is None:
            return self.engine.catalog.upstream(table)
        parent = raw_table(found[0].name, found[1].name)
        return () if parent == table else (parent,)
