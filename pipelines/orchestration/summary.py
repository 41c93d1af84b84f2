"""What one whole run did, as the command, the report files and tests see it.

Belongs here: the shape of a run's outcome and how its status follows from the
parts. Does not belong here: showing it, or where it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipelines.flow import CheckReport, TableReport

CUSTOM = "custom"
"""The mode that is told of an asset that no declaration describes."""

RunStatus = Literal["success", "checks_failed", "failed"]
_EXIT_CODES: dict[RunStatus, int] = {"success": 0, "checks_failed": 1, "failed": 3}
_TABLE_FIELDS = (
    "table",
    "mode",
    "status",
    "rows_read",
    "rows_loaded",
    "rows_quarantined",
    "rows_blank",
    "rows_duplicate",
    "rows_repeated",
    "seconds",
    "notes",
)
_CHECK_FIELDS = ("table", "check", "severity", "status", "failing_rows")


@dataclass(frozen=True)
class Problem:
    """Why one table was not brought up to date; `message` is in full sentences.

    `kind` is the error's class, so that a program can tell them apart.
    """

    table: str
    kind: str
    message: str


@dataclass
class RunReport:
    """The outcome of one run; `seconds` is wall time, the clock of the whole run."""

    run_id: str
    started_at: datetime
    seconds: float
    tables: list[TableReport] = field(default_factory=list)
    checks: list[CheckReport] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)

    @property
    def status(self) -> RunStatus:
        """`failed` when a step failed, else `checks_failed` when a critical check did."""
        if self.errors:
            return "failed"
        return "checks_failed" if any(map(blocks, self.checks)) else "success"

    @property
    def exit_code(self) -> int:
        """What `headwater run` ends with."""
        return _EXIT_CODES[self.status]

    @property
    def nothing_new(self) -> bool:
        """Whether every table was found as the run before had left it.

        Custom assets decide for themselves what they do, so they don't count.
        """
        done = ("loaded", "built", "failed")
        tables = [table for table in self.tables if table.mode != CUSTOM]
        return bool(tables) and not any(table.status in done for table in tables)

    def checks_of(self, table: str) -> list[CheckReport]:
        """The checks of one table, in the order in which they ran."""
        return [check for check in self.checks if check.table == table]

    def as_dict(self) -> dict[str, Any]:
        """The run as JSON-ready values; this shape is a promise to programs."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "tables": [_pick(table.as_dict(), _TABLE_FIELDS) for table in self.tables],
            "checks": [_pick(check.as_dict(), _CHECK_FIELDS) for check in self.checks],
            "errors": [asdict(problem) for problem in self.errors],
        }

    def in_full(self) -> dict[str, Any]:
        """Everything known of the run, failing rows too, for pages that people read."""
        return {
            **self.as_dict(),
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "tables": [table.as_dict() for table in self.tables],
            "checks": [check.as_dict() for check in self.checks],
        }


def blocks(check: CheckReport) -> bool:
    """Whether what is downstream must not be built.

    A critical check that could not run proved nothing, so it blocks as well.
    """
    return check.severity == "critical" and check.status in ("failed", "error")


def _pick(values: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: round(values[name], 3) if name == "seconds" else values[name] for name in fields}
