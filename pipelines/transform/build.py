"""Building one model: plan, compute, write the difference, record it.

Belongs here: the order of these steps and what is told about them. Does not
belong here: how any of them works.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from pipelines.errors import DuplicateKeys, ModelError
from pipelines.failpoints import failpoint
from pipelines.flow import Progress, TableReport
from pipelines.spec import Model
from pipelines.transform.compute import AFFECTED, RESULT, compute, same_values
from pipelines.transform.record import Build, last_build, record_build
from pipelines.transform.shape import check_shape, comments_differ, comments_needed
from pipelines.transform.stale import Plan, make_plan
from pipelines.transform.standing import standing
from resources.warehouse import (
    Changes,
    Connection,
    Warehouse,
    make_equal,
    relation_columns,
    table_columns,
)


def _silent(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def build_model(
    warehouse: Warehouse,
    model: Model,
    *,
    run_id: str,
    full_refresh: bool = False,
    progress: Progress = _silent,
) -> TableReport:
    """Bring one model's table up to date, in one commit, or leave it as it is.

    Nothing is computed when neither code nor inputs changed since the last
    build. When the result is the same all the same, only the build is recorded
    and the table keeps its version, so what is downstream stays up to date.
    Raises ModelError when the model can't be built; its table is then untouched.
    """
    started = time.monotonic()
    now = warehouse.known(standing)
    plan = make_plan(now, model, full_refresh=full_refresh)
    if plan.mode == "unchanged":
        differ = comments_differ(model, now.comments[model.table])
        snapshot = _comment(warehouse, model) if differ else plan.snapshot
        return _report(model, started, "unchanged", snapshot, [plan.reason])
    progress(f"building {model.table}", 0, None)
    work = _Work(warehouse, model, run_id, started, full_refresh, plan)
    committed = warehouse.commit(
        work.write,
        prepare=work.prepare,
        message=f"build {model.table}",
        extra={"run_id": run_id, "table": model.table},
    )
    failpoint("after_commit")
    done: _Done = committed.value
    progress(f"building {model.table}", done.rows, done.rows)
    if done.changes is None:
        note = "Another run built it in the meantime."
        return _report(model, started, "unchanged", committed.snapshot, [note])
    report = _report(model, started, "built", committed.snapshot, done.notes())
    report.mode, report.rows_read, report.rows_loaded = done.plan.mode, done.rows, done.rows
    return report


@dataclass(frozen=True)
class _Done:
    """What a build did; no changes where another run was faster."""

    plan: Plan
    rows: int = 0
    changes: Changes | None = None

    def notes(self) -> list[str]:
        changes = self.changes or Changes()
        counts = (
            f"{changes.inserted} inserted, {changes.updated} updated, {changes.deleted} deleted"
        )
        return [
            f"Built because {self.plan.reason}.",
            f"{counts}." if changes else "No row differs.",
        ]


@dataclass
class _Work:
    """One build: `prepare` computes outside the door, `write` commits inside it."""

    warehouse: Warehouse
    model: Model
    run_id: str
    started: float
    full_refresh: bool
    plan: Plan

    def prepare(self, tx: Connection) -> None:
        """Compute the result into a temporary table and check its shape."""
        self.plan = compute(self.warehouse, tx, self.model, full_refresh=self.full_refresh)
        if self.plan.mode == "unchanged":
            return
        check_shape(self.model, relation_columns(tx, RESULT))
        if self.plan.mode == "incremental" and self._needs_whole(tx):
            self.plan = compute(self.warehouse, tx, self.model, full_refresh=True)

    def _needs_whole(self, tx: Connection) -> bool:
        """Whether the part can't be put into the table as it is.

        Its columns have other types now, or it holds a key of a row that stays:
        then the key is no key any more, which a whole build tells in full.
        """
        table = self.model.table
        if relation_columns(tx, RESULT) != table_columns(tx, table):
            return True
        if not self.model.key:
            return False
        same = same_values(self.model.key, "result", "target")
        query = (
            f"SELECT 1 FROM {table} AS target WHERE NOT ({self._scope()}) AND EXISTS "
            f"(FROM {RESULT} AS result WHERE {same}) LIMIT 1"
        )
        return tx.execute(query).fetchone() is not None

    def _scope(self) -> str:
        rule = self.model.incremental
        agree = same_values(rule.by if rule else (), "affected", "target")
        return f"EXISTS (FROM {AFFECTED} AS affected WHERE {agree})"

    def write(self, tx: Connection) -> _Done:
        """Make the table equal to the result and record the build."""
        plan, model = self.plan, self.model
        if plan.mode == "unchanged" or self._overtaken(tx):
            return _Done(plan)
        scope = self._scope() if plan.mode == "incremental" else None
        try:
            changes = make_equal(tx, model.table, RESULT, model.key, scope=scope)
        except DuplicateKeys as error:
            raise ModelError(f"{model.path}: {error}") from None
        failpoint("mid_commit")
        for statement in comments_needed(tx, model):
            tx.execute(statement)
        rows = _count(tx)
        record_build(tx, self._build(plan, rows, changes))
        return _Done(plan, rows, changes)

    def _overtaken(self, tx: Connection) -> bool:
        """Whether another run has built the table from newer inputs, or changed the base."""
        plan = self.plan
        last = last_build(tx, self.model.table)
        if last is None or (plan.last is not None and last.build_id == plan.last.build_id):
            return False
        return plan.mode == "incremental" or last.snapshot >= plan.snapshot

    def _build(self, plan: Plan, rows: int, changes: Changes) -> Build:
        return Build(
            build_id=uuid.uuid4().hex,
            table=self.model.table,
            run_id=self.run_id,
            code_hash=plan.code_hash,
            inputs=dict.fromkeys(self.model.inputs, plan.snapshot),
            mode=plan.mode,
            rows=rows,
            changes=changes,
            seconds=time.monotonic() - self.started,
            snapshot=plan.snapshot,
        )


def _comment(warehouse: Warehouse, model: Model) -> int:
    """Bring only the descriptions in the lake up to date."""

    def work(tx: Connection) -> None:
        for statement in comments_needed(tx, model):
            tx.execute(statement)

    return warehouse.commit(work, message=f"describe {model.table}").snapshot


def _count(tx: Connection) -> int:
    row = tx.execute(f"SELECT count(*) FROM {RESULT}").fetchone()
    return int(row[0]) if row else 0


def _report(
    model: Model, started: float, status: str, snapshot: int, notes: list[str]
) -> TableReport:
    return TableReport(
        table=model.table,
        mode=model.materialized,
        status="built" if status == "built" else "unchanged",
        seconds=time.monotonic() - started,
        snapshot=snapshot,
        notes=notes,
    )
