"""What was used of budgets that outlive a run: those of a day or a month.

Belongs here: counting across runs and processes, in one small SQLite file. Does
not belong here: what the limits are; shorter windows, which each run keeps itself.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pipelines.errors import ConfigurationError, SourceUnavailable

_KEEP = 100
"""Periods of a budget that are kept, for whoever wants to see how it was used."""


class Ledger:
    """Counts by budget and period; without a path, for this process alone.

    Processes that share the file see one another's use. Two that ask at the same
    moment may both be let through, so a budget is overdrawn by one request for
    each process at most. Not for several threads at once; the governor locks.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(
                path or ":memory:", timeout=30, isolation_level=None, check_same_thread=False
            )
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS used (budget TEXT, period TEXT, amount REAL NOT NULL,"
                " PRIMARY KEY (budget, period)) WITHOUT ROWID"
            )
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(
                f"The ledger of budgets {path} cannot be used: {error}. Correct its rights, or "
                "remove the file; then what was used today and this month is counted anew."
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def used(self, budget: str, period: str) -> float:
        """What was taken from the budget in this period."""
        found = self._do(
            "SELECT amount FROM used WHERE budget = ? AND period = ?", (budget, period)
        ).fetchone()
        return float(found[0]) if found else 0.0

    def take(self, budget: str, period: str, amount: float) -> None:
        """Add to what was taken."""
        self._do(
            "INSERT INTO used VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + ?",
            (budget, period, amount, amount),
        )

    def begin(self, budget: str) -> None:
        """Forget periods of long ago."""
        self._do(
            "DELETE FROM used WHERE budget = ? AND period NOT IN (SELECT period FROM used"
            " WHERE budget = ? ORDER BY period DESC LIMIT ?)",
            (budget, budget, _KEEP),
        )

    def _do(self, sql: str, values: tuple[str | float, ...]) -> sqlite3.Cursor:
        try:
            return self._file.execute(sql, values)
        except sqlite3.Error as error:
            raise SourceUnavailable(
                f"The ledger of budgets {self._path} could not be read or written: {error}. "
                "Nothing was sent. Make room, or run again when no other process holds it."
            ) from None
