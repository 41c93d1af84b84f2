"""What runs before this one left behind, finished or put aside.

Belongs here: drafts that nobody holds, packages that were not committed, files that
no table has. Does not belong here: reading anything new.
"""

from __future__ import annotations

from pipelines.engine.core import Engine
from pipelines.errors import PackageDamaged
from pipelines.flow import StreamState, TableReport
from pipelines.load.attach import lake_folder, remove_orphans
from pipelines.load.commit import commit_abandoned, commit_package
from pipelines.load.landing import Landing, Package
from pipelines.load.records import known_loads, known_state
from pipelines.spec import Stream


def recover(
    engine: Engine, landing: Landing, table: str, stream: Stream, run_id: str
) -> list[TableReport]:
    """Finish or abandon what runs before this one left between package and commit."""
    cleared = landing.clear_drafts()
    packages = landing.packages()
    recorded = known_loads(engine.warehouse, table) if packages else {}
    pending = [package for package in packages if package.load_id not in recorded]
    reports = []
    for package in pending:
        state = known_state(engine.warehouse, table)
        reason = _reason_to_abandon(package, state)
        if reason is None:
            report = commit_package(engine.warehouse, package, stream, run_id=run_id)
            report.notes.append(f"The package {package.load_id} of an earlier run was committed.")
            reports.append(report)
        else:
            commit_abandoned(engine.warehouse, package, table, run_id=run_id, reason=reason)
    folder = lake_folder(engine.warehouse.address, table)
    if folder is not None and (cleared or pending):
        with engine.warehouse.read() as connection:
            remove_orphans(connection, folder)
    return reports


def _reason_to_abandon(package: Package, state: StreamState) -> str | None:
    try:
        package.verify()
    except PackageDamaged as error:
        return str(error)
    if package.manifest.before != state:
        return "The table has moved on since this package was made; its files are read again."
    return None
