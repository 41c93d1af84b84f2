"""A workbook's figures beside those that earlier workbooks of the company gave.

Belongs here: noticing figures that are hundreds of times what was believed, as when
thousands are sent that aren't called so. Does not belong here: what is believed on
which day (a model's work), or restatements of a common size, which are news.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pipelines.finance.kpi.calendars import Period
from pipelines.finance.kpi.readings import Reading

_SAME = 100
_NEXT = 300
"""So many times a figure of the same period, or of the one before, is asked about."""

Series = tuple[str, str | None, str | None, str]


class History:
    """Figures believed so far: metric, scenario, currency and granularity → period → value."""

    def __init__(self) -> None:
        self._known: dict[Series, dict[Period, Decimal]] = {}

    def compared(self, readings: list[Reading]) -> list[Reading]:
        """The readings, with figures out of all proportion queued; the rest is remembered."""
        judged = [self._judged(reading) for reading in readings]
        for reading in judged:
            if (series := _series(reading)) and reading.period and reading.value is not None:
                self._known.setdefault(series, {})[reading.period] = reading.value
        return judged

    def _judged(self, reading: Reading) -> Reading:
        series = _series(reading)
        known = self._known.get(series, {}) if series else {}
        if not known or reading.period is None or not reading.value or reading.scale_decided:
            return reading
        before = known.get(reading.period)
        limit, what = _SAME, "the same period"
        if before is None:
            earlier = [period for period in known if period < reading.period]
            before = known[max(earlier)] if earlier else None
            limit, what = _NEXT, "the period before"
        if not before:
            return reading
        times = abs(reading.value / before)
        if Decimal(1) / limit < times < limit:
            return reading
        reason = (
            f"It is {reading.value:f} where an earlier workbook gave {before:f} for {what}; is "
            "one of them in thousands?"
        )
        return replace(
            reading, status="queued", reason=reason, value=None, currency=None, scale=None
        )


def _series(reading: Reading) -> Series | None:
    """What a used figure is compared within; None where size says nothing."""
    metric, period = reading.metric, reading.period
    if reading.status != "used" or metric is None or period is None or metric.kind != "money":
        return None
    return metric.id, reading.scenario, reading.currency, period.granularity
