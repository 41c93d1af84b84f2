"""EDGAR: days, forms behind them, filers and facts; who asks is declared, and not too fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.errors import RequestRefused
from sandbox.apis.sec_edgar import Entry, SecEdgar
from tests.connectors.contract import NOW, POLICY, UNIVERSE, Bench, Fault, bench, records

FIRST = "2025-10-01"


@pytest.fixture
def edgar() -> Iterator[Bench]:
    with bench("sec_edgar") as made:
        yield made


def _entries(edgar: Bench, last: str = NOW.date().isoformat()) -> list[Entry]:
    assert isinstance(edgar.stand_in, SecEdgar)
    return [e for e in edgar.stand_in.entries if FIRST <= e.filed.isoformat() <= last]


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "accession_number": entry.accession,
        "cik": str(entry.cik),
        "company_name": entry.name,
        "form_type": entry.form,
        "date_filed": entry.filed.isoformat(),
        "file_name": entry.file_name,
    }


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda record: sorted(map(str, record.items())))


def test_every_filing_of_every_day_arrives(edgar: Bench) -> None:
    expected = [_told(entry) for entry in _entries(edgar)]
    assert _sorted(edgar.read("daily_index")) == _sorted(expected)
    assert len({e["date_filed"] for e in expected}) > 20


def test_only_the_wanted_forms_are_kept(edgar: Bench) -> None:
    edgar.environment["SEC_EDGAR_FORMS"] = "D, D/A"
    found = edgar.read("daily_index")
    assert {r["form_type"] for r in found} <= {"D", "D/A"}
    assert len(found) == sum(e.form in ("D", "D/A") for e in _entries(edgar))


def test_each_form_d_of_those_days_arrives_with_issuer_amounts_and_persons(edgar: Bench) -> None:
    found = {r["accession_number"]: r for r in edgar.read("form_d")}
    forms = {e.accession: e for e in _entries(edgar) if e.form in ("D", "D/A")}
    assert set(found) == set(forms)
    stand_in = edgar.stand_in
    assert isinstance(stand_in, SecEdgar)
    for accession, record in found.items():
        company, form = stand_in.forms[accession]
        assert record["date_filed"] == forms[accession].filed.isoformat()
        assert record["entityName"] == company.legal_name.upper()
        assert record["cik"] == f"{company.cik:010d}"
        assert f"<totalAmountSold>{record['totalAmountSold']}<" in form
        named = [f"{p['first_name']} {p['last_name']}" for p in record["related_persons"]]
        assert named == list(company.founders)
        assert all(p["relationships"][0] == "Executive Officer" for p in record["related_persons"])


def test_a_later_run_reads_the_last_day_again_and_the_days_since(edgar: Bench) -> None:
    edgar.environment["SEC_EDGAR_END_DATE"] = "2026-02-20"
    first = edgar.pages("form_d")
    assert len(records(first)) == sum(e.form == "D" for e in _entries(edgar, last="2026-02-20"))
    edgar.environment["SEC_EDGAR_END_DATE"] = "2026-02-24"
    asked = len(edgar.running.requests)
    again = {r["date_filed"] for r in edgar.read("form_d", first[-1].state)}
    assert again == {"2026-02-21", "2026-02-23"}
    assert len(edgar.running.requests) - asked < 10


def test_an_index_that_breaks_off_loses_no_form(edgar: Bench) -> None:
    whole = len(edgar.read("form_d"))
    edgar.hit(Fault("truncated", path="/sec_edgar/Archives", after=5, times=2))
    assert len(edgar.read("form_d")) == whole


def test_who_does_not_say_who_asks_is_refused_and_told_why(edgar: Bench) -> None:
    edgar.environment["SEC_EDGAR_USER_AGENT"] = "python"
    with pytest.raises(RequestRefused, match="SEC_EDGAR_USER_AGENT"):
        edgar.read("daily_index")


def test_ten_requests_a_second_are_never_exceeded() -> None:
    with bench("sec_edgar", stand_in=SecEdgar(UNIVERSE, per_second=10)) as at:
        at.policy = replace(POLICY, longest_wait_s=5)
        at.environment["SEC_EDGAR_START_DATE"] = "2026-02-01"
        assert at.environment["SEC_EDGAR_REQUESTS_PER_SECOND"] == "8"
        assert at.read("daily_index")
        assert {e.status for e in at.running.requests} == {200}
        assert len(at.running.requests) > 10


def test_a_day_that_is_not_over_is_read_again_the_same_day(edgar: Bench) -> None:
    first = edgar.pages("daily_index")
    newest = max(r["date_filed"] for r in records(first))
    edgar.environment["SEC_EDGAR_END_DATE"] = newest
    again = edgar.read("daily_index", first[-1].state)
    days = {r["date_filed"] for r in again}
    assert newest in days
    assert min(days) >= (date.fromisoformat(newest) - timedelta(days=1)).isoformat()
