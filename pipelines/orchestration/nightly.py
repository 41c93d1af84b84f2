"""The job that brings everything up to date, and when it runs.

Belongs here: jobs and schedules. Does not belong here: what starts a run on an
event (`filedrop`).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

NIGHTLY = "nightly"


def run_config(*, full_refresh: bool = False) -> dict[str, Any]:
    """The job's configuration for a run in a terminal: Dagster's log stays off it.

    Nothing is lost by that: the event log holds all of it.
    """
    return {
        "resources": {"session": {"config": {"full_refresh": full_refresh}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def nightly_job() -> dg.UnresolvedAssetJobDefinition:
    """Every asset and every check."""
    return dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
        description="Loads what is new from every source, builds what depends on it, checks all "
        "of it. A table whose inputs and code did not change is left as it is.",
        tags={"headwater/job": NIGHTLY},
    )


def nightly_schedule(job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """02:30 UTC every night, running wherever a Dagster daemon runs."""
    return dg.ScheduleDefinition(
        name="nightly_sync",
        job=job,
        cron_schedule="30 2 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 02:30 UTC. It is on as soon as a Dagster daemon runs "
        "(`headwater dev` starts one) and can be switched off in the UI.",
    )
