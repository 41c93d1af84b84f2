"""Reference rates: both layouts become one long table of exact decimals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pipelines.finance.currencies import ENDINGS
from tests.assets.bench import Bench


def test_wide_rows_become_long_and_na_has_no_rate(bench: Bench) -> None:
    bench.put("raw.ecb_fx__history", {"date": "2026-04-13", "usd": "1.1684", "bgn": "N/A"})
    rows = {row["quote_currency"]: row for row in bench.build("staging.ecb_fx__rates")}
    assert rows["USD"]["rate"] == Decimal("1.16840000")
    assert (rows["BGN"]["rate"], rows["BGN"]["rate_raw"]) == (None, "N/A")
    (fx,) = bench.build("core.fx_rate")
    assert (fx["base_currency"], fx["quote_currency"]) == ("EUR", "USD")


def test_the_daily_files_date_is_read(bench: Bench) -> None:
    bench.put("raw.ecb_fx__daily", {"date": "13 April 2026", "usd": "1.1684"})
    (row,) = bench.build("staging.ecb_fx__rates")
    assert (row["rate_on"], row["rate_on_raw"]) == (date(2026, 4, 13), "13 April 2026")
    assert row["repairs"] == ["rate_on: written with the month in words"]


def test_a_day_in_both_files_counts_once_and_the_history_wins(bench: Bench) -> None:
    bench.put("raw.ecb_fx__daily", {"date": "13 April 2026", "sek": "10.8920"})
    bench.put("raw.ecb_fx__history", {"date": "2026-04-13", "sek": "10.892"})
    (row,) = bench.build("staging.ecb_fx__rates")
    assert (row["file_kind"], row["rate_raw"]) == ("history", "10.892")


def test_currencies_that_ended_name_their_successor(bench: Bench) -> None:
    bench.put(
        "raw.ecb_fx__history",
        {"date": "2022-03-01", "rub": "117.201"},
        {"date": "2022-03-02", "rub": "N/A", "try": "15.5"},
    )
    rows = {row["currency_code"]: row for row in bench.build("core.currency")}
    assert (rows["TRL"]["successor_currency"], rows["TRL"]["successor_rate"]) == ("TRY", 1_000_000)
    assert (rows["ROL"]["successor_currency"], rows["ROL"]["successor_rate"]) == ("RON", 10_000)
    assert rows["HRK"]["successor_rate"] == Decimal("7.534500")
    # The rouble is no ended currency: only its publishing stopped.
    assert (rows["RUB"]["is_current"], rows["RUB"]["last_rated_on"]) == (True, date(2022, 3, 1))


def test_tables_and_arithmetic_know_the_same_ended_currencies(bench: Bench) -> None:
    told = {
        (row["currency_code"], row["ended_on"], row["successor_currency"], row["successor_rate"])
        for row in bench.build("core.currency")
        if not row["is_current"]
    }
    assert told == {(e.currency, e.last_day, e.successor, e.units) for e in ENDINGS}
