"""Units and numbers as companies write them, and what must not be read as one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.finance.kpi.numbers import number_of
from pipelines.finance.kpi.units import Format, Unit, format_of, unit_of

K, M = 1_000, 1_000_000


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("kEUR", Unit("EUR", K)), ("k€", Unit("EUR", K)), ("€k", Unit("EUR", K)),
        ("TEUR", Unit("EUR", K)), ("T€", Unit("EUR", K)), ("in TEUR", Unit("EUR", K)),
        ("EUR '000", Unit("EUR", K)), ("US$'000", Unit("USD", K)), ("$000s", Unit("$", K)),
        ("in thousands of US dollars", Unit("USD", K)), ("USD thousands", Unit("USD", K)),
        ("$m", Unit("$", M)), ("$ in millions", Unit("$", M)), ("Mio. €", Unit("EUR", M)),
        ("GBPm", Unit("GBP", M)), ("£", Unit("GBP")), ("in milliers d'euros", None),
        ("en milliers de euros", Unit("EUR", K)), ("'000", Unit(None, K)),
        ("All figures in USD unless otherwise stated", Unit("USD")),
        ("All amounts are in EUR thousands.", Unit("EUR", K)), ("Currency: CHF", Unit("CHF")),
        ("%", Unit(kind="percent")), ("in %", Unit(kind="percent")),
        ("months", Unit(kind="months")), ("#", Unit(kind="count")), ("(USD $)", Unit("USD")),
        ("m", None), ("t", None), ("EUR/USD", None), ("EUR and USD", None), ("Metric", None),
        ("FTE", Unit(kind="count")), ("the", None), ("", None), ("kkk", None), ("% EUR", None),
        ("NOK", Unit("NOK")), ("kr", Unit("kr")), ("MSEK", Unit("SEK", M)),
    ],
)  # fmt: skip
def test_a_text_that_is_a_unit(text: str, unit: Unit | None) -> None:
    assert unit_of(text) == unit


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, Format(Unit())), ("#,##0.00", Format(Unit())), ("¤#,##0", Format(Unit())),
        ('#,##0 "€"', Format(Unit("EUR"))), ("[$€-407]#,##0.00", Format(Unit("EUR"))),
        ('"$"#,##0;("$"#,##0)', Format(Unit("$"))), ("[$$-409]#,##0", Format(Unit("USD"))),
        ("[$$-1009]#,##0", Format(Unit("CAD"))), ("[$kr-41D] #,##0", Format(Unit("SEK"))),
        ("[$USD] #,##0", Format(Unit("USD"))), ("0.0%", Format(Unit(kind="percent"))),
        ('#,##0,"k"', Format(Unit(None, K), K)), ('0.0,,"M€"', Format(Unit("EUR", M), M)),
        ("#,##0,", Format(Unit(), K)), ('#,##0 "kEUR"', Format(Unit("EUR", K))),
        ("_(* #,##0_);_(* (#,##0)", Format(Unit())), ("$#,##0", Format(Unit("$"))),
    ],
)  # fmt: skip
def test_a_number_format_says_its_unit(code: str | None, said: Format) -> None:
    assert format_of(code) == said


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234,567", "1234567", Unit()), ("1.234.567,89", "1234567.89", Unit()),
        ("(1,234.50)", "-1234.50", Unit()), ("1 234,5", "1234.5", Unit()),
        ("€ 1.2m", "1.2", Unit("EUR", M)), ("45 %", "45", Unit(kind="percent")),
        ("-12,5%", "-12.5", Unit(kind="percent")), ("1'234'567", "1234567", Unit()),
        ("$12.50", "12.50", Unit("$")), ("18 months", "18", Unit(kind="months")),
        ("−3", "-3", Unit()), ("1 234", "1234", Unit()),
    ],
)  # fmt: skip
def test_a_text_that_is_a_number(text: str, value: str, unit: Unit) -> None:
    said = number_of(text)
    assert said is not None
    assert (said.value, said.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    "text", ["1,234", "1.234", "0.123.456", "12,34,5", "Q1 25", "n/a", "approx 5", "1-2", "5 to 6"]
)
def test_what_could_be_two_numbers_is_none(text: str) -> None:
    assert number_of(text) is None


@given(st.integers(10**6, 10**12), st.sampled_from([",", "'", " ", "\u202f", "."]))
def test_grouped_digits_are_one_number(value: int, mark: str) -> None:
    said = number_of(f"{value:,}".replace(",", mark))
    assert said is not None
    assert said.value == value
