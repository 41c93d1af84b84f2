"""States of former runs, before a stream goes on from them.

Belongs here: turning states of an older shape into today's, and telling one that is
too old to go on from. Does not belong here: what a state says of windows and
partitions (`progress`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.errors import DeclarationError
from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.runtime.moments import duration, earlier
from pipelines.extract.declarative.runtime.windows import compile_cursor

Component = Mapping[str, Any]
State = dict[str, Any]
_OF_TODAY = frozenset({"states", "state", "use_global_cursor", "parent_state", "lookback_window"})


def migrated(stream: Component, config: Mapping[str, Any], state: State) -> State:
    """The state after all migrations that the stream declares."""
    for migration in stream.get("state_migrations") or ():
        if migration["type"] != "LegacyToPerPartitionStateMigration":
            raise DeclarationError(
                f"{migration['type']} is no state migration that runs here; expected "
                "LegacyToPerPartitionStateMigration."
            )
        state = _by_partition(stream, config, state)
    return state


def _by_partition(stream: Component, config: Mapping[str, Any], state: State) -> State:
    """`{partition: {cursor_field: value}}` as a list of partitions with their cursors."""
    cursor = stream.get("incremental_sync")
    field = _partition_field(stream["retriever"].get("partition_router"))
    if not cursor or not field or not state or _OF_TODAY & state.keys():
        return state
    name = _text(str(cursor["cursor_field"]), cursor, config)
    if any(not isinstance(value, dict) or list(value) != [name] for value in state.values()):
        return state
    partition = _text(field, stream, config)
    return {"states": [{"partition": {partition: key}, "cursor": at} for key, at in state.items()]}


def _partition_field(router: Any) -> str:
    """The one field that names a partition; empty where there are several."""
    if not isinstance(router, Mapping):
        return ""
    if router["type"] == "UnionPartitionRouter":
        return str(router["partition_field"])
    parents = list(router.get("parent_stream_configs") or [])
    return str(parents[0]["partition_field"]) if len(parents) == 1 else ""


def too_old(stream: Component, config: Mapping[str, Any], state: State) -> bool:
    """Whether a StateDelegatingStream's state lies behind what the API still keeps.

    So does one in which no cursor value can be found.
    """
    declared = stream.get("api_retention_period")
    kept = _text(str(declared), stream, config) if declared else ""
    if not kept:
        return False
    last = None
    for inner in (stream["full_refresh_stream"], stream["incremental_stream"]):
        cursor = inner.get("incremental_sync")
        if cursor and cursor["type"] != "DatetimeBasedCursor":
            raise DeclarationError(
                f"The stream {stream['name']} has an api_retention_period and counts its cursor; "
                "only a cursor in time can be too old. Leave the period out."
            )
        last = last or _cursor_of(inner, config, state)
    return last is None or last < earlier(datetime.now(UTC), duration(kept))


def _cursor_of(stream: Component, config: Mapping[str, Any], state: State) -> datetime | None:
    cursor = stream.get("incremental_sync")
    if not cursor:
        return None
    plan = compile_cursor(cursor, config)
    known = state.get("state") if isinstance(state.get("state"), dict) else state
    try:
        found: datetime = plan.parse((known or {}).get(plan.cursor_field))
    except (ValueError, TypeError):
        return None
    return found


def _text(text: str, component: Component, config: Mapping[str, Any]) -> str:
    found = compile_text(text, component.get("$parameters") or {})({"config": config})
    return "" if found is None else str(found)
