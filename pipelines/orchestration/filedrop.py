"""The sensor that notices new and changed files and loads just what they concern.

It looks at names, sizes and times only; what is really new is decided by content
when the run reads the files. A change must hold still for one look before it
counts, so that a file still being copied is not read half. Belongs here: the
noticing. Does not belong here: reading files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import dagster as dg

from pipelines.catalog import Catalog
from pipelines.catalog.catalog import stream_tables
from pipelines.orchestration.keys import asset_key
from pipelines.spec import FileStream
from resources.files import FileStore

LOOK_EVERY_S = 30

State = dict[str, dict[str, str]]


def file_drop_sensor(
    catalog: Catalog, store: FileStore, job: dg.UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """One look: at most one run, for all changed streams and what is downstream."""

    @dg.sensor(
        name="file_drop",
        job=job,
        minimum_interval_seconds=LOOK_EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Looks for new and changed files in HEADWATER_DATA twice a minute and loads "
        "the streams that they belong to, with everything downstream. Files that are there when "
        "it looks for the first time are left to the nightly job.",
    )
    def file_drop(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = look(catalog, store)
        if context.cursor is None:
            reason = f"First look: {len(now)} streams remembered; changes from now on are loaded."
            return dg.SensorResult(skip_reason=reason, cursor=_cursor({"seen": now, "moving": {}}))
        state: State = json.loads(context.cursor)
        changed = {table for table, print_ in now.items() if state["seen"].get(table) != print_}
        ready = {table for table in changed if state["moving"].get(table) == now[table]}
        moving = {table: now[table] for table in changed - ready}
        seen = {**state["seen"], **{table: now[table] for table in ready}}
        cursor = _cursor({"seen": seen, "moving": moving})
        if not ready:
            return dg.SensorResult(skip_reason=_reason(moving), cursor=cursor)
        return dg.SensorResult(run_requests=[_request(context, catalog, ready, now)], cursor=cursor)

    return file_drop


def look(catalog: Catalog, store: FileStore) -> dict[str, str]:
    """Raw table → a fingerprint of the names, sizes and times of its files."""
    prints = {}
    for source, stream in catalog.streams():
        if not isinstance(stream, FileStream) or source.connection is not None:
            continue
        text = "\n".join(
            f"{file.path}\t{file.size}\t{file.modified_ns}" for file in store.list(stream.files)
        )
        table = stream_tables(source.name, stream)[0]
        prints[table] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return prints


def _request(
    context: dg.SensorEvaluationContext,
    catalog: Catalog,
    ready: set[str],
    now: Mapping[str, str],
) -> dg.RunRequest:
    tables = [
        table
        for source, stream in catalog.streams()
        for table in stream_tables(source.name, stream)
        if stream_tables(source.name, stream)[0] in ready
    ]
    selection = dg.AssetSelection.assets(*map(asset_key, tables)).downstream()
    if context.repository_def is None:
        raise dg.DagsterInvariantViolationError("The sensor is evaluated without its definitions.")
    keys = selection.resolve(context.repository_def.asset_graph)
    return dg.RunRequest(
        run_key=_digest({table: now[table] for table in ready}),
        asset_selection=sorted(keys),
        tags={"headwater/dropped": ", ".join(sorted(ready))[:200]},
    )


def _reason(moving: Mapping[str, str]) -> str:
    if not moving:
        return "No file is new or changed."
    return f"Files of {', '.join(sorted(moving))} changed; waiting until they hold still."


def _cursor(state: State) -> str:
    return json.dumps(state, sort_keys=True, separators=(",", ":"))


def _digest(values: Mapping[str, str]) -> str:
    return hashlib.sha256(_cursor({"files": dict(values)}).encode()).hexdigest()[:24]
