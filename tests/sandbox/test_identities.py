"""Identities: one company under many names, and no two companies under one id."""

from __future__ import annotations

import re

from sandbox.identities import identities
from sandbox.universe import make_universe

SYSTEMS = ("affinity", "attio", "hubspot", "pipedrive", "xero", "quickbooks", "gleif")


def test_the_same_seed_gives_everybody_the_same_identities() -> None:
    again = identities(make_universe(7))
    assert identities(make_universe(7)).companies == again.companies
    assert identities(make_universe(8)).firm != again.firm
    first = again.companies[0]
    assert first.name_in("xero") == first.name_in("xero")


def test_no_two_companies_share_an_id() -> None:
    found = identities(make_universe(7)).companies
    for system in SYSTEMS:
        assert len({who.number_in(system) for who in found}) == len(found)
        assert len({who.uuid_in(system) for who in found}) == len(found)
        assert len({who.text_in(system) for who in found}) == len(found)
    for ids in ([w.domain for w in found], [w.lei for w in found if w.lei]):
        assert len(set(ids)) == len(ids)


def test_a_company_has_other_names_elsewhere_and_its_legal_one_in_registers() -> None:
    found = identities(make_universe(7)).companies
    assert all(w.name_in("gleif") == w.company.legal_name.upper() for w in found)
    differing = [w for w in found if len({w.name_in(system) for system in SYSTEMS}) > 2]
    assert len(differing) > 300


def test_every_lei_passes_its_own_check() -> None:
    leis = [who.lei for who in identities(make_universe(7)).companies if who.lei]
    assert len(leis) > 100
    for lei in leis:
        assert re.fullmatch(r"[A-Z0-9]{18}\d\d", lei)
        assert int("".join(str(int(character, 36)) for character in lei)) % 97 == 1


def test_a_company_number_is_british_and_nobody_elses() -> None:
    for who in identities(make_universe(7)).companies:
        assert (who.company_number is not None) == (who.company.country == "GBR")
