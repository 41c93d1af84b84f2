"""Workbooks one after another: restatements are news, a thousand times is a question."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pipelines.finance.kpi import filing
from pipelines.finance.kpi.mapping import Decision, Mapping, Profile
from pipelines.finance.kpi.reading import read_all
from pipelines.finance.kpi.readings import Reading, Workbook
from tests.kpi.books import filled, reasons, sheet_of


def _readings(*books: tuple[date, dict[str, int]], scale: int | None = None) -> list[Reading]:
    made = [
        Workbook(str(day), day, [sheet_of(filled([["EUR", *v], ["Revenue", *v.values()]]))])
        for day, v in books
    ]
    decisions = [Decision("acme", "Revenue", "revenue", scale=scale)] if scale else []
    return read_all(made, Profile("acme", "EUR"), Mapping(decisions))


FIRST = (date(2026, 2, 10), {"Dec 2025": 90_000, "Jan 2026": 100_000})


def test_a_restatement_is_used() -> None:
    readings = _readings((date(2026, 3, 10), {"Jan 2026": 80_000, "Feb 2026": 130_000}), FIRST)
    assert [(r.file, r.value) for r in readings] == [
        ("2026-02-10", Decimal(90_000)),
        ("2026-02-10", Decimal(100_000)),
        ("2026-03-10", Decimal(80_000)),
        ("2026-03-10", Decimal(130_000)),
    ]


def test_thousands_that_are_not_called_so_are_asked_about() -> None:
    later = (date(2026, 3, 10), {"Jan 2026": 100, "Feb 2026": 130})
    readings = _readings(FIRST, later)
    assert [r.status for r in readings] == ["used", "used", "queued", "queued"]
    assert "in thousands?" in reasons(readings)
    assert [r.status for r in _readings(FIRST, later, scale=1)] == ["used"] * 4


def test_a_path_says_whose_a_workbook_is_and_of_which_day() -> None:
    file = "reporting/acme/2026-04-12 Board pack Q1 2026.xlsx"
    assert filing.company_of(file) == "acme"
    assert filing.as_of(file, None) == date(2026, 4, 12)
    assert filing.as_of("reporting/acme/2026-01-05/pack 20260110.xlsx", None) == date(2026, 1, 10)
    assert filing.as_of("reporting/acme/pack.xlsx", date(2026, 2, 1)) == date(2026, 2, 1)
    assert filing.as_of("reporting/acme/pack 2026-02.xlsx", None) is None
    assert filing.company_of("reporting/pack.xlsx") is None
    assert filing.company_of("reporting/acme/mails.zip!/pack.xlsx") == "acme"
