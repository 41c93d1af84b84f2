"""One HTML page a run: what was done, what failed, the rows that failed, what next.

Belongs here: what the page says, made from the run's JSON. Does not belong here:
what it looks like (`report.html.j2`), or where it is kept (orchestration). The
page is one file that asks for nothing else, so it can be mailed and archived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.flow import ABSENT

_TEMPLATE = "report.html.j2"
_BAD = ("error", "failed", "warned")
_COUNTS = ("rows_read", "rows_loaded", "rows_quarantined", "rows_blank", "rows_duplicate")

_QUIET = ("unchanged", *ABSENT, "skipped")


def write_report(path: Path, run: Mapping[str, Any]) -> None:
    """Write the page of one run; it is complete or does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(html_report(run), encoding="utf-8")
    draft.replace(path)


def html_report(run: Mapping[str, Any]) -> str:
    """The page of one run as HTML.

    `run` is the run as JSON: run_id, status, seconds, tables and checks (the
    fields of TableReport and CheckReport), errors (table, kind, message), and
    optionally started_at and quarantine (table, reason, rows, sample).
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": _count, "duration": duration, "cell": _cell}
    return environment.get_template(_TEMPLATE).render(**_view(run))


def _view(run: Mapping[str, Any]) -> dict[str, Any]:
    tables = [_table(table) for table in run.get("tables", ())]
    checks = [_check(check) for check in run.get("checks", ())]
    bad = [check for check in checks if check["status"] in _BAD]
    errors = list(run.get("errors", ()))
    quarantine = [_held(item) for item in run.get("quarantine", ())]
    return {
        "run_id": run["run_id"],
        "started_at": str(run.get("started_at") or "").replace("T", " ")[:19],
        "seconds": float(run.get("seconds") or 0),
        "verdict": _verdict(run, bad, errors, tables),
        "tiles": _tiles(tables, checks),
        "errors": errors,
        "bad": sorted(bad, key=_urgency),
        "quarantine": quarantine,
        "sources": _part(table for table in tables if _from_files(table)),
        "models": _part(table for table in tables if not _from_files(table)),
        "groups": _groups(checks),
        "next": _next(tables, bad, errors),
    }


def _from_files(table: Mapping[str, Any]) -> bool:
    return str(table["table"]).startswith("raw.")


def _part(tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Some tables with their sums."""
    chosen = list(tables)
    names = (*_COUNTS, "seconds")
    return {"tables": chosen, "totals": {n: sum(table[n] for table in chosen) for n in names}}


def _table(given: Mapping[str, Any]) -> dict[str, Any]:
    table = {name: int(given.get(name) or 0) for name in (*_COUNTS, "rows_repeated")}
    parts = table["rows_loaded"] + table["rows_quarantined"]
    parts += table["rows_blank"] + table["rows_duplicate"]
    return {
        **table,
        "table": given["table"],
        "mode": given.get("mode") or "",
        "status": given.get("status") or "",
        "quiet": given.get("status") in _QUIET,
        "seconds": float(given.get("seconds") or 0),
        "notes": list(given.get("notes") or ()),
        # Only what came from files is read; a model's rows come out of others.
        "adds_up": not table["rows_read"] or table["rows_read"] == parts,
        "missing": table["rows_read"] - parts,
    }


def _check(given: Mapping[str, Any]) -> dict[str, Any]:
    sample = list(given.get("sample") or ())
    arguments = given.get("arguments") or {}
    looked_at = {arguments.get(name) for name in ("column", "column_A", "column_B")}
    looked_at |= set(arguments.get("column_list") or ())
    return {
        "table": given["table"],
        "check": given["check"],
        "says": given.get("description") or given["check"],
        "named": _named(given),
        "severity": given.get("severity") or "critical",
        "status": given.get("status") or "error",
        "failing_rows": int(given.get("failing_rows") or 0),
        "observed": given.get("observed") or "",
        "error": given.get("error") or "",
        "sample": sample,
        "columns": _shown(sample),
        "looked_at": looked_at,
        "reused": bool(given.get("reused")),
        "seconds": float(given.get("seconds") or 0),
    }


def _named(given: Mapping[str, Any]) -> str:
    expectation = given.get("expectation") or ""
    return f"rule {given['check']}" if expectation == "rule" else expectation or given["check"]


def _held(given: Mapping[str, Any]) -> dict[str, Any]:
    sample = list(given.get("sample") or ())
    return {
        "table": given["table"],
        "reason": given["reason"],
        "rows": int(given["rows"]),
        "sample": sample,
        "columns": _shown(sample),
    }


def _shown(sample: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of a sample, without those of the origin that say nothing."""
    names = dict.fromkeys(name for row in sample for name in row)
    return [
        name
        for name in names
        if not name.startswith("_") or any(row.get(name) is not None for row in sample)
    ]


def _urgency(check: Mapping[str, Any]) -> tuple[int, int, int]:
    severity = ("critical", "warning", "info").index(check["severity"])
    return severity, _BAD.index(check["status"]), -int(check["failing_rows"])


def _verdict(
    run: Mapping[str, Any],
    bad: Sequence[Mapping[str, Any]],
    errors: Sequence[Any],
    tables: Sequence[Mapping[str, Any]],
) -> dict[str, str]:
    stopping = sum(check["severity"] == "critical" for check in bad)
    warnings = len(bad) - stopping
    besides = [_many(stopping, "critical check failed", "critical checks failed")] * bool(stopping)
    besides += [_many(warnings, "warning", "warnings")] * bool(warnings)
    held = sum(table["rows_quarantined"] for table in tables)
    aside = [_many(held, "record is", "records are") + " in quarantine"] * bool(held)
    failed = _many(len(errors), "table", "tables") + " could not be brought up to date"
    quiet = bool(tables) and all(table["status"] in ("unchanged", *ABSENT) for table in tables)
    if errors or run.get("status") == "failed":
        kind, title, text = (
            "bad",
            failed,
            f"{'Its' if len(errors) == 1 else 'Their'} rows are as they were.",
        )
    elif stopping:
        kind, title = "bad", besides.pop(0)
        text = "What stands on the tables concerned was not rebuilt."
    elif quiet:
        kind, title, text = "good", "Nothing new", "Every table was up to date already."
    elif warnings:
        kind, title = "fair", "Done, with " + besides.pop(0)
        text = "Every table is up to date. A warning wants a look, but stops nothing."
    else:
        kind, title, text = "good", "All is well", "Every table is up to date and checked."
    return {
        "kind": kind,
        "title": title,
        "text": " ".join([text, *(f"{part}." for part in (*besides, *aside))]),
    }


def _tiles(
    tables: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    files = _part(table for table in tables if _from_files(table))["totals"]
    passed = sum(check["status"] == "passed" for check in checks)
    moved = sum(not table["quiet"] for table in tables)
    return [
        {"label": "tables", "value": len(tables), "note": f"{moved} changed"},
        {"label": "rows read", "value": files["rows_read"], "note": "from files"},
        {"label": "rows loaded", "value": files["rows_loaded"], "note": "as they were said"},
        {"label": "quarantined", "value": files["rows_quarantined"], "note": "kept for repair"},
        {"label": "checks passed", "value": passed, "note": f"of {len(checks):,}"},
    ]


def _groups(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The checks of each table, with how many passed."""
    tables = dict.fromkeys(check["table"] for check in checks)
    grouped = {table: [c for c in checks if c["table"] == table] for table in tables}
    return [
        {
            "table": table,
            "checks": own,
            "passed": sum(check["status"] == "passed" for check in own),
        }
        for table, own in grouped.items()
    ]


def _next(
    tables: Sequence[Mapping[str, Any]],
    bad: Sequence[Mapping[str, Any]],
    errors: Sequence[Mapping[str, Any]],
) -> list[dict[str, str]]:
    """Commands that a person would type after this run, with what each does."""
    steps = []
    if errors:
        steps.append(("headwater doctor", "find what is wrong with the installation"))
    if bad:
        query = f"FROM {bad[0]['table']} LIMIT 20"
        steps.append((f'headwater sql "{query}"', "look at the table whose check failed"))
    held = [table["table"] for table in tables if table["rows_quarantined"]]
    if held:
        steps.append((f"headwater quarantine show {held[0]}", "see what was set aside, and why"))
        steps.append((f"headwater quarantine replay {held[0]}", "load it once it is repaired"))
    if errors or bad:
        steps.append(("headwater run", "try again; what is up to date is not done twice"))
    if not steps:
        shown = next((t["table"] for t in tables if t["table"].startswith("marts.")), None)
        steps.append(("headwater tables", "list what the warehouse holds"))
        if shown:
            steps.append((f'headwater sql "FROM {shown} LIMIT 20"', "read a table"))
        steps.append(("headwater dev", "open the Dagster UI"))
    return [{"command": command, "does": does} for command, does in steps]


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _count(value: int) -> str:
    return f"{value:,}"


def duration(seconds: float) -> str:
    """A time a person reads at a glance: 0.3 s, 12 s, 2 min 05 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
