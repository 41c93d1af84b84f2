"""What a workbook is to the reader, and what it makes of one cell.

Belongs here: the two as values. Does not belong here: how one comes of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pipelines.finance.kpi.calendars import Period
from pipelines.finance.kpi.periods import Scenario
from pipelines.finance.kpi.sheets import Sheet
from pipelines.finance.kpi.vocabulary import Metric

Status = Literal["used", "repeated", "queued", "ignored"]


@dataclass(frozen=True)
class Workbook:
    """One workbook that a company sent: its sheets, and the day on which it was believed."""

    file: str
    as_of: date | None
    sheets: Sequence[Sheet]


@dataclass(frozen=True)
class Reading:
    """One value cell. `value`, `currency` and `scale` are known once it is used.

    `value` is in whole units of its currency, percentages in points. A queued reading
    keeps the guess at its metric; `confidence` and `reason` are of that. `scale_decided`:
    a person said what the scale is.
    """

    file: str
    sheet: str
    cell: str
    label: str
    section: str
    status: Status
    reason: str
    confidence: float
    metric: Metric | None
    period: Period | None
    scenario: Scenario | None
    value_raw: str
    value: Decimal | None = None
    currency: str | None = None
    scale: int | None = None
    scale_decided: bool = False
