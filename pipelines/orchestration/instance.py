"""Dagster's own memory: the folder, its settings, and the instance on top of it.

`headwater run` and the UI share it, so there is one history. Belongs here:
opening it, and closing the books of runs whose process died. Does not belong
here: what runs do.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance import InstanceRef

from resources.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")
_UNDER_WAY = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
_NO_CAPTURE = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
_QUICK = {"module": "pipelines.orchestration.history", "class": "QuickHistory"}


def prepare_home(settings: Settings) -> Path:
    """Make Dagster's folder with its settings; a file that is there is kept."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if not target.exists():
        shutil.copyfile(TEMPLATE, target)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The lasting instance, for runs in this very process.

    Steps' output isn't captured: that would put another process between the
    program and its terminal.
    """
    home = prepare_home(settings)
    overrides: dict[str, Any] = dict(_NO_CAPTURE)
    declared = yaml.safe_load((home / "dagster.yaml").read_text()) or {}
    if not {"storage", "event_log_storage", "run_storage"} & declared.keys():
        overrides["storage"] = {"custom": {**_QUICK, "config": {"base_dir": str(home)}}}
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=overrides))


# ── runs whose process died ───────────────────────────────────────────────────


@contextmanager
def lease(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold the run's lease; the kernel lets go of it when the process dies."""
    path = _lease(settings, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def close_abandoned(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Mark runs as failed whose lease nobody holds any more; their ids.

    Without this a killed run counts as going on, and holds up the queue. Runs
    of other machines leave no lease here and are let be.
    """
    closed = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=_UNDER_WAY)):
        path = _lease(settings, run.run_id)
        if path.exists() and not _held(path):
            instance.report_run_failed(
                run, "The process of this run ended without a word (killed, or out of memory)."
            )
            with suppress(FileNotFoundError):
                path.unlink()
            closed.append(run.run_id)
    return closed


def _lease(settings: Settings, run_id: str) -> Path:
    return settings.dagster_home / "leases" / run_id


def _held(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
