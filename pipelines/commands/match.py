"""`headwater match`: which records are one organization, and what people decide of it.

Belongs here: asking matching and printing. Does not belong here: what it answers.
"""

from __future__ import annotations

import getpass
import uuid
from typing import Any

from rich.markup import escape

from pipelines.catalog.load import load_catalog
from pipelines.commands.lake import reading
from pipelines.commands.show import amount, console, count, moment, new_table, print_json
from pipelines.engine import Engine
from pipelines.engine.matching import match_organizations
from pipelines.flow import TableReport
from pipelines.matching import look
from pipelines.matching.decisions import Verdict, decide, split
from resources.settings import load_settings


def run(*, retrain: bool, as_json: bool) -> None:
    """Match what changed and print what came of it."""
    engine = _engine()
    try:
        report = match_organizations(engine, run_id=str(uuid.uuid4()), retrain=retrain)
    finally:
        engine.close()
    _told(report, {}, as_json=as_json)


def list_waiting(*, limit: int, as_json: bool) -> None:
    """Print the pairs that wait for a person."""
    with reading(load_settings()) as connection:
        rows = look.waiting(connection, limit)
    if as_json:
        print_json(rows)
        return
    output = console()
    if not rows:
        output.print("Nothing waits for a decision.")
        return
    shown = new_table("score", "one", "other", "why", numbers=("score",), wrapped=("one", "other"))
    for row in rows:
        shown.add_row(
            f"{row['score']:.3f}",
            _record(row["left"]),
            _record(row["right"]),
            escape(row["reason"]),
        )
    output.print(shown)
    first = rows[0]
    pair = f"{first['left']['record_id']} {first['right']['record_id']}"
    output.print(f"\nheadwater match accept {pair}   or reject", style="dim", soft_wrap=True)


def show(what: str, *, as_json: bool) -> None:
    """Print one organization: its records, and why they are together."""
    with reading(load_settings()) as connection:
        found = look.organization(connection, what)
    if as_json:
        print_json(found)
        return
    output = console()
    output.print(f"[bold]{escape(found['org_id'])}[/]")
    shown = new_table("record", "score", "since (UTC)", numbers=("score",), wrapped=("record",))
    for row in found["records"]:
        shown.add_row(_record(row), f"{row['score']:.3f}", moment(row["valid_from"]))
    output.print(shown)
    for row in found["aliases"]:
        until = f" until {moment(row['valid_to'])}" if row["valid_to"] else ""
        output.print(
            f"{row['alias_id']} → {row['org_id']}: {row['reason']} {moment(row['valid_from'])}"
            f"{until}",
            style="dim",
            markup=False,
        )
    output.print(_pairs(found["pairs"]))
    for row in found["decisions"]:
        note = f" ({row['note']})" if row["note"] else ""
        output.print(
            f"{row['decided_by']} {row['verdict']}ed {row['left_id']} and {row['right_id']}, "
            f"{moment(row['decided_at'])}{note}",
            markup=False,
        )


def _pairs(pairs: list[dict[str, Any]]) -> Any:
    shown = new_table("score", "pair", "what speaks for it (bits)", numbers=("score",))
    for row in pairs:
        score = "sure" if row["is_sure"] else f"{row['score']:.3f}"
        bits = ", ".join(
            f"{name.removeprefix('bits_')} {value:+.1f}"
            for name, value in row.items()
            if name.startswith("bits_") and value
        )
        shown.add_row(score, escape(f"{row['left_id']} {row['right_id']}"), row["apart"] or bits)
    return shown


def model(*, as_json: bool) -> None:
    """Print the model: how much each level of each comparison speaks for a match."""
    with reading(load_settings()) as connection:
        found = look.model(connection)
    if as_json:
        print_json(found)
        return
    output = console()
    shown = new_table("comparison", "level", "m", "u", "bits", "", numbers=("m", "u", "bits"))
    for row in found["levels"]:
        source = "learned" if row["learned"] else "assumed"
        numbers = (f"{row['m']:.4f}", f"{row['u']:.2e}", f"{row['bits']:+.1f}")
        shown.add_row(row["comparison"], row["level"], *numbers, source)
    output.print(shown)
    output.print(
        f"\nTrained {moment(found['trained_at'])} on {amount(found['records'])} records. Two at "
        f"random are one organization with probability {found['prior']:.2e}. Match from "
        f"{found['match_threshold']}, a person is asked from {found['queue_threshold']}."
    )


def decided(verdict: Verdict, left: str, right: str, *, by: str, note: str, as_json: bool) -> None:
    """Write a decision, match again, and print what came of it."""
    engine = _engine()
    try:
        numbers = decide(engine.warehouse, verdict, [(left, right)], by=by or _me(), note=note)
        report = match_organizations(engine, run_id=str(uuid.uuid4()))
    finally:
        engine.close()
    _told(report, {"decisions": numbers}, as_json=as_json)


def split_off(record: str, *, by: str, note: str, as_json: bool) -> None:
    """Take a record out of its organization, match again, and print what came of it."""
    engine = _engine()
    try:
        numbers = split(engine.warehouse, record, by=by or _me(), note=note)
        report = match_organizations(engine, run_id=str(uuid.uuid4()))
    finally:
        engine.close()
    _told(report, {"decisions": numbers}, as_json=as_json)


def _told(report: TableReport, more: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({**report.as_dict(), **more})
        return
    output = console()
    if more:
        output.print(f"{count(len(more['decisions']), 'decision')} written.")
    output.print(f"{report.table}: {report.status}, {report.seconds:.1f} s.")
    for note in report.notes:
        output.print(f"  {note}", markup=False)


def _record(row: dict[str, Any]) -> str:
    told = [row["domain"], row["country_code"], row["city"], row["founded_year"]]
    about = ", ".join(str(each) for each in told if each)
    name = row["name"] or "(no name)"
    return escape(f"{name} [{row['record_id']}]" + (f" {about}" if about else ""))


def _engine() -> Engine:
    settings = load_settings()
    return Engine(settings, load_catalog(settings.assets, cache=settings.home / "cache"))


def _me() -> str:
    return getpass.getuser()
