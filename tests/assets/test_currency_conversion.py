"""Rounds in euros: exact to the cent, at the right day's rate, nothing dropped."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assets.bench import Bench


def _rates(bench: Bench, **usd: str) -> None:
    rows = [{"date": day.replace("d", "").replace("_", "-"), "usd": r} for day, r in usd.items()]
    bench.put("raw.ecb_fx__history", *rows)


def _rounds(bench: Bench, *rounds: tuple[str | None, str | None]) -> None:
    bench.put("raw.crunchbase__companies", {"permalink": "/c/a", "name": "A", "region": "Boston"})
    bench.put(
        "raw.crunchbase__rounds",
        *(
            {"company_permalink": "/c/a", "funded_at": day, "raised_amount_usd": amount}
            for day, amount in rounds
        ),
    )


def _mart(bench: Bench) -> dict[str, dict[str, Any]]:
    return {row["month"]: row for row in bench.build("marts.rounds_by_month_region")}


def test_the_rate_of_the_day_is_used(bench: Bench) -> None:
    _rates(bench, d2024_03_27="1.0816", d2024_03_28="1.0811")
    _rounds(bench, ("2024-03-28", "1000000"))
    row = _mart(bench)["2024-03"]
    assert row["amount_usd"] == Decimal("1000000.00")
    assert row["amount_eur"] == Decimal("924983.81")
    assert (row["max_rate_age_days"], row["region"]) == (0, "Boston")


def test_over_easter_the_last_published_rate_is_used_and_its_age_shown(bench: Bench) -> None:
    _rates(bench, d2024_03_28="1.0811", d2024_04_02="1.0749")
    _rounds(bench, ("2024-04-01", "1081.10"))
    row = _mart(bench)["2024-04"]
    assert (row["amount_eur"], row["max_rate_age_days"]) == (Decimal("1000.00"), 4)


def test_rounds_before_the_first_rate_are_counted_and_not_converted(bench: Bench) -> None:
    _rates(bench, d2015_01_02="1.2043")
    _rounds(bench, ("2013-05-31", "7000000"), ("2015-01-02", "12043"))
    early, late = _mart(bench)["2013-05"], _mart(bench)["2015-01"]
    assert (early["amount_usd"], early["amount_eur"]) == (Decimal("7000000.00"), None)
    assert (early["rounds_without_rate"], early["max_rate_age_days"]) == (1, None)
    assert (late["amount_eur"], late["rounds_without_rate"]) == (Decimal("10000.00"), 0)


def test_a_rate_older_than_a_week_is_no_rate(bench: Bench) -> None:
    _rates(bench, d2024_01_02="1.0956")
    _rounds(bench, ("2024-01-09", "100"), ("2024-02-10", "100"))
    near, far = _mart(bench)["2024-01"], _mart(bench)["2024-02"]
    assert (near["rounds_without_rate"], near["max_rate_age_days"]) == (0, 7)
    assert (far["rounds_without_rate"], far["amount_eur"]) == (1, None)


def test_rounds_of_unknown_day_or_amount_stay_in_the_count(bench: Bench) -> None:
    _rates(bench, d2024_01_02="1.0956")
    _rounds(bench, (None, "5"), ("1960-01-01", "6"), ("2024-01-02", None))
    rows = _mart(bench)
    unknown = rows["unknown"]
    assert (unknown["rounds"], unknown["rounds_without_rate"], unknown["month_on"]) == (2, 2, None)
    assert rows["2024-01"]["rounds_without_amount"] == 1
    assert rows["2024-01"]["amount_usd"] is None


_BENCH = Bench()


@settings(max_examples=25, deadline=None)
@given(
    st.decimals("0.01", "99999999999.99", places=2),
    st.decimals("0.0001", "20000", places=4),
)
def test_conversion_is_exact_to_the_cent(amount: Decimal, rate: Decimal) -> None:
    for table in ("ecb_fx__history", "crunchbase__companies", "crunchbase__rounds"):
        _BENCH.connection.execute(f"DELETE FROM raw.{table}")
    _rates(_BENCH, d2024_01_02=str(rate))
    _rounds(_BENCH, ("2024-01-02", str(amount)))
    expected = (amount / rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert _mart(_BENCH)["2024-01"]["amount_eur"] == expected
