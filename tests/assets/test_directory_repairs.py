"""The accelerator's directory and the domains of organizations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.assets.bench import Bench


def _company(bench: Bench, **columns: Any) -> dict[str, Any]:
    bench.put("raw.yc__companies", {"company_id": "1", "company_name": "A", **columns})
    (row,) = bench.build("staging.yc__companies")
    return row


def test_na_is_namibia(bench: Bench) -> None:
    assert _company(bench, country="NA")["country_code"] == "NA"
    (row,) = bench.build("core.organization")
    assert row["country_code"] == "NA"


def test_a_year_with_a_decimal_point_is_whole(bench: Bench) -> None:
    row = _company(bench, year_founded="2024.0", team_size="7.0")
    assert (row["founded_year"], row["founded_year_raw"], row["team_size"]) == (2024, "2024.0", 7)


@pytest.mark.parametrize("year", ["1201.0", "3201.0"])
def test_an_impossible_year_is_null(bench: Bench, year: str) -> None:
    row = _company(bench, year_founded=year)
    assert (row["founded_year"], row["founded_year_raw"]) == (None, year)
    assert row["repairs"][0].startswith("founded_year:")


@pytest.mark.parametrize("site", ["https://", "http://", "https:// "])
def test_a_bare_scheme_is_no_website(bench: Bench, site: str) -> None:
    row = _company(bench, website=site)
    assert (row["website"], row["website_raw"]) == (None, site)
    assert row["repairs"] == ["website: an address without a host; left null"]


def test_of_several_addresses_the_first_counts(bench: Bench) -> None:
    row = _company(bench, website="https://www.one.example, http://two.example")
    assert row["website"] == "https://www.one.example"
    assert row["repairs"] == ["website: several addresses; the first was taken"]


def test_empty_texts_are_null(bench: Bench) -> None:
    row = _company(bench, country="", website="", batch="", year_founded="")
    assert [row[name] for name in ("country_code", "website", "batch", "founded_year")] == [
        None
    ] * 4
    assert row["repairs"] == []


@pytest.mark.parametrize(
    ("site", "domain"),
    [
        ("https://www.forgerewards.example/", "forgerewards.example"),
        ("http://neo.transfez.example", "transfez.example"),
        ("https://chatpay.com.br", "chatpay.com.br"),
        ("https://app.digistain.co.uk/x?y=1", "digistain.co.uk"),
        ("https://HOST.Example:8443/path", "host.example"),
        ("https://sorted-lp.webflow.io", None),
        ("https://play.google.com/store/apps/details", None),
        ("https://www.facebook.com/somebody", None),
        ("https://", None),
    ],
)
def test_the_domain_is_the_registrable_part(bench: Bench, site: str, domain: str | None) -> None:
    _company(bench, website=site)
    (row,) = bench.build("core.organization")
    assert row["domain"] == domain


def test_cohorts_count_what_became_of_companies(bench: Bench) -> None:
    bench.put(
        "raw.yc__companies",
        *(
            {"company_id": str(n), "company_name": "A", "batch": "W21", "status": status}
            for n, status in enumerate(["Active", "Active", "Acquired", "Inactive", "Gone"])
        ),
    )
    (row,) = bench.build("marts.accelerator_cohorts")
    assert (row["season"], row["cohort_year"], row["companies"]) == ("winter", 2021, 5)
    counts = [row[n] for n in ("operating", "acquired", "closed", "public", "status_unknown")]
    assert counts == [2, 1, 1, 0, 1]
    assert str(row["survival_share"]) == "0.6000"
