"""Ordinary Dagster assets from the `custom` folders, for what no declaration says.

Each file is imported; its assets and asset checks join the others, and may ask
for the resource `warehouse`. What becomes of them is noted in the run's record.
Belongs here: importing, and the noting. Does not belong here:
finding the files (the catalog does), or the assets themselves.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import dagster as dg

from pipelines.errors import DeclarationError
from pipelines.flow import TableReport
from pipelines.orchestration.keys import table_of
from pipelines.orchestration.session import Session
from pipelines.orchestration.summary import CUSTOM


def custom_assets(files: Iterable[Path]) -> list[dg.AssetsDefinition]:
    """The assets and checks that the files define, in the order of the files."""
    found: list[dg.AssetsDefinition] = []
    for module in map(_load, files):
        for value in vars(module).values():
            if isinstance(value, dg.AssetsDefinition) and value not in found:
                found.append(value)
    return [each.with_hooks({_done(each), _failed(each)}) if each.keys else each for each in found]


def _done(asset: dg.AssetsDefinition) -> dg.HookDefinition:
    tables = [table_of(key) for key in asset.keys]

    @dg.success_hook(name="note_done", required_resource_keys={"session"})
    def note(context: dg.HookContext) -> None:
        session: Session = context.resources.session
        for table in tables:
            session.done(TableReport(table, mode=CUSTOM, status="built"))

    return note


def _failed(asset: dg.AssetsDefinition) -> dg.HookDefinition:
    tables = [table_of(key) for key in asset.keys]

    @dg.failure_hook(name="note_failed", required_resource_keys={"session"})
    def note(context: dg.HookContext) -> None:
        session: Session = context.resources.session
        error = context.op_exception
        for table in tables:
            session.failed(table, error if isinstance(error, Exception) else RuntimeError())

    return note


def _load(path: Path) -> ModuleType:
    """Import one file under a name that no other folder's file can take."""
    digest = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]
    name = f"headwater_custom_{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DeclarationError(f"{path} can't be imported as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise DeclarationError(
            f"{path} failed while it was imported: {type(error).__name__}: {error}. A file in "
            "custom/ defines Dagster assets and does nothing else on import."
        ) from error
    return module
