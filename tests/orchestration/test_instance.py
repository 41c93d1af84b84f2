from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance import InstanceRef
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from pipelines.orchestration.instance import (
    TEMPLATE,
    close_abandoned,
    lease,
    open_instance,
    prepare_home,
)
from resources.settings import Settings
from tests.orchestration.conftest import Nightly

RUN = "5e9a3c1e-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def _dagster_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the instance sets the variable; it ends with the test."""
    monkeypatch.setenv("DAGSTER_HOME", "")


def hold(settings: Settings) -> None:
    with lease(settings, RUN):
        time.sleep(60)


def test_the_template_is_copied_once_and_then_left_alone(settings: Settings) -> None:
    home = prepare_home(settings)
    copy = home / "dagster.yaml"
    assert copy.read_bytes() == TEMPLATE.read_bytes()
    copy.write_text("telemetry:\n  enabled: false\n")
    prepare_home(settings)
    assert copy.read_text() == "telemetry:\n  enabled: false\n"


def test_the_instance_starts_with_the_template_and_remembers(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert not instance.telemetry_enabled
        instance.add_run(dg.DagsterRun(job_name="nightly", run_id=RUN))
    with open_instance(settings) as instance:
        assert [run.run_id for run in instance.get_runs()] == [RUN]
    assert (settings.dagster_home / "history").is_dir()


def test_dagster_itself_reads_what_a_run_in_the_terminal_wrote(
    settings: Settings, nightly: Nightly
) -> None:
    with open_instance(settings) as instance:
        done = nightly(instance=instance)
        told = [entry.dagster_event for entry in instance.all_logs(done.run_id)]
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(settings.dagster_home))) as plain:
        assert [entry.dagster_event for entry in plain.all_logs(done.run_id)] == told
        made = done.get_asset_materialization_events()
        assert len(made) > 5
        for event in made:
            assert event.asset_key is not None
            latest = plain.get_latest_materialization_event(event.asset_key)
            assert latest is not None
            assert latest.run_id == done.run_id
        key = dg.AssetCheckKey(
            dg.AssetKey(["raw", "shop__sales"]), "expect_column_values_to_be_between__price"
        )
        (check,) = plain.event_log_storage.get_asset_check_execution_history(key, limit=5)
        assert check.status is AssetCheckExecutionRecordStatus.SUCCEEDED


def test_a_killed_run_is_closed_and_a_living_one_is_not(settings: Settings) -> None:
    process = multiprocessing.get_context("fork").Process(target=hold, args=(settings,))
    process.start()
    path = settings.dagster_home / "leases" / RUN
    while not path.exists():
        time.sleep(0.01)
    time.sleep(0.2)
    with open_instance(settings) as instance:
        instance.add_run(
            dg.DagsterRun(job_name="nightly", run_id=RUN, status=dg.DagsterRunStatus.STARTED)
        )
        assert close_abandoned(instance, settings) == []
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert close_abandoned(instance, settings) == [RUN]
        run = instance.get_run_by_id(RUN)
        assert run is not None
        assert run.status is dg.DagsterRunStatus.FAILURE
        assert close_abandoned(instance, settings) == []
    assert not path.exists()


def test_runs_without_a_lease_here_are_let_be(settings: Settings, tmp_path: Path) -> None:
    with open_instance(settings) as instance:
        instance.add_run(
            dg.DagsterRun(job_name="nightly", run_id=RUN, status=dg.DagsterRunStatus.STARTED)
        )
        assert close_abandoned(instance, settings) == []
