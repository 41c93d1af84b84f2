"""One run of matching: what changed, what it reaches, and one commit.

    report = match_records(warehouse, inputs, run_id=…)

A run in which no input, decision or code changed does nothing. Else only touched
records are compared again, with the model that is there; everything is, with a model
trained anew, when there is none, when it was made by other code, when the records have
doubled since, or on demand. Either way gives the same organizations.

Belongs here: that order. Does not belong here: any of its steps.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import orjson

from pipelines.errors import WarehouseBusy
from pipelines.failpoints import failpoint
from pipelines.flow import Progress, TableReport
from pipelines.matching.clusters import cluster
from pipelines.matching.compare import compare, lay_out_all, learn
from pipelines.matching.intake import take_in
from pipelines.matching.model import VERSION, MatchModel
from pipelines.matching.orgs import Assigned, assign, first_id
from pipelines.matching.region import Region, mark_region, read_history, read_region
from pipelines.matching.tables import (
    MODELS,
    RUNS,
    XREF,
    LastRun,
    create_tables,
    current_model,
    last_run,
    model_version,
    newest_decision,
)
from pipelines.matching.write import (
    stage_outcome,
    write_aliases,
    write_orgs,
    write_queue,
    write_records_and_pairs,
)
from resources.warehouse import (
    LAKE,
    Connection,
    Warehouse,
    begin,
    table_versions,
)

_GROWTH = 2
"""A model is trained anew when there are this many times the records it learned from."""


def silent(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def match_records(
    warehouse: Warehouse,
    inputs: Sequence[str],
    *,
    run_id: str,
    retrain: bool = False,
    progress: Progress = silent,
) -> TableReport:
    """Bring core.org_xref up to date with the records in `inputs`, in one commit.

    Raises ModelError when an input isn't as matching needs it, WarehouseBusy when
    another run matched in the meantime; the tables are then as they were.
    """
    started = time.monotonic()
    with warehouse.read() as connection:
        fresh = last_run(connection) is None
        reason = _reason(connection, inputs, retrain=retrain)
        snapshot = warehouse.snapshot() if not reason else 0
    if not reason:
        note = "Neither code nor inputs nor decisions changed."
        return _report(started, "unchanged", snapshot, [note])
    if fresh:
        warehouse.commit(create_tables, message="make the tables of matching")
    run = _Run(tuple(inputs), run_id, retrain, started, progress)
    committed = warehouse.commit(
        run.write,
        prepare=run.prepare,
        message=f"build {XREF}",
        extra={"run_id": run_id, "table": XREF},
    )
    failpoint("after_commit")
    report = _report(started, "built", committed.snapshot, run.notes(reason))
    report.mode = run.mode
    report.rows_read = report.rows_loaded = run.touched
    return report


def _reason(connection: Connection, inputs: Sequence[str], *, retrain: bool) -> str:
    """Why there is something to do; empty where there isn't."""
    last, version = last_run(connection), model_version(connection)
    if last is None or version is None:
        return "it was not built before"
    if retrain:
        return "a new model was asked for"
    if version != VERSION:
        return "the code of matching changed"
    if _versions(connection, inputs) != last.inputs:
        return "the records changed"
    return "people decided" if newest_decision(connection) != last.decisions else ""


def _versions(connection: Connection, inputs: Sequence[str]) -> dict[str, int]:
    return {name: each.changed for name, each in table_versions(connection, set(inputs)).items()}


def _report(started: float, status: str, snapshot: int, notes: list[str]) -> TableReport:
    return TableReport(
        table=XREF,
        mode="matched",
        status="built" if status == "built" else "unchanged",
        seconds=time.monotonic() - started,
        snapshot=snapshot,
        notes=notes,
    )


@dataclass
class _Run:
    """One run: `prepare` works outside the door, `write` commits inside it."""

    inputs: tuple[str, ...]
    run_id: str
    retrain: bool
    started: float
    progress: Progress
    mode: str = "incremental"
    touched: int = 0
    pairs: int = 0
    organizations: int = 0
    moved: int = 0
    last: LastRun | None = None
    decisions: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    model: MatchModel | None = None
    trained: MatchModel | None = None
    assigned: Assigned = field(default_factory=Assigned)

    def prepare(self, tx: Connection) -> None:
        """Work everything out, from one snapshot, into temporary tables."""
        begin(tx)
        try:
            self._prepare(tx)
            tx.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                tx.execute("ROLLBACK")
            raise
        finally:
            tx.execute(f"USE {LAKE}")

    def _prepare(self, tx: Connection) -> None:
        self.last, self.decisions = last_run(tx), newest_decision(tx)
        self.versions = _versions(tx, self.inputs)
        self.progress("reading records", 0, None)
        known = current_model(tx)
        whole = self.retrain or known is None or known[0].version != VERSION
        self.touched = take_in(tx, self.inputs, whole=whole)
        lay_out_all(tx)
        if not whole and known and _count(tx, "temp.match_given") > _GROWTH * known[0].records:
            whole = True
            self.touched = take_in(tx, self.inputs, whole=True)
        self.mode = "full" if whole else "incremental"
        if whole or known is None:
            self.progress("learning", 0, None)
            self.model = self.trained = learn(tx)
        else:
            self.model = known[0]
        self.progress("comparing", 0, None)
        self.pairs = compare(tx, self.model, whole=whole)
        self._put_together(tx, self.model)

    def _put_together(self, tx: Connection, model: MatchModel) -> None:
        self.progress("putting together", 0, None)
        mark_region(tx, model.match, self.last.decisions if self.last else 0)
        region = read_region(tx)
        made, refused = cluster(region.members, region.edges, region.decisions, model.match)
        groups = made.groups()
        candidates = {first_id(group[0]) for group in groups}
        born, aliases = read_history(tx, set(region.before.values()), candidates)
        self.assigned = assign(groups, region.before, born, aliases)
        self.organizations = len(groups)
        rejected = _rejected(region)
        waiting = [
            (edge, "unsure")
            for edge in region.edges
            if model.queue <= edge.score < model.match
            and not edge.is_sure
            and edge.apart is None
            and region.members[edge.left].scope != region.members[edge.right].scope
            and not made.together(edge.left, edge.right)
            and (edge.left, edge.right) not in rejected
        ]
        refused = [each for each in refused if each.edge[:2] not in rejected]
        stage_outcome(tx, made, self.assigned, waiting, refused)

    def write(self, tx: Connection) -> None:
        """Write what differs, and the record of this run."""
        now_last = last_run(tx)
        if (now_last and now_last.run_id) != (self.last and self.last.run_id):
            raise WarehouseBusy(
                "Another run matched records while this one worked; nothing was written. Run it "
                "again."
            )
        now = datetime.now(UTC)
        write_records_and_pairs(tx, whole=self.mode == "full")
        failpoint("mid_commit")
        self.moved = write_orgs(tx, now)
        write_aliases(tx, self.assigned, now)
        write_queue(tx)
        if self.trained is not None:
            _keep_model(tx, self.trained, now)
        seconds = time.monotonic() - self.started
        tx.execute(
            f"INSERT INTO {RUNS} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self.run_id,
                now,
                self.mode,
                orjson.dumps(self.versions).decode(),
                self.decisions,
                _count(tx, "temp.match_given"),
                self.touched,
                self.pairs,
                self.organizations,
                seconds,
            ],
        )

    def notes(self, reason: str) -> list[str]:
        """What is told of the run."""
        counts = (
            f"{self.touched} records touched, {self.pairs} pairs compared, {self.moved} records "
            "have another organization."
        )
        return [f"Built because {reason}.", counts]


def _rejected(region: Region) -> set[tuple[str, str]]:
    latest = {frozenset(each[2:]): each for each in region.decisions}
    found = {(each.left, each.right) for each in latest.values() if each.verdict == "reject"}
    return found | {(right, left) for left, right in found}


def _keep_model(tx: Connection, model: MatchModel, now: datetime) -> None:
    tx.execute(
        f"INSERT INTO {MODELS} VALUES (?, ?, ?, ?, ?, ?)",
        [
            model.version,
            now,
            model.records,
            model.match,
            model.queue,
            orjson.dumps(model.to_json()).decode(),
        ],
    )


def _count(tx: Connection, table: str) -> int:
    row = tx.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
