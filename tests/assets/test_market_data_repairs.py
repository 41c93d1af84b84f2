"""Each oddity of the market-data export: repaired or left null, and always told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.assets.bench import Bench


def _company(bench: Bench, **columns: Any) -> dict[str, Any]:
    bench.put(
        "raw.crunchbase__companies",
        {"permalink": "/company/a", "name": "A", "status": "operating", **columns},
    )
    (row,) = bench.build("staging.crunchbase__companies")
    return row


def _round(bench: Bench, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    plain = {"company_permalink": "/company/a", "company_name": "A", "funding_round_type": "angel"}
    bench.put("raw.crunchbase__rounds", *(plain | row for row in rows))
    return bench.build("staging.crunchbase__rounds")


def test_a_name_is_repaired_and_kept_beside(bench: Bench) -> None:
    row = _company(bench, name="TaposÃ©", city="San JosÃ©")
    assert (row["name"], row["name_raw"]) == ("Taposé", "TaposÃ©")
    assert (row["city"], row["city_raw"]) == ("San José", "San JosÃ©")
    assert [text.split(":")[0] for text in row["repairs"]] == ["name", "city"]


@pytest.mark.parametrize(
    ("written", "word"), [("5/18/27", "date"), ("#" * 255, "# signs"), ("a lot", "no number")]
)
def test_a_total_that_is_no_number_is_null_and_not_a_guess(
    bench: Bench, written: str, word: str
) -> None:
    row = _company(bench, funding_total_usd=written)
    assert row["funding_total_usd"] is None
    assert row["funding_total_usd_raw"] == written
    assert [word in text for text in row["repairs"]] == [True]


def test_a_total_is_an_exact_decimal(bench: Bench) -> None:
    row = _company(bench, funding_total_usd="9007199254740993.01")
    assert row["funding_total_usd"] == Decimal("9007199254740993.01")
    assert row["repairs"] == []


@pytest.mark.parametrize("written", ["1201-05-14", "3201-01-01"])
def test_an_impossible_year_is_null(bench: Bench, written: str) -> None:
    row = _company(bench, founded_at=written)
    assert row["founded_on"] is None
    assert row["founded_on_raw"] == written
    assert "founded in that year" in row["repairs"][0]


def test_an_old_company_is_merely_old(bench: Bench) -> None:
    row = _company(bench, founded_at="1906-01-01")
    assert row["founded_on"] == date(1906, 1, 1)
    assert row["repairs"] == []


def test_a_spreadsheets_error_is_kept_and_flagged(bench: Bench) -> None:
    row = _company(bench, name="#NAME?")
    assert (row["name"], row["name_is_placeholder"]) == ("#NAME?", True)
    assert "real name is lost" in row["repairs"][0]


def test_a_name_with_a_hash_is_a_name(bench: Bench) -> None:
    row = _company(bench, name="#waywire")
    assert (row["name_is_placeholder"], row["repairs"]) == (False, [])


def test_exact_duplicates_become_one_row_with_a_count(bench: Bench) -> None:
    same = {"funded_at": "2012-06-30", "raised_amount_usd": "1750000"}
    (row,) = _round(bench, same, same, same)
    assert row["occurrences"] == 3
    assert row["repairs"] == ["row: exact duplicates dropped: 2"]
    assert row["source_line"] == 2


def test_rounds_that_differ_in_place_alone_are_two(bench: Bench) -> None:
    same = {"funded_at": "2012-06-30", "raised_amount_usd": "1"}
    one, other = _round(bench, {**same, "company_region": "Boston"}, same)
    assert one["round_key"][:-2] == other["round_key"][:-2]
    assert {one["round_key"][-1], other["round_key"][-1]} == {"1", "2"}


def test_a_rounds_key_stands_when_other_rounds_come(bench: Bench) -> None:
    first = {"funded_at": "2012-06-30", "raised_amount_usd": "1"}
    (alone,) = _round(bench, first)
    rows = _round(bench, {"funded_at": "2011-01-01"}, {"funded_at": "2013-01-01"})
    assert alone["round_key"] in [row["round_key"] for row in rows]


def test_the_first_day_of_1960_stands_for_not_known(bench: Bench) -> None:
    placeholder, old = sorted(
        _round(bench, {"funded_at": "1960-01-01"}, {"funded_at": "1973-04-15"}),
        key=lambda row: row["funded_on_raw"],
    )
    assert (placeholder["funded_on"], len(placeholder["repairs"])) == (None, 1)
    assert (old["funded_on"], old["repairs"]) == (date(1973, 4, 15), [])


def test_a_price_with_a_power_of_ten_is_read_as_it_stands(bench: Bench) -> None:
    bench.put(
        "raw.crunchbase__acquisitions",
        {
            "company_permalink": "/company/a",
            "company_name": "A",
            "price_amount": "2.6E+12",
            "price_currency_code": "JPY",
        },
    )
    (row,) = bench.build("staging.crunchbase__acquisitions")
    assert row["price_amount"] == Decimal("2600000000000.00")
    assert row["price_amount_raw"] == "2.6E+12"
    assert "power of ten" in row["repairs"][0]


def test_an_undisclosed_price_has_no_currency(bench: Bench) -> None:
    bench.put(
        "raw.crunchbase__acquisitions",
        {"company_permalink": "/company/a", "company_name": "A", "price_currency_code": "USD"},
    )
    (row,) = bench.build("staging.crunchbase__acquisitions")
    assert (row["price_amount"], row["price_currency"]) == (None, None)


def test_a_buyer_outside_the_companies_file_is_an_organization(bench: Bench) -> None:
    bench.put(
        "raw.crunchbase__acquisitions",
        {
            "company_permalink": "/company/a",
            "company_name": "A",
            "acquirer_permalink": "/company/b",
            "acquirer_name": "NestlÃ©",
            "acquirer_country_code": "CHE",
        },
    )
    rows = {row["org_id"]: row for row in bench.build("core.organization")}
    assert rows["crunchbase:/company/b"]["name"] == "Nestlé"
    assert rows["crunchbase:/company/b"]["country_code"] == "CH"
    assert rows["crunchbase:/company/a"]["status"] == "acquired"
