"""Workbooks that portfolio companies mail, each laid out in its own way, and what is true.

Belongs here: the layouts, and beside each figure what it means. Does not belong here:
reading one. `told` is what a reader must find, or ask about: never anything else.

One company speaks German and restates a month; one writes months downwards and leaves
one out; one reports by quarter in thousands of pounds; one has two currencies; one calls
things as it likes and then forgets to say that it sends thousands; one sends nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sandbox.files import table, without_clock, write
from sandbox.universe import Company, Universe

MONTHS = tuple(
    date(year, month, day)
    for year, month, day in (
        (2025, 7, 31), (2025, 8, 31), (2025, 9, 30), (2025, 10, 31), (2025, 11, 30),
        (2025, 12, 31), (2026, 1, 31), (2026, 2, 28), (2026, 3, 31),
    )
)  # fmt: skip
GERMAN = ("Jul", "Aug", "Sep", "Okt", "Nov", "Dez", "Jan", "Feb", "Mrz")
FRENCH = ("juil.", "août", "sept.", "oct.", "nov.", "déc.", "janv.", "févr.", "mars")
K = Decimal(1000)
Figures = Mapping[str, Sequence[Decimal]]


@dataclass(frozen=True)
class Told:
    """One figure that a workbook holds: `unit` is a currency, else the metric's kind."""

    company: str
    file: str
    metric: str
    period_end: date
    granularity: str
    scenario: str
    value: Decimal
    unit: str


@dataclass
class Sent:
    """One workbook as it is mailed, with what it tells."""

    company: str
    file: str
    book: Workbook = field(default_factory=Workbook)
    sheets: int = 0
    told: list[Told] = field(default_factory=list)

    def sheet(self, title: str) -> Worksheet:
        """A new sheet of this name; the first takes the workbook's own."""
        self.sheets += 1
        sheet = self.book.active if self.sheets == 1 else self.book.create_sheet()
        assert isinstance(sheet, Worksheet)
        sheet.title = title
        return sheet

    def tell(
        self, metric: str, on: date, value: Decimal, unit: str, *, of: str = "month",
        scenario: str = "actual",
    ) -> None:  # fmt: skip
        """Say what a cell means."""
        self.told.append(Told(self.company, self.file, metric, on, of, scenario, value, unit))


def write_reporting(folder: Path, universe: Universe) -> None:
    """The workbooks, who owes them, and what was decided about their labels."""
    for sent in workbooks(universe):
        out = io.BytesIO()
        sent.book.save(out)
        write(folder / sent.file, without_clock(out.getvalue()))
    owed, decided = list(_owed(universe)), list(_decided(universe))
    write(folder / "reporting" / "companies.csv", "\n".join([*owed, ""]).encode())
    write(folder / "reporting" / "labels.csv", "\n".join([*decided, ""]).encode())


def told(universe: Universe) -> list[Told]:
    """Every figure that the workbooks hold."""
    return [each for sent in workbooks(universe) for each in sent.told]


def workbooks(universe: Universe) -> Iterator[Sent]:
    """The workbooks of all companies, oldest first for each."""
    layouts: tuple[Callable[[Company, Figures], Iterator[Sent]] | None, ...] = (
        _german, _downwards, _quarterly, _two_currencies, None, _free,
    )  # fmt: skip
    for company, layout in zip(universe.portfolio, layouts, strict=True):
        if layout is not None:
            yield from layout(company, _figures(universe, company))


def _figures(universe: Universe, company: Company) -> Figures:
    """What is true of a company, month by month; money in whole hundreds."""
    chance = universe.random(f"reporting {company.slug}")
    mrr = chance.randint(400, 2_000)
    people, customers, cash = company.people, chance.randint(20, 300), chance.randint(60, 150) * mrr
    months: dict[str, list[Decimal]] = {}
    for _ in MONTHS:
        mrr += chance.randint(5, 120)
        burn = chance.randint(mrr // 2, 2 * mrr)
        cash -= burn
        people += chance.randint(0, 3)
        customers += chance.randint(1, 9)
        row: dict[str, int | Decimal] = {
            "mrr": 100 * mrr, "arr": 1_200 * mrr, "revenue": 100 * (mrr + chance.randint(0, 90)),
            "net_burn": 100 * burn, "cash": 100 * cash, "headcount": people,
            "customers": customers, "gross_margin": Decimal(chance.randint(550, 900)) / 10,
            "nrr": Decimal(chance.randint(900, 1_400)) / 10,
        }  # fmt: skip
        for metric, value in row.items():
            months.setdefault(metric, []).append(Decimal(value))
    return months


def _sent(company: Company, day: str, name: str) -> Sent:
    return Sent(company.slug, f"reporting/{company.slug}/{day} {name}.xlsx")


def _german(company: Company, figures: Figures) -> Iterator[Sent]:
    """Actual and plan under merged months, in TEUR; the second restates two months."""
    labels = {
        "Umsatz": "revenue", "Monatlich wiederkehrender Umsatz": "mrr",
        "Netto-Burn": "net_burn", "Liquide Mittel": "cash", "Mitarbeiter": "headcount",
        "Anzahl Kunden": "customers", "Bruttomarge (%)": "gross_margin",
    }  # fmt: skip
    for day, months, restated in (
        ("2026-01-15", range(6), 0),
        ("2026-04-10", range(3, 9), 1),
    ):
        sent = _sent(company, day, "Monatsbericht")
        sheet = sent.sheet("KPI Bericht")
        sheet["A1"] = f"{company.legal_name}: Kennzahlen"
        sheet["A2"] = "Alle Angaben in TEUR, ungeprüft."
        for place, month in enumerate(months):
            column = 2 + 2 * place
            sheet.cell(4, column, f"{GERMAN[month]} {MONTHS[month].year}")
            sheet.merge_cells(start_row=4, end_row=4, start_column=column, end_column=column + 1)
            sheet.cell(5, column, "Ist")
            sheet.cell(5, column + 1, "Plan")
            for row, (label, metric) in enumerate(labels.items(), 6):
                sheet.cell(row, 1, label)
                money = metric in ("revenue", "mrr", "net_burn", "cash")
                unit = "EUR" if money else "percent" if metric == "gross_margin" else "count"
                value = figures[metric][month]
                if restated and metric == "revenue" and month in (3, 4):
                    value += 5_500
                for at, scenario, shown in (
                    (0, "actual", value),
                    (1, "budget", value + 100 * money),
                ):
                    sheet.cell(row, column + at, shown / K if money else shown)
                    sent.tell(metric, MONTHS[month], shown, unit, scenario=scenario)
        sheet.cell(16, 1, "Plan: vom Beirat im Dezember beschlossen.")
        yield sent


def _downwards(company: Company, figures: Figures) -> Iterator[Sent]:
    """Months in a column, as dates; February is missing."""
    labels = {
        "Revenue": ("revenue", '"$"#,##0', "USD"), "ARR": ("arr", '"$"#,##0', "USD"),
        "Net burn": ("net_burn", '"$"#,##0', "USD"), "Cash balance": ("cash", '"$"#,##0,', "USD"),
        "Headcount (FTE)": ("headcount", "0", "count"), "NRR %": ("nrr", "0.0%", "percent"),
    }  # fmt: skip
    sent = _sent(company, "2026-04-12", "Board pack")
    cover = sent.sheet("Cover")
    cover["B2"], cover["B3"] = company.name, "Confidential"
    sheet = sent.sheet("Monthly metrics")
    sheet["B3"] = "Month"
    for column, label in enumerate(labels, 3):
        sheet.cell(3, column, label)
    for row, (month, on) in enumerate(enumerate(MONTHS), 4):
        sheet.cell(row, 2, on)
        for column, (metric, shown_as, unit) in enumerate(labels.values(), 3):
            cell = sheet.cell(row, column)
            if on == date(2026, 2, 28):
                cell.value = "n/a"
                continue
            value = figures[metric][month]
            cell.value = value / 100 if metric == "nrr" else value
            cell.number_format = shown_as
            sent.tell(metric, on, value, unit)
    sheet.cell(15, 2, "Unaudited management accounts. NRR over twelve months.")
    yield sent


def _quarterly(company: Company, figures: Figures) -> Iterator[Sent]:
    """Quarters in thousands of pounds, on two sheets, with a total that is no quarter."""
    sent = _sent(company, "2026-04-20", "KPIs Q1 2026")
    quarters = [(f"Q{MONTHS[end].month // 3} {MONTHS[end].year}", end) for end in (2, 5, 8)]
    sheet = sent.sheet("P&L")
    sheet["A1"] = "Profit and loss"
    sheet["A3"] = "£'000"
    sheets = {"Revenue": "revenue", "Net burn": "net_burn", "Gross margin": "gross_margin"}
    for column, (name, end) in enumerate(quarters, 2):
        sheet.cell(3, column, name)
        for row, (label, metric) in enumerate(sheets.items(), 4):
            sheet.cell(row, 1, label)
            cell = sheet.cell(row, column)
            if metric == "gross_margin":
                value, unit = figures[metric][end], "percent"
                cell.value, cell.number_format = value / 100, "0.0%"
            else:
                value, unit = sum(figures[metric][end - 2 : end + 1], Decimal(0)), "GBP"
                cell.value = value / K
            sent.tell(metric, MONTHS[end], value, unit, of="quarter")
    sheet.cell(3, 5, "LTM")
    sheet.cell(4, 5, "=SUM(B4:D4)")
    other = sent.sheet("KPIs")
    for column, (name, end) in enumerate(quarters, 3):
        other.cell(2, column, name)
        rows = (("Cash at bank", "£k", "cash"), ("Employees", "#", "headcount"))
        for row, (label, unit, metric) in enumerate(rows, 4):
            other.cell(row, 1, label)
            other.cell(row, 2, unit)
            value = figures[metric][end]
            other.cell(row, column, value / K if metric == "cash" else value)
            kind = "GBP" if metric == "cash" else "count"
            sent.tell(metric, MONTHS[end], value, kind, of="quarter")
    other.cell(3, 1, "Operations")
    yield sent


def _two_currencies(company: Company, figures: Figures) -> Iterator[Sent]:
    """Euros and dollars side by side, months as dates that show no day."""
    sent = _sent(company, "2026-04-08", "reporting")
    sheet = sent.sheet("Reporting pack")
    sheet["A1"] = "Reporting pack"
    labels = {
        "Revenue (EUR)": ("revenue", "EUR"), "Revenue growth %": ("", ""),
        "MRR, EUR": ("mrr", "EUR"), "Cash position (USD)": ("cash", "USD"),
        "Total headcount": ("headcount", "count"), "Active customers": ("customers", "count"),
    }  # fmt: skip
    for column, (month, on) in enumerate(enumerate(MONTHS), 2):
        heading = sheet.cell(3, column, on.replace(day=1))
        heading.number_format = "mmm-yy"
        for row, (label, (metric, unit)) in enumerate(labels.items(), 4):
            sheet.cell(row, 1, label)
            cell = sheet.cell(row, column)
            if not metric:
                cell.value, cell.number_format = 0.05, "0%"
                continue
            cell.value = figures[metric][month]
            sent.tell(metric, on, figures[metric][month], unit)
    yield sent


def _free(company: Company, figures: Figures) -> Iterator[Sent]:
    """Labels of its own, some decided; the last one is in thousands and doesn't say so."""
    for day, months, divisor in (
        ("2026-01-20", range(3, 6), 1),
        ("2026-04-09", range(6, 9), 1000),
    ):
        sent = _sent(company, day, "chiffres")
        sheet = sent.sheet("Chiffres")
        rows = (("Sales", "revenue", 1), ("Burn", "net_burn", -1), ("Bank", "cash", 1))
        for column, month in enumerate(months, 2):
            sheet.cell(2, column, f"{FRENCH[month]} {MONTHS[month].year}")
            for row, (label, metric, sign) in enumerate(rows, 3):
                sheet.cell(row, 1, label)
                sheet.cell(row, column, sign * figures[metric][month] / divisor)
                sent.tell(metric, MONTHS[month], figures[metric][month], "CHF")
            sheet.cell(6, 1, "Croissance")
            sheet.cell(6, column, 0.1)
            sheet.cell(7, 1, "Effectif")
            sheet.cell(7, column, figures["headcount"][month])
            sent.tell("headcount", MONTHS[month], figures["headcount"][month], "count")
        yield sent


def _owed(universe: Universe) -> list[str]:
    currencies = ("EUR", "USD", "GBP", "EUR", "USD", "CHF")
    rows: list[Sequence[Any]] = [
        (
            company.slug, company.name, currency, 12, "quarter" if place == 2 else "month",
            "2025-09-30" if place == 2 else "2025-10-31", 30, "revenue;cash;headcount",
        )
        for place, (company, currency) in enumerate(
            zip(universe.portfolio, currencies, strict=True)
        )
    ]  # fmt: skip
    header = "company,name,currency,year_ends,granularity,first_period_end,due_days,metrics"
    return table(header, rows)


def _decided(universe: Universe) -> list[str]:
    company = universe.portfolio[5].slug
    header = "company,label,metric,sheet,section,currency,scale,sign,percent,decided_by,decided_on"
    rows = (
        (company, "Sales", "revenue", "", "", "", "", "", "", "an analyst", "2026-01-21"),
        (company, "Burn", "net_burn", "", "", "", "", -1, "", "an analyst", "2026-01-21"),
        (company, "Croissance", "ignore", "", "", "", "", "", "", "an analyst", "2026-01-21"),
    )
    return table(header, rows)
