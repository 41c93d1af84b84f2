"""Is a model up to date, and if not, what must be computed again?

Belongs here: comparing code and inputs with those of the last build. Does not
belong here: computing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import ModelError
from pipelines.spec import Model
from pipelines.transform.record import Build
from pipelines.transform.standing import Standing
from resources.warehouse import TableVersion

_FORMAT = 1
_ROOT = Path(__file__).parents[2]
_ARITHMETIC = re.compile(r"^\s*(?:from|import)\s+pipelines\.finance\b", re.MULTILINE)
_VOLATILE = re.compile(
    r"\b(now|today|current_date|current_time|current_timestamp|get_current_timestamp|"
    r"get_current_time|localtime|localtimestamp|transaction_timestamp|random|uuid|uuidv4|uuidv7|"
    r"gen_random_uuid|tablesample|using\s+sample)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Plan:
    """What a build has to do, decided in one snapshot.

    `reason` says why, for people. With mode `incremental`, the driving table's
    changes after `since` up to `snapshot` say what is computed again.
    """

    mode: Literal["unchanged", "incremental", "full"]
    reason: str
    snapshot: int
    code_hash: str
    last: Build | None
    since: int = 0


def make_plan(now: Standing, model: Model, *, full_refresh: bool) -> Plan:
    """Decide what must be done; ModelError when an input isn't there yet."""
    _check_inputs(model, now.versions)
    code = code_hash(model)
    last = now.builds.get(model.table)
    whole = _reason_for_whole(model, now.versions, code, last, full_refresh=full_refresh)
    if last is None or whole:
        return Plan("full", whole, now.snapshot, code, last)
    changed = [
        table for table in model.inputs if now.versions[table].changed > last.inputs.get(table, -1)
    ]
    if not changed:
        return Plan("unchanged", "Neither code nor inputs changed.", now.snapshot, code, last)
    reason = f"{' and '.join(changed)} changed"
    if model.incremental is None:
        return Plan("full", reason, now.snapshot, code, last)
    since = last.inputs[changed[0]]
    obstacle = _obstacle(now, model, changed, since)
    if obstacle:
        return Plan("full", f"{reason}; {obstacle}", now.snapshot, code, last)
    return Plan("incremental", reason, now.snapshot, code, last, since)


def _check_inputs(model: Model, versions: Mapping[str, TableVersion]) -> None:
    missing = [table for table in model.inputs if table not in versions]
    if missing:
        raise ModelError(
            f"{model.table} ({model.path}) reads {' and '.join(missing)}, of which the warehouse "
            f"holds nothing yet. Run {'it' if len(missing) == 1 else 'them'} first: headwater run "
            f"'+{model.table}' brings everything upstream."
        )


def _reason_for_whole(
    model: Model,
    versions: Mapping[str, TableVersion],
    code: str,
    last: Build | None,
    *,
    full_refresh: bool,
) -> str:
    if full_refresh:
        return "a full refresh was asked for"
    if last is None or model.table not in versions:
        return "it was not built before"
    if last.code_hash != code:
        return "its code changed"
    if model.sql is not None and _VOLATILE.search(model.sql):
        return "its result depends on when it is built"
    return ""


def _obstacle(now: Standing, model: Model, changed: list[str], since: int) -> str:
    """Why the change feed can't say what must be computed again; empty if it can."""
    driver = model.incremental.table if model.incremental else ""
    others = [table for table in changed if table != driver]
    if others:
        return "only changes of " + driver + " can be followed row by row"
    if max(now.versions[driver].created, now.versions[driver].reshaped) > since:
        return f"the columns of {driver} changed"
    if now.versions[driver].rewritten > since:
        return f"the files of {driver} were rewritten, which loses deletes from its changes"
    if now.oldest > since + 1:
        return f"the changes of {driver} since the last build have expired"
    return ""


def python_code(path: Path, root: Path = _ROOT) -> str:
    """The code that a Python model runs: its file, and the arithmetic if it imports any.

    Which of the arithmetic's modules import one another isn't followed; all count.
    """
    text = path.read_text()
    if not _ARITHMETIC.search(text):
        return text
    modules = sorted((root / "pipelines" / "finance").rglob("*.py"))
    return "\n".join([text, *(module.read_text() for module in modules)])


def code_hash(model: Model) -> str:
    """The hash of everything in a declaration that its rows depend on.

    Descriptions and checks are left out: changing them rebuilds nothing.
    """
    rule = model.incremental
    parts = {
        "format": _FORMAT,
        "code": python_code(Path(model.python)) if model.python else model.sql,
        "key": model.key,
        "inputs": model.inputs,
        "columns": {name: column.type for name, column in model.columns.items()},
        "incremental": [rule.table, rule.by] if rule else None,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
