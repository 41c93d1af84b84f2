"""Periods as people spell them: each spelling back to its days, and nothing out of doubt."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.finance.kpi.calendars import Period, period
from pipelines.finance.kpi.periods import Heading, heading_of

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre"
    " noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
    " dicembre",
}
FORMS = (
    "{name} {year}", "{name}-{yy:02}", "{name} '{yy:02}", "{name}. {year}", "{NAME} {year}",
    "{year}-{month:02}", "{month:02}/{year}", "{year}M{month:02}", "M{month} {year}",
    "{year} {name}", "{name}_{year}", "Month of {name} {year}", "Month ended {name} {year}",
)  # fmt: skip
SCENARIOS = {"": None, " Actual": "actual", " (Budget)": "budget", " FC": "forecast", "A": "actual"}
years = st.integers(2001, 2069)


@given(
    st.sampled_from(sorted(MONTHS)), st.integers(1, 12), years, st.sampled_from(FORMS),
    st.sampled_from(sorted(SCENARIOS)),
)  # fmt: skip
def test_a_month_is_read_in_every_spelling(
    language: str, month: int, year: int, form: str, scenario: str
) -> None:
    name = MONTHS[language].split()[month - 1]
    if scenario == "A" and not form.endswith(("{year}", "{yy:02}")):
        scenario = ""
    text = form.format(name=name, NAME=name.upper(), year=year, yy=year % 100, month=month)
    want = Heading(period("month", year, month), SCENARIOS[scenario])  # type: ignore[arg-type]
    assert heading_of(text + scenario) == want, text + scenario


QUARTERS = (
    "Q{n} {year}", "Q{n}'{yy:02}", "{n}Q{yy:02}", "{year}Q{n}", "{year} Q{n}", "Q{n}/{yy:02}",
    "T{n} {year}", "{n}. Quartal {year}", "Quarter {n} {year}", "{n}T{yy:02}", "{n}Q {year}",
    "{n}er trimestre {year}", "Q{n} FY{yy:02}", "FY{yy:02} Q{n}", "Q{n}FY{year}",
    "{n}th qtr {year}",
)  # fmt: skip


@given(st.integers(1, 4), years, st.sampled_from(QUARTERS))
def test_a_quarter_is_read_in_every_spelling(n: int, year: int, form: str) -> None:
    text = form.format(n=n, year=year, yy=year % 100)
    found = heading_of(text)
    assert found is not None, text
    assert found.period == period("quarter", year, n), text


@pytest.mark.parametrize(
    ("text", "start", "end", "scenario"),
    [
        ("FY2025", date(2025, 1, 1), date(2025, 12, 31), None),
        ("FY25B", date(2025, 1, 1), date(2025, 12, 31), "budget"),
        ("2025A", date(2025, 1, 1), date(2025, 12, 31), "actual"),
        ("2026E", date(2026, 1, 1), date(2026, 12, 31), "forecast"),
        ("H1 2025", date(2025, 1, 1), date(2025, 6, 30), None),
        ("2H25", date(2025, 7, 1), date(2025, 12, 31), None),
        ("2. Halbjahr 2025", date(2025, 7, 1), date(2025, 12, 31), None),
        ("Quarter ended 31 March 2025", date(2025, 1, 1), date(2025, 3, 31), None),
        ("Year ended December 2024", date(2024, 1, 1), date(2024, 12, 31), None),
        ("Ist Mrz 2025", date(2025, 3, 1), date(2025, 3, 31), "actual"),
        ("Feb-24", date(2024, 2, 1), date(2024, 2, 29), None),
        ("01/25", date(2025, 1, 1), date(2025, 1, 31), None),
    ],
)
def test_other_periods(text: str, start: date, end: date, scenario: str | None) -> None:
    found = heading_of(text)
    assert found is not None
    assert found.period is not None
    assert (found.period.start, found.period.end, found.scenario) == (start, end, scenario)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-03-31", date(2025, 3, 31)),
        ("31.12.2025", date(2025, 12, 31)),
        ("31/03/2025", date(2025, 3, 31)),
        ("03/31/2025", date(2025, 3, 31)),
        ("31 March 2025", date(2025, 3, 31)),
        ("March 31, 2025", date(2025, 3, 31)),
    ],
)
def test_a_day_is_a_day(text: str, day: date) -> None:
    assert heading_of(text) == Heading(day=day)


@pytest.mark.parametrize(
    "text",
    [
        "2024/25", "FY 2024/25", "2011/12", "03/04/2025", "03/04", "Jan", "Q1", "Q5 2025", "H3 25",
        "Total", "Total 2025", "YTD Mar 2025", "LTM Mar-25", "% Q1 25", "Δ Q1 25", "Q1 25 vs Q1 24",
        "Actual vs Budget", "jui 2025", "M13 2025", "2025-13", "Budget", "12", "1.250", "Var",
        "Revenue 2025", "Q1-Q3 2025", "Jan-Mar 2025", "as of today", "", "May we", "Prior year",
    ],
)  # fmt: skip
def test_what_names_no_one_period_names_none(text: str) -> None:
    found = heading_of(text)
    assert found is None or (found.period is None and found.day is None)


def test_a_year_above_gives_months_and_quarters_theirs() -> None:
    assert heading_of("Jan", year=2025) == Heading(period("month", 2025, 1))
    assert heading_of("Q3", year=2025) == Heading(period("quarter", 2025, 3))
    assert heading_of("Jan 25", year=2026) is None


def test_a_year_that_ends_in_march_must_be_called_fiscal() -> None:
    want = Period(date(2024, 4, 1), date(2024, 6, 30), "quarter")
    assert heading_of("Q1 FY25", ends=3) == Heading(want)
    assert heading_of("FY2025", ends=3) == Heading(
        Period(date(2024, 4, 1), date(2025, 3, 31), "year")
    )
    assert heading_of("Q1 2025", ends=3) is None
    assert heading_of("2025", ends=3) is None
    assert heading_of("Jan 2025", ends=3) == Heading(period("month", 2025, 1))
