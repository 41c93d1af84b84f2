"""Euro reference rates in the central bank's two layouts, from a made-up random walk.

The levels are plausible, the numbers are nobody's. Rates exist on TARGET days
only; currencies that ended are N/A; every line ends in a comma.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from sandbox.files import write
from sandbox.universe import TODAY, Universe

FIRST = date(2015, 1, 2)
_START = {
    "USD": 1.12, "JPY": 130.0, "BGN": 1.9558, "CYP": 0.0, "CZK": 25.5, "DKK": 7.45, "EEK": 0.0,
    "GBP": 0.86, "HUF": 330.0, "LTL": 0.0, "LVL": 0.0, "MTL": 0.0, "PLN": 4.3, "ROL": 0.0,
    "RON": 4.8, "SEK": 10.2, "SIT": 0.0, "SKK": 0.0, "CHF": 1.1, "ISK": 135.0, "NOK": 9.8,
    "HRK": 7.43, "RUB": 72.0, "TRL": 0.0, "TRY": 6.0, "AUD": 1.6, "BRL": 4.4, "CAD": 1.5,
    "CNY": 7.7, "HKD": 8.8, "IDR": 16000.0, "ILS": 4.0, "INR": 79.0, "KRW": 1300.0, "MXN": 22.0,
    "MYR": 4.7, "NZD": 1.7, "PHP": 59.0, "SGD": 1.55, "THB": 36.0, "ZAR": 16.0,
}  # fmt: skip
_ENDS = {"RUB": date(2022, 3, 1), "HRK": date(2022, 12, 30), "BGN": date(2025, 12, 31)}


@lru_cache(maxsize=4)
def published(universe: Universe, last: date = TODAY) -> dict[date, dict[str, str]]:
    """Publishing day → currency → its rate as it is written; the oldest day first."""
    chance = universe.random("rates")
    level = dict(_START)
    found = {}
    for day in publishing_days(FIRST, last):
        for code, value in level.items():
            level[code] = value * (1 + chance.gauss(0, 0.004))
        cells = {code: _cell(code, value, day) for code, value in level.items()}
        found[day] = {code: cell for code, cell in cells.items() if cell != "N/A"}
    return found


def write_rates(folder: Path, universe: Universe) -> None:
    """The history, newest day first, and the daily file."""
    rates = published(universe)
    lines = [
        ",".join([day.isoformat(), *(cells.get(code, "N/A") for code in _START)]) + ","
        for day, cells in rates.items()
    ]
    history = [",".join(["Date", *_START]) + ",", *reversed(lines)]
    write(folder / "ecb-fx" / "eurofxref-hist.csv", ("\n".join(history) + "\n").encode())
    newest = rates[TODAY]
    header = ", ".join(["Date", *newest, ""])
    today = ", ".join([f"{TODAY.day} {TODAY:%B %Y}", *newest.values(), ""])
    write(folder / "ecb-fx" / "eurofxref.csv", f"{header}\n{today}\n".encode())


def _cell(code: str, value: float, day: date) -> str:
    if value == 0.0 or day > _ENDS.get(code, day):
        return "N/A"
    return f"{value:.{4 if value < 100 else 2}f}".rstrip("0").rstrip(".")


def publishing_days(first: date, last: date) -> Iterator[date]:
    """TARGET days: weekdays but New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    day = first
    while day <= last:
        easter = _easter(day.year)
        moving = (easter - timedelta(days=2), easter + timedelta(days=1))
        fixed = ((1, 1), (5, 1), (12, 25), (12, 26))
        if day.weekday() < 5 and day not in moving and (day.month, day.day) not in fixed:
            yield day
        day += timedelta(days=1)


def _easter(year: int) -> date:
    """Easter Sunday by Butcher's rule for the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)
