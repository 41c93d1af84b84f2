"""Workbooks as companies lay them out: every figure right, or asked about, none wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.finance.kpi.mapping import Profile
from tests.kpi.books import filled, read, reasons, used

D = Decimal
JAN, FEB, MAR = "month 2026-01-31", "month 2026-02-28", "month 2026-03-31"


def test_periods_across_with_notes_above_and_below() -> None:
    sheet = filled(
        [
            ["Acme board report", None, None, None],
            ["All figures in EUR thousands. Unaudited."],
            [],
            ["", "Jan-26", "Feb-26", "Mar-26"],
            ["Revenue", 10, 11.5, "n/a"],
            ["Headcount", 7, 7, 8],
            ["Cash balance", 900, 850, 800],
            [],
            ["Revenue is net of refunds since 2025."],
        ]
    )
    readings = read(sheet)
    assert used(readings) == {
        "revenue": [(JAN, D(10000)), (FEB, D(11500))],
        "headcount": [(JAN, D(7)), (FEB, D(7)), (MAR, D(8))],
        "cash": [(JAN, D(900000)), (FEB, D(850000)), (MAR, D(800000))],
    }
    assert {r.cell for r in readings} == {"B5", "C5", "B6", "C6", "D6", "B7", "C7", "D7"}
    assert {r.currency for r in readings if r.metric and r.metric.kind == "money"} == {"EUR"}


def test_periods_down_with_units_in_labels() -> None:
    sheet = filled(
        [
            ["Month", "MRR (kEUR)", "Cash, USD", "Customers"],
            [date(2026, 1, 31), 12, 500, 4],
            [date(2026, 2, 28), 13, 400, 5],
            [date(2026, 3, 31), 14, 300, 6],
        ]
    )
    readings = read(sheet)
    assert used(readings) == {
        "mrr": [(JAN, D(12000)), (FEB, D(13000)), (MAR, D(14000))],
        "cash": [(JAN, D(500)), (FEB, D(400)), (MAR, D(300))],
        "customers": [(JAN, D(4)), (FEB, D(5)), (MAR, D(6))],
    }
    assert {r.currency for r in readings} == {"EUR", "USD", None}


def test_actual_and_budget_under_merged_months() -> None:
    sheet = filled(
        [
            ["kEUR", "Feb 2026", None, None, "Mar 2026", None, None],
            [None, "Actual", "Budget", "Var", "Actual", "Budget", "Var"],
            ["Net new ARR", 5, 6, -1, -3, 7, -10],
        ]
    )
    sheet.merge_cells("B1:D1")
    sheet.merge_cells("E1:G1")
    readings = read(sheet)
    assert used(readings) == {
        "net_new_arr": [
            (FEB, D(5000)), (f"{FEB} budget", D(6000)),
            (MAR, D(-3000)), (f"{MAR} budget", D(7000)),
        ]
    }  # fmt: skip


def test_scenarios_over_months_and_years_over_months() -> None:
    sheet = filled(
        [
            [None, 2025, None, 2026, None, None],
            [None, "Actual", None, "Actual", "Forecast", None],
            ["EUR", "Nov", "Dec", "Mar", "Apr", "May"],
            ["Revenue", 1, 2, 3, 4, 5],
        ]
    )
    sheet.merge_cells("B1:C1")
    assert used(read(sheet)) == {
        "revenue": [
            ("month 2025-11-30", D(1)), ("month 2025-12-31", D(2)), (MAR, D(3)),
            ("month 2026-04-30 forecast", D(4)), ("month 2026-05-31 forecast", D(5)),
        ]
    }  # fmt: skip


def test_quarters_years_and_totals_beside_one_another() -> None:
    sheet = filled(
        [
            ["€m", "Q3 2025", "Q4 2025", "H2 2025", "FY2025", "Total", "YTD", "Δ %"],
            ["Revenue", 1.5, 2, 3.5, 6, 99, 99, 0.5],
        ]
    )
    assert used(read(sheet)) == {
        "revenue": [
            ("quarter 2025-09-30", D(1500000)), ("quarter 2025-12-31", D(2000000)),
            ("half 2025-12-31", D(3500000)), ("year 2025-12-31", D(6000000)),
        ]
    }  # fmt: skip


def test_quarter_ends_as_dates_are_quarters_only_where_that_is_certain() -> None:
    days = [date(2025, 9, 30), date(2025, 12, 31), date(2026, 3, 31)]
    rows: list[list[Any]] = [["EUR", *days], ["Revenue", 1, 2, 3]]
    plain = read(filled(rows, formats={"B1": "dd.mm.yyyy"}))
    assert used(plain)["revenue"][0] == ("quarter 2025-09-30", D(1))
    names: list[list[Any]] = [["EUR", "Sep 2025", "Dec 2025", "Mar 2026"], ["Revenue", 1, 2, 3]]
    asked = read(filled(names))
    assert used(asked) == {}
    assert "a month or the quarter" in reasons(asked)


def test_thousands_that_a_format_shows_are_not_multiplied_again() -> None:
    rows: list[list[Any]] = [
        ["Revenue (kEUR)", "Jan 2026", "Feb 2026"],
        ["Revenue (kEUR)", 12345, 23456],
    ]
    shown = {"B2": "#,##0,", "C2": "#,##0"}
    assert used(read(filled(rows, formats=shown))) == {
        "revenue": [(JAN, D(12345)), (FEB, D(23456000))]
    }


def test_a_dollar_is_the_companys_or_the_one_that_the_workbook_names() -> None:
    rows: list[list[Any]] = [
        ["Amounts in CAD"],
        [None, "Jan 2026", "Feb 2026"],
        ["Revenue ($)", 5, 6],
    ]
    (first, _) = read(filled(rows), profile=Profile("acme"))
    assert first.currency == "CAD"
    (first, _) = read(filled(rows[1:]), profile=Profile("acme", "AUD"))
    assert first.currency == "AUD"


def test_two_tables_side_by_side_and_one_below() -> None:
    sheet = filled(
        [
            ["EUR", "Jan 2026", "Feb 2026", None, None, "Jan 2026", "Feb 2026"],
            ["Revenue", 1, 2, None, "Headcount", 7, 8],
            ["Cash", 3, 4, None, "Customers", 9, 10],
            [],
            ["EUR", "Q1 2026", "Q4 2025"],
            ["EBITDA", -5, -6],
        ]
    )
    assert used(read(sheet)) == {
        "revenue": [(JAN, D(1)), (FEB, D(2))],
        "cash": [(JAN, D(3)), (FEB, D(4))],
        "headcount": [(JAN, D(7)), (FEB, D(8))],
        "customers": [(JAN, D(9)), (FEB, D(10))],
        "ebitda": [("quarter 2026-03-31", D(-5)), ("quarter 2025-12-31", D(-6))],
    }


def test_figures_that_look_like_years_head_nothing() -> None:
    sheet = filled(
        [
            [None, "Jan 2026", "Feb 2026", "Mar 2026"],
            ["Customers", 2024, 2025, 2026],
            ["Headcount", 3, 4, 5],
        ]
    )
    assert used(read(sheet)) == {
        "customers": [(JAN, D(2024)), (FEB, D(2025)), (MAR, D(2026))],
        "headcount": [(JAN, D(3)), (FEB, D(4)), (MAR, D(5))],
    }


def test_years_as_numbers_head_a_table_where_nothing_else_does() -> None:
    sheet = filled([["EUR", 2024, 2025], ["Revenue", 5, 6]])
    assert used(read(sheet)) == {"revenue": [("year 2024-12-31", D(5)), ("year 2025-12-31", D(6))]}
    assert used(read(sheet, profile=Profile("acme", "EUR", 3))) == {}


def test_labels_in_several_languages() -> None:
    rows: list[list[Any]] = [
        ["EUR", "janv. 2026", "févr. 2026"],
        ["Chiffre d’affaires", 1, 2], ["Trésorerie", 3, 4], ["Effectif", 5, 6],
        ["Umsatzerlöse", None, None], ["Ingresos recurrentes mensuales", 7, 8],
        ["Annual recurring revenue (ARR)", 9, 10],
    ]  # fmt: skip
    found = used(read(filled(rows)))
    assert set(found) == {"revenue", "cash", "headcount", "mrr", "arr"}


def test_headings_inside_a_table_count() -> None:
    sheet = filled(
        [
            [None, "March 2026"],
            [],
            ["EUR", "Budget", "Actual"],
            ["Revenue", 5, 6],
        ]
    )
    assert used(read(sheet)) == {"revenue": [(f"{MAR} budget", D(5))]}
    other = filled([["EUR", "Jan 2026", "Feb 2026"], ["Metric", "Prior year", None], ["MRR", 5, 6]])
    readings = read(other)
    assert used(readings) == {"mrr": [(FEB, D(6))]}
    assert "stands under “Prior year”" in reasons(readings)


def test_units_inside_a_table_count() -> None:
    rows: list[list[Any]] = [
        [None, "Jan 2026", "Feb 2026"],
        ["in kEUR"], ["Revenue", 1, 2],
        ["Team"], ["Headcount", 3, 4],
        ["Liquidity (USD m)"], ["Cash", 5, 6],
    ]  # fmt: skip
    readings = read(filled(rows))
    assert used(readings) == {
        "revenue": [(JAN, D(1000)), (FEB, D(2000))],
        "headcount": [(JAN, D(3)), (FEB, D(4))],
        "cash": [(JAN, D(5_000_000)), (FEB, D(6_000_000))],
    }
    behind: list[list[Any]] = [
        ["", "Jan 2026", "Feb 2026", "Unit"],
        ["MRR", 1, 2, "kEUR"],
        ["Cash", 3, 4, "EUR"],
    ]
    assert used(read(filled(behind))) == {
        "mrr": [(JAN, D(1000)), (FEB, D(2000))],
        "cash": [(JAN, D(3)), (FEB, D(4))],
    }


def test_scenarios_in_rows_below_one_label() -> None:
    rows: list[list[Any]] = [
        ["Metric", "Scenario", "Unit", "Jan 2026", "Feb 2026"],
        ["Revenue", "Actual", "kEUR", 1, 2],
        [None, "Budget", None, 3, 4],
        ["Headcount", "Actual", "#", 5, 6],
    ]
    assert used(read(filled(rows))) == {
        "revenue": [
            (JAN, D(1000)), (FEB, D(2000)), (f"{JAN} budget", D(3000)), (f"{FEB} budget", D(4000)),
        ],
        "headcount": [(JAN, D(5)), (FEB, D(6))],
    }  # fmt: skip


def test_a_fiscal_quarter_is_that_of_the_company() -> None:
    sheet = filled([["EUR", "Q1 FY26", "Q2 FY26"], ["Revenue", 1, 2]])
    found = used(read(sheet, profile=Profile("acme", "EUR", 3)))
    assert found == {"revenue": [("quarter 2025-06-30", D(1)), ("quarter 2025-09-30", D(2))]}
