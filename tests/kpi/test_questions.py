"""What a workbook leaves open is asked, and what a person answered is followed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pipelines.finance.kpi.mapping import Decision, Profile
from tests.kpi.books import ACME, filled, read, reasons, sheet_of, used

D = Decimal
JAN, FEB, MAR = "month 2026-01-31", "month 2026-02-28", "month 2026-03-31"


def test_future_months_without_a_scenario_are_asked_about() -> None:
    sheet = filled([["EUR", "Mar 2026", "Apr 2026"], ["Revenue", 1, 2]])
    readings = read(sheet)
    assert used(readings) == {"revenue": [(MAR, D(1))]}
    assert "after the workbook's day" in reasons(readings)


def test_a_budget_sheet_is_budget_and_a_title_that_says_so_is_asked_about() -> None:
    rows: list[list[Any]] = [["EUR", "Jan 2026", "Feb 2026"], ["Revenue", 1, 2]]
    assert used(read(sheet_of(filled(rows), "Budget 2026"))) == {
        "revenue": [(f"{JAN} budget", D(1)), (f"{FEB} budget", D(2))]
    }
    titled = read(filled([["Budget 2026"], [], *rows]))
    assert used(titled) == {}
    assert "stands over the table" in reasons(titled)


@pytest.mark.parametrize(
    ("label", "value", "code", "points"),
    [
        ("Gross margin %", 62.5, "0.0", "62.5"),
        ("Gross margin", 0.625, "0.0%", "62.5"),
        ("Bruttomarge (%)", 62.5, "General", "62.5"),
        ("NRR", 118, "General", "118"),
        ("Gross margin", "62.5 %", "General", "62.5"),
        ("Gross margin", 0.625, "General", None),
        ("Customer churn %", 0.8, "General", None),
        ("Gross margin", 250000, "General", None),
        ("Gross margin (kEUR)", 250, "General", None),
        ("EBITDA %", 12, "General", None),
    ],
)
def test_percentages_are_points_or_asked_about(
    label: str, value: float | str, code: str, points: str | None
) -> None:
    rows: list[list[Any]] = [["EUR", "Jan 2026", "Feb 2026"], [label, value, None]]
    readings = read(filled(rows, formats={"B2": code}))
    values = [v for figures in used(readings).values() for _, v in figures]
    assert values == ([D(points)] if points else [])
    assert len(readings) == 1


@pytest.mark.parametrize(
    ("profile", "label", "code", "said"),
    [
        (Profile("acme"), "Revenue", "General", "No currency is stated"),
        (Profile("acme"), "Revenue ($)", "General", "several currencies"),
        (ACME, "Revenue (kEUR)", '"$"#,##0', "shown in $"),
        (ACME, "Sales", "General", "may mean Revenue"),
        (ACME, "Revenues per employee", "General", "looks"),
        (ACME, "Revenue (Germany)", "General", "may limit"),
        (ACME, "Monthly recuring revenue", "General", "one letter away"),
        (ACME, "Net new MMR", "General", "looks a little"),
        (ACME, "Opening cash", "General", "may mean"),
        (ACME, "Zzyzx", "General", "no known name"),
    ],
)
def test_what_is_not_certain_is_asked_about(
    profile: Profile, label: str, code: str, said: str
) -> None:
    rows: list[list[Any]] = [[None, "Jan 2026", "Feb 2026"], [label, 5, 6]]
    readings = read(filled(rows, formats={"B2": code, "C2": code}), profile=profile)
    assert used(readings) == {}
    assert said in reasons(readings)


def test_a_heading_that_limits_its_rows_is_asked_about() -> None:
    rows: list[list[Any]] = [
        ["EUR", "Jan 2026", "Feb 2026"],
        ["Key metrics"], ["Revenue", 9, 9],
        ["Germany"], ["MRR", 1, 2],
        ["New"], ["Customers", 3, 4],
        ["Team"], ["Headcount", 5, 6],
    ]  # fmt: skip
    readings = read(filled(rows))
    assert set(used(readings)) == {"revenue", "headcount"}
    assert "“Germany”" in reasons(readings)


def test_figures_given_twice_must_agree() -> None:
    one = sheet_of(filled([["kEUR", "Jan 2026", "Feb 2026"], ["Revenue", 12, 13]]), "Summary")
    two = sheet_of(filled([["EUR", "Jan 2026", "Feb 2026"], ["Revenue", 12345, 99]]), "Detail")
    other = sheet_of(filled([["in EUR"]]), "Notes")
    readings = read(
        one, two, other, decisions=[Decision("acme", "Revenue", "revenue", "Detail", scale=1)]
    )
    assert used(readings) == {"revenue": [(JAN, D(12345))]}
    assert [r.status for r in readings] == ["repeated", "queued", "used", "queued"]
    assert "several figures" in reasons(readings)


def test_a_sheet_without_thousands_beside_one_with_them_is_asked_about() -> None:
    one = sheet_of(filled([["kEUR", "Jan 2026", "Feb 2026"], ["Revenue", 12, 13]]), "P&L")
    two = sheet_of(filled([[None, "Jan 2026", "Feb 2026"], ["Cash", 12, 13]]), "Cash")
    readings = read(one, two)
    assert set(used(readings)) == {"revenue"}
    assert "Other rows or sheets speak of thousands" in reasons(readings)


def test_decisions_settle_what_a_workbook_leaves_open() -> None:
    rows: list[list[Any]] = [
        [None, "Jan 2026", "Feb 2026"],
        ["Burn", -5, -6],
        ["Margin", 0.5, 0.6],
        ["Misc", 1, 2],
    ]
    decisions = [
        Decision("acme", "Burn", "net_burn", scale=1000, sign=-1, currency="USD"),
        Decision("acme", "Margin", "gross_margin", percent="share"),
        Decision("acme", "Misc", "ignore", decided_by="Ann"),
        Decision("acme", "Burn", "no such metric", sheet="KPIs"),
    ]
    readings = read(filled(rows), decisions=decisions)
    assert used(readings) == {
        "net_burn": [(JAN, D(5000)), (FEB, D(6000))],
        "gross_margin": [(JAN, D(50)), (FEB, D(60))],
    }
    assert [r.status for r in readings][-2:] == ["ignored", "ignored"]
    assert {r.currency for r in readings} == {"USD", None}


def test_a_decision_for_one_section_leaves_the_others_alone() -> None:
    rows: list[list[Any]] = [
        ["EUR", "Jan 2026", "Feb 2026"],
        ["EMEA"],
        ["MRR", 1, 2],
        ["World"],
        ["MRR", 5, 6],
    ]
    decisions = [
        Decision("acme", "MRR", "mrr", section="World"),
        Decision("acme", "MRR", "ignore", section="EMEA"),
    ]
    assert used(read(filled(rows), decisions=decisions)) == {"mrr": [(JAN, D(5)), (FEB, D(6))]}


def test_burn_below_zero_errors_and_words_are_asked_about() -> None:
    rows: list[list[Any]] = [
        ["EUR", "Jan 2026", "Feb 2026", "Mar 2026"],
        ["Net burn", -5, 6, 7],
        ["Cash", "#REF!", "1,234", 9],
    ]
    readings = read(filled(rows))
    assert used(readings) == {"net_burn": [(FEB, D(6)), (MAR, D(7))], "cash": [(MAR, D(9))]}
    assert "below zero" in reasons(readings)
    assert "the error #REF!" in reasons(readings)


def test_a_workbook_without_a_table_or_a_day_is_told() -> None:
    assert "No row or column" in reasons(read(filled([["Revenue"], [5]])))
    rows: list[list[Any]] = [["EUR", "Jan 2026", "Feb 2026"], ["Revenue", 1, 2]]
    undated = read(filled(rows), as_of=None)
    assert used(undated) == {}
    assert "of which day" in reasons(undated)


def test_a_heading_that_is_not_understood_is_asked_about() -> None:
    rows: list[list[Any]] = [
        ["EUR", "Jan 2026", "Feb 2026 (unaudited)", "Mar 2026 run 2", "YTD 2026"]
    ]
    readings = read(filled([*rows, ["Revenue", 1, 2, 3, 6]]))
    assert used(readings) == {"revenue": [(JAN, D(1)), (FEB, D(2))]}
    assert reasons(readings) == "“Mar 2026 run 2” may name a period, but isn't understood."


def test_a_currency_near_and_thousands_of_one_further_away_are_asked_about() -> None:
    rows: list[list[Any]] = [
        ["kEUR", "Jan 2026", "Feb 2026"],
        ["Revenue", 1, 2],
        ["Cash, USD", 3, 4],
    ]
    readings = read(filled(rows))
    assert set(used(readings)) == {"revenue"}
    assert "The label says USD, a note EUR in 1,000s." in reasons(readings)
    plain: list[list[Any]] = [["in thousands"], [None, "Jan 2026", "Feb 2026"], ["Cash, USD", 3, 4]]
    assert used(read(filled(plain))) == {"cash": [(JAN, D(3000)), (FEB, D(4000))]}


@pytest.mark.parametrize("title", ["Cumulative figures", "KPIs YTD", "LTM"])
def test_sums_over_several_periods_are_asked_about(title: str) -> None:
    rows: list[list[Any]] = [[title], ["EUR", "Jan 2026", "Feb 2026"], ["Revenue", 5, 11]]
    readings = read(filled(rows))
    assert used(readings) == {}
    assert "of the period alone" in reasons(readings)


def test_a_row_without_thousands_beside_one_with_them_is_asked_about() -> None:
    rows: list[list[Any]] = [[None, "Jan 2026", "Feb 2026"], ["Revenue (k)", 5, 6], ["Cash", 7, 8]]
    readings = read(filled([*rows, ["EBITDA (EUR)", 9, 10]]))
    assert used(readings) == {
        "revenue": [(JAN, D(5000)), (FEB, D(6000))],
        "ebitda": [(JAN, D(9)), (FEB, D(10))],
    }
    assert "nothing says it of this" in reasons(readings)
