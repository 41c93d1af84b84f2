"""The page of a run: complete, escaped, on its own, the urgent first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from pipelines.flow import CheckReport, TableReport
from pipelines.quality import html_report, write_report
from pipelines.quality.report import duration

EVIL = "<script>alert('x')</script>"


def run(**changes: Any) -> dict[str, Any]:
    """A run in which nothing went wrong, but for the changes."""
    loaded = TableReport(
        "raw.crm__deals", "merge", "loaded", rows_read=10, rows_loaded=9, rows_blank=1
    )
    built = TableReport("core.deal", "full", "built", rows_read=9, rows_loaded=9)
    values = {
        "run_id": "run-1",
        "status": "success",
        "seconds": 61.2,
        "tables": [loaded.as_dict(), built.as_dict()],
        "checks": [check("passed").as_dict()],
        "errors": [],
    }
    return {**values, **changes}


def check(status: Any, severity: str = "critical", **more: Any) -> CheckReport:
    return CheckReport("core.deal", f"check_{status}_{severity}", severity, status, **more)


def text_of(page: str) -> str:
    return " ".join(" ".join(map(str, html.fromstring(page).itertext())).split())


def test_a_good_run_says_so_and_what_to_type_next() -> None:
    text = text_of(html_report(run()))
    assert "All is well" in text
    assert "1 min 01 s" in text
    assert "headwater tables" in text


def test_everything_from_outside_is_escaped() -> None:
    bad = check(
        "failed",
        description=EVIL,
        observed=EVIL,
        error=EVIL,
        failing_rows=1,
        sample=[{EVIL: EVIL}],
    )
    table = TableReport(EVIL, EVIL, "failed", notes=[EVIL])
    page = html_report(
        run(
            checks=[bad.as_dict()],
            tables=[table.as_dict()],
            errors=[{"table": EVIL, "kind": EVIL, "message": EVIL}],
            quarantine=[{"table": EVIL, "reason": EVIL, "rows": 1, "sample": [{"raw": EVIL}]}],
        )
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 10


def test_the_page_asks_for_nothing_else() -> None:
    page = html_report(run(checks=[check("warned", "warning").as_dict()]))
    assert not re.search(r"https?://|\bsrc=|<link|@import|url\(", page)


def test_critical_failures_come_first_with_their_rows() -> None:
    checks = [
        check("warned", "warning", description="mild one", failing_rows=90),
        check(
            "failed",
            description="a failure",
            failing_rows=45,
            sample=[{"deal_id": 7, "amount": None, "_path": None}],
            arguments={"column": "amount"},
        ),
        check("error", description="a broken one", error="There is no column."),
    ]
    page = html_report(run(status="checks_failed", checks=[c.as_dict() for c in checks]))
    text = text_of(page)
    assert "2 critical checks failed" in text
    assert text.index("a broken one") < text.index("a failure") < text.index("mild one")
    assert "First 1 of 45 failing rows deal_id amount 7 null" in text


def test_records_that_are_unaccounted_for_are_told() -> None:
    lost = TableReport("raw.crm__deals", "merge", "loaded", rows_read=10, rows_loaded=7)
    assert "3 records are unaccounted for" in text_of(html_report(run(tables=[lost.as_dict()])))
    assert "unaccounted" not in html_report(run())


def test_a_failed_source_and_its_quarantine_are_told() -> None:
    table = TableReport("raw.crm__deals", "merge", "loaded", rows_read=2, rows_quarantined=2)
    held = {"table": "raw.crm__deals", "reason": "amount holds 'x'", "rows": 2}
    error = {"table": "raw.crm__notes", "kind": "SourceError", "message": "It is gone."}
    text = text_of(
        html_report(
            run(status="failed", tables=[table.as_dict()], errors=[error], quarantine=[held])
        )
    )
    assert "1 table could not be brought up to date" in text
    assert "amount holds 'x' 2 records" in text
    assert "headwater quarantine show raw.crm__deals" in text


def test_an_unchanged_run_says_nothing_new() -> None:
    same = TableReport("raw.crm__deals", "merge", "unchanged")
    assert "Nothing new" in text_of(html_report(run(tables=[same.as_dict()])))


def test_the_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "run-1.html"
    write_report(path, run())
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [item.name for item in path.parent.iterdir()] == ["run-1.html"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (9.96, "10.0 s"), (59.4, "59 s"), (125, "2 min 05 s")]
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
