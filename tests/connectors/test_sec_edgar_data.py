"""EDGAR's data host: filers with all their filings, and facts in every digit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.errors import RequestRefused
from sandbox.apis.sec_edgar_data import SecEdgarData
from tests.connectors.contract import Bench, bench


@pytest.fixture
def edgar() -> Iterator[Bench]:
    with bench("sec_edgar_data") as made:
        yield made


def test_filers_bring_their_filings_as_a_list_of_objects(edgar: Bench) -> None:
    stand_in = edgar.stand_in
    assert isinstance(stand_in, SecEdgarData)
    found = edgar.read("filers")
    assert [r["cik"] for r in found] == [f"{cik:010d}" for cik in stand_in.ciks]
    for record in found:
        recent = stand_in.submissions[f"CIK{record['cik']}.json"]["filings"]["recent"]
        assert record["filings"] == [
            dict(zip(recent, values, strict=True)) for values in zip(*recent.values(), strict=True)
        ]
    older = edgar.read("older_filings")
    assert [len(r["filings"]) for r in older] == [60]
    assert set(older[0]) == {"file", "filings"}


def test_facts_arrive_with_their_unit_and_every_digit(edgar: Bench) -> None:
    stand_in = edgar.stand_in
    assert isinstance(stand_in, SecEdgarData)
    concepts = stand_in.facts["facts"]["us-gaap"]
    found = {r["tag"]: r["facts"] for r in edgar.read("concepts")}
    assert set(found) == set(concepts)
    for tag, facts in found.items():
        told = [
            (unit, str(fact["val"]), fact["accn"])
            for unit, values in concepts[tag]["units"].items()
            for fact in values
        ]
        assert [(f["unit"], f["val"], f["accn"]) for f in facts] == told


def test_an_unknown_filer_is_an_error_and_no_missing_row(edgar: Bench) -> None:
    edgar.environment["SEC_EDGAR_CIKS"] += ",1"
    with pytest.raises(RequestRefused, match="SEC_EDGAR_CIKS"):
        edgar.read("filers")


def test_who_does_not_say_who_asks_is_refused_and_told_why(edgar: Bench) -> None:
    edgar.environment["SEC_EDGAR_USER_AGENT"] = "python"
    with pytest.raises(RequestRefused, match="SEC_EDGAR_USER_AGENT"):
        edgar.read("filers")
