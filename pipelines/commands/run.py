"""`headwater run`: one run in this process, told to the person who started it.

Belongs here: choosing, executing, writing the JSON. Does not belong here: what a
step does (orchestration), how the outcome is shown (`summary`).
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from pipelines.commands.data import with_data
from pipelines.commands.progress import Watcher
from pipelines.commands.show import as_json, console
from pipelines.commands.summary import show
from pipelines.errors import ConfigurationError, WarehouseError
from resources.settings import Settings, load_settings
from resources.warehouse import Warehouse


def run(selection: Sequence[str], *, full_refresh: bool, json_to: str | None) -> int:
    """Bring the selection up to date; the exit code (0, 1 or 3)."""
    _quiet()
    settings, word = with_data(load_settings())
    output = console(sys.stderr if json_to == "-" else sys.stdout)
    _refuse_missing_folder(json_to)
    if word:
        output.print(word, style="dim")
    watcher = Watcher(output)
    _execute(settings, selection, full_refresh=full_refresh, watcher=watcher)
    report = watcher.report
    if json_to == "-":
        sys.stdout.buffer.write(as_json(report.as_dict()))
    elif json_to:
        Path(json_to).write_bytes(as_json(report.as_dict()))
    show(output, report, settings)
    return report.exit_code


def _execute(
    settings: Settings, selection: Sequence[str], *, full_refresh: bool, watcher: Watcher
) -> None:
    warehouse = Warehouse(settings)
    if warehouse.address.exists():
        # Else it is made by the first step, not by a command that may be wrong.
        warehouse.open_ahead()

    from dagster._core.storage.tags import REPOSITORY_LABEL_TAG
    from dagster._core.utils import make_new_run_id

    from pipelines.orchestration import build_definitions
    from pipelines.orchestration.instance import close_abandoned, open_instance
    from pipelines.orchestration.nightly import NIGHTLY, run_config
    from pipelines.orchestration.selection import select

    job = build_definitions(settings, observer=watcher, warehouse=warehouse).resolve_job_def(
        NIGHTLY
    )
    keys = select(job.asset_layer.asset_graph, selection)
    # What stands by now stays to the end; looking through it again and again finds nothing.
    gc.freeze()
    with open_instance(settings) as instance, watcher:
        close_abandoned(instance, settings)
        result = job.execute_in_process(
            run_config=run_config(full_refresh=full_refresh),
            instance=instance,
            raise_on_error=False,
            asset_selection=keys,
            run_id=make_new_run_id(),
            tags={
                REPOSITORY_LABEL_TAG: "__repository__@pipelines.definitions",
                "headwater/from": "headwater run",
                "headwater/selection": " ".join(selection)[:200] or "everything",
            },
        )
    if not watcher.has_ended:
        told = "; ".join(event.message or "" for event in result.all_events if event.is_failure)
        raise WarehouseError(
            f"The run {result.run_id} ended before its first step: {told or 'no reason was told'}. "
            "`headwater doctor` looks for what is wrong; the Dagster UI shows the run's events."
        )


def _quiet() -> None:
    """Dagster's own log goes to its event log; libraries' notices help nobody here."""
    warnings.simplefilter("ignore")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")


def _refuse_missing_folder(json_to: str | None) -> None:
    if json_to and json_to != "-" and not Path(json_to).absolute().parent.is_dir():
        raise ConfigurationError(
            f"The JSON can't be written to {json_to}: its folder does not exist."
        )
