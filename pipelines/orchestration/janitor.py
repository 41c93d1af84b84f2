"""The sensor that closes the books of runs whose process died.

A killed run would count as going on for ever, and hold up the queue.
"""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.instance import close_abandoned
from resources.settings import Settings


def abandoned_runs_sensor(settings: Settings) -> dg.SensorDefinition:
    """Every minute, runs that nobody works on any more are marked as failed."""

    @dg.sensor(
        name="abandoned_runs",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose process was killed, so that they don't hold up "
        "the queue.",
    )
    def abandoned_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        closed = close_abandoned(context.instance, settings)
        if closed:
            return dg.SkipReason(f"Marked as failed: {', '.join(closed)}.")
        return dg.SkipReason("Every run under way has a living process.")

    return abandoned_runs
