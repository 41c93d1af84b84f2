"""Matching over all systems of the made-up firm, whose truth is known."""

from __future__ import annotations

import pytest

from pipelines.engine.matching import match_organizations
from sandbox.identities import Identity, identities
from sandbox.universe import Company, make_universe
from tests.assets.whole import Outcome
from tests.matching.made_up import pairwise


@pytest.fixture(scope="module")
def matched(lived_in: Outcome) -> dict[str, tuple[str, str]]:
    """Record → its name and organization, after matching all that was loaded."""
    match_organizations(lived_in.engine, run_id="match")
    rows = lived_in.rows(
        "SELECT r.record_id, r.name, x.org_id FROM core.org_xref AS x "
        "JOIN headwater.match_records AS r USING (source, source_id) WHERE x.valid_to IS NULL"
    )
    return {row["record_id"]: (row["name"], row["org_id"]) for row in rows}


def _ids(who: Identity) -> dict[str, int]:
    company = who.company
    found = {
        f"affinity:{who.number_in('affinity')}",
        f"attio:{who.uuid_in('attio')}",
        f"hubspot:{who.number_in('hubspot')}",
        f"pipedrive:{who.number_in('pipedrive')}",
        f"xero:{who.uuid_in('xero')}",
        f"quickbooks:customer:{who.number_in('quickbooks')}",
        f"stripe:cus_{who.text_in('stripe')}",
        f"gleif:{who.lei}",
        f"companies_house:{who.company_number}",
        f"sec:{company.cik:010d}",
        f"crunchbase:/company/{company.slug}",
        f"yc:{20_000 + company.number}",
        f"fund_admin:company:{company.legal_name}",
        f"portfolio:{company.name.lower()}",
        f"portfolio:{company.legal_name.lower()}",
    }
    return dict.fromkeys(found, company.number)


def _truth(matched: dict[str, tuple[str, str]]) -> dict[str, int]:
    """Record → which organization it really is: a company's number, or else its own name."""
    universe = make_universe(7)
    known: dict[str, int] = {}
    for who in identities(universe).companies:
        known |= _ids(who)
    by_name: dict[str, Company] = {c.legal_name: c for c in universe.companies}
    others: dict[str, int] = {}
    truth = {}
    for record, (name, _) in matched.items():
        if record in known:
            truth[record] = known[record]
        elif record.startswith("ocf:") and name in by_name:
            truth[record] = by_name[name].number
        else:
            truth[record] = others.setdefault(name.strip().lower(), 10_000 + len(others))
    return truth


def test_every_system_takes_part(matched: dict[str, tuple[str, str]]) -> None:
    systems = {record.partition(":")[0] for record in matched}
    expected = (
        "affinity attio companies_house crunchbase fund_admin gleif hubspot ocf pipedrive "
        "portfolio quickbooks sec stripe xero yc"
    )
    assert systems == set(expected.split())


def test_precision_and_recall_over_all_systems(matched: dict[str, tuple[str, str]]) -> None:
    truth = _truth(matched)
    groups: dict[str, list[str]] = {}
    for record, (_, org) in matched.items():
        groups.setdefault(org, []).append(record)
    precision, recall = pairwise(list(groups.values()), truth)
    assert precision >= 0.99
    assert recall >= 0.95


def test_each_record_has_one_open_row(lived_in: Outcome, matched: dict[str, object]) -> None:
    counts = lived_in.rows(
        "SELECT source, source_id, count(*) AS n FROM core.org_xref WHERE valid_to IS NULL "
        "GROUP BY ALL"
    )
    assert len(counts) == len(matched)
    assert {row["n"] for row in counts} == {1}
