"""Forms, EDGAR's lists, cap tables and workbooks: each oddity on rows written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.assets.bench import Bench


def _form_d(bench: Bench, **columns: Any) -> dict[str, Any]:
    bench.put(
        "raw.sec_forms__form_d",
        {"cik": "0001", "submission_type": "D", "entity_name": "A", "_file": "d.xml", **columns},
    )
    (row,) = bench.build("staging.sec_forms__form_d")
    return row


def test_an_indefinite_offering_has_no_size(bench: Bench) -> None:
    row = _form_d(bench, total_offering_amount="Indefinite", total_remaining="Indefinite")
    assert (row["offering_usd"], row["offering_raw"]) == (None, "Indefinite")
    assert row["offering_is_indefinite"] is True
    assert row["repairs"] == ["offering_usd: the form says Indefinite; left null"]


def test_a_first_sale_yet_to_occur_has_no_day(bench: Bench) -> None:
    row = _form_d(bench, date_of_first_sale_yet_to_occur="true")
    assert (row["first_sale_on"], row["first_sale_yet_to_occur"]) == (None, True)


def test_the_text_none_is_null(bench: Bench) -> None:
    row = _form_d(bench, previous_name="None")
    assert row["previous_name"] is None
    assert row["repairs"] == ["previous_name: the text None stands for none; left null"]


def test_a_series_keeps_its_name(bench: Bench) -> None:
    name = "AP Fund IV, a series of Inference Technology Partners, LP"
    row = _form_d(bench, entity_name=name)
    assert (row["issuer_name"], row["is_series"]) == (name, True)


def test_a_filing_listed_and_read_is_one(bench: Bench) -> None:
    number = "0002002260-24-000001"
    _form_d(bench, cik="0002002260", accession_number=number, filing_date="20240111")
    listed = {"accession_number": number, "form": "D", "filing_date": "2024-01-11"}
    bench.put(
        "raw.edgar__filings",
        {"cik": "2002260", "acceptance_date_time": "2024-01-11T13:45:37.000Z", **listed},
    )
    (row,) = bench.build("core.filing")
    assert (row["filing_id"], row["cik"], row["is_read"]) == (number, "0002002260", True)
    assert row["filed_on"] == date(2024, 1, 11)
    assert row["accepted_at"] == datetime(2024, 1, 11, 13, 45, 37, tzinfo=UTC)


def test_amendments_are_no_new_offerings(bench: Bench) -> None:
    plain = {"cik": "1", "entity_name": "A", "total_offering_amount": "300"}
    bench.put(
        "raw.sec_forms__form_d",
        {**plain, "_file": "1.xml", "submission_type": "D", "total_amount_sold": "100"},
        {**plain, "_file": "2.xml", "submission_type": "D/A"},
        {**plain, "_file": "3.xml", "submission_type": "D", "test_or_live": "TEST"},
    )
    bench.put(
        "raw.sec_forms__form_d_related_persons",
        {"_file": "1.xml", "first_name": "N/A", "last_name": "Some GP, LLC"},
    )
    (row,) = bench.build("marts.new_form_d_offerings")
    assert row["related_persons"] == ["Some GP, LLC"]
    assert row["sold_share"] == Decimal("0.3333")


def test_form_c_dates_begin_with_the_month(bench: Bench) -> None:
    bench.put(
        "raw.sec_forms__form_c",
        {"cik": "1", "name_of_issuer": "A", "date_incorporation": "10-07-2015", "_file": "c.xml"},
    )
    signed = {"_file": "c.xml", "signature_date": "03-26-2024"}
    bench.put("raw.sec_forms__form_c_signatures", signed)
    (row,) = bench.build("staging.sec_forms__form_c")
    assert (row["incorporated_on"], row["signed_on"]) == (date(2015, 10, 7), date(2024, 3, 26))


def test_nine_zeros_are_no_employer_number_and_a_cik_is_ten_digits(bench: Bench) -> None:
    bench.put(
        "raw.edgar__filers",
        {"cik": "1318605", "name": "A", "ein": "000000000", "state_of_incorporation": "DE"},
    )
    (row,) = bench.build("staging.edgar__filers")
    assert (row["cik"], row["ein"], row["ein_raw"]) == ("0001318605", None, "000000000")
    assert len(row["repairs"]) == 2


def test_three_spellings_of_a_cik_are_one_organization(bench: Bench) -> None:
    bench.put("raw.edgar__tickers", {"cik_str": 1318605, "ticker": "T", "title": "A INC"})
    bench.put(
        "raw.edgar__filers",
        {"cik": "0001318605", "name": "A, Inc.", "ein": "1", "state_of_incorporation": "DE"},
    )
    bench.put("raw.sec_forms__form_4", {"issuer_cik": "1318605", "issuer_name": "A"})
    (row,) = bench.build("core.organization")
    assert (row["org_id"], row["name"], row["status"]) == ("sec:0001318605", "A, Inc.", "public")


def test_persons_are_no_organizations(bench: Bench) -> None:
    bench.put("raw.edgar__filers", {"cik": "1", "name": "Doe J", "state_of_incorporation": ""})
    assert bench.build("core.organization") == []


def test_older_filings_take_their_filer_from_the_files_name(bench: Bench) -> None:
    bench.put(
        "raw.edgar__older_filings",
        {
            "_file": "edgar-json/submissions/CIK0001009672-submissions-001.json",
            "accession_number": "0001135080-03-000118",
            "form": "4",
            "filing_date": "2003-12-08",
        },
    )
    (row,) = bench.build("staging.edgar__filings")
    assert (row["cik"], row["list_kind"]) == ("0001009672", "older")


def test_share_numbers_and_amounts_are_exact(bench: Bench) -> None:
    bench.put(
        "raw.ocf__issuers", {"id": "i", "legal_name": "A", "_file": "ocf/a/Manifest.ocf.json"}
    )
    bench.put(
        "raw.ocf__transactions",
        {
            "id": "t",
            "object_type": "TX_STOCK_ISSUANCE",
            "date": "2022-02-01",
            "security_id": "s",
            "quantity": "+10000000.0000000001",
            "share_price": {"amount": "0.0001000000", "currency": "USD"},
            "_file": "ocf/a/Transactions.ocf.json",
        },
    )
    (row,) = bench.build("core.security_event")
    assert row["security_event_id"] == "ocf:i:t"
    assert row["quantity"] == Decimal("10000000.0000000001")
    assert (row["price_per_share"], row["currency"]) == (Decimal("0.0001"), "USD")
    assert (row["instrument"], row["action"]) == ("stock", "issuance")


@pytest.mark.parametrize(
    ("kind", "instrument", "action"),
    [
        ("TX_STOCK_CLASS_SPLIT", "stock_class", "split"),
        ("TX_STOCK_PLAN_RETURN_TO_POOL", "stock_plan", "return_to_pool"),
        ("TX_EQUITY_COMPENSATION_RELEASE", "equity_compensation", "release"),
        ("TX_VESTING_START", "vesting", "start"),
        ("CE_STAKEHOLDER_STATUS", "stakeholder", "status"),
        ("TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT", "issuer", "authorized_shares_adjustment"),
    ],
)
def test_every_kind_of_event_is_told_apart(
    bench: Bench, kind: str, instrument: str, action: str
) -> None:
    bench.put("raw.ocf__transactions", {"id": "t", "object_type": kind, "date": "2022-02-01"})
    (row,) = bench.build("core.security_event")
    assert (row["instrument"], row["action"]) == (instrument, action)


@pytest.mark.parametrize(
    "written",
    ["2026-03-31", "2026-03-31 00:00:00", "31 March 2026", "31.03.2026", "/Date(1774915200000)/"],
)
def test_four_ways_to_write_a_day(bench: Bench, written: str) -> None:
    bench.put(
        "raw.portfolio_kpi__observations",
        {"company": "A", "metric": "ARR", "period_end": written, "value": "1", "_path": "KPIs!A6"},
    )
    (row,) = bench.build("staging.portfolio_kpi__observations")
    assert (row["period_end_on"], row["period_end_raw"]) == (date(2026, 3, 31), written)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,250,000.50", Decimal("1250000.500000")),
        ("-9", Decimal("-9.000000")),
        ("1,5", None),
        ("n/a", None),
        ("none yet", None),
    ],
)
def test_a_value_is_a_number_or_null_and_never_a_guess(
    bench: Bench, written: str, value: Decimal | None
) -> None:
    bench.put(
        "raw.portfolio_kpi__observations",
        {"company": "A", "metric": "Net burn", "value": written, "_path": "KPIs!A6"},
    )
    (row,) = bench.build("staging.portfolio_kpi__observations")
    assert (row["metric"], row["value"], row["value_raw"]) == ("net_burn", value, written)
    assert bool(row["repairs"]) == (written != "-9")
