"""What tables have in common: columns, checks, and how rows are kept.

Belongs here: words that streams and models share. Does not belong here: either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["append", "merge", "replace", "history"]
Contract = Literal["evolve", "freeze", "quarantine"]
Duplicates = Literal["keep", "report", "drop"]
Severity = Literal["critical", "warning", "info"]
Types = Literal["text", "infer"]
Materialized = Literal["full", "incremental"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its SQL type in the warehouse, meaning and unit.

    `type` is a DuckDB type name such as `DECIMAL(18,2)` or `TIMESTAMPTZ`; None
    leaves it to what the source says.
    """

    type: str | None = None
    description: str = ""
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One expectation on one table, under great-expectations' own name.

    `expectation` is e.g. `expect_column_values_to_not_be_null`; `arguments` are
    that expectation's own. A critical failure stops what is downstream.
    """

    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"
    description: str = ""
