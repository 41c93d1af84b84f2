"""Made-up cap tables that do not add up, or do not agree with the rounds."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.finance.captable.ownership import stakes
from pipelines.finance.captable.reading import read_documents
from pipelines.finance.captable.replay import History, replay
from sandbox.cap_tables import purchases, write_cap_tables
from sandbox.universe import FIRM, TODAY, Universe, make_universe


def read(folder: Path, universe: Universe) -> dict[str, History]:
    """Slug → the replayed package."""
    write_cap_tables(folder, universe)
    found = {}
    for company in universe.portfolio:
        files = sorted((folder / "ocf" / company.slug).iterdir())
        documents = {path.name: json.loads(path.read_text()) for path in files}
        found[company.slug] = replay(read_documents(company.slug, documents))
    return found


@pytest.mark.parametrize("seed", [1, 2, 7, 23])
def test_every_package_replays_without_a_fault(tmp_path: Path, seed: int) -> None:
    universe = make_universe(seed)
    assert len(read(tmp_path, universe)) == len(universe.portfolio)


def test_the_firm_holds_what_it_bought_and_rounds_raise_what_they_said(tmp_path: Path) -> None:
    universe = make_universe(7)
    histories = read(tmp_path, universe)
    for company in universe.portfolio:
        history = histories[company.slug]
        names = {
            who: item["name"]["legal_name"] for who, item in history.package.stakeholders.items()
        }
        mine = sum(buy.shares for buy in purchases(universe) if buy.company == company)
        held = [
            it.quantity
            for it in history.on(TODAY).holdings.values()
            if names[it.stakeholder_id] == FIRM and it.open
        ]
        assert sum(held) == mine
        for made in company.rounds:
            sold = [
                it
                for it in history.on(made.on).holdings.values()
                if it.issued_on == made.on and it.item["custom_id"].startswith("P")
            ]
            full = max(it.price for it in sold if it.price)  # a note converts at less
            new = sum(it.issued * full for it in sold if it.price == full)
            assert new == pytest.approx(Decimal(made.amount_usd or 400_000), rel=Decimal("1E-3"))


def test_a_split_a_repurchase_and_a_warrant_occur(tmp_path: Path) -> None:
    histories = read(tmp_path, make_universe(7))
    kinds = {
        item.kind.name for history in histories.values() for item in history.package.transactions
    }
    assert {"TX_STOCK_CLASS_SPLIT", "TX_STOCK_REPURCHASE", "TX_WARRANT_ISSUANCE"} <= kinds
    for history in histories.values():
        total = sum(it.fully_diluted_share or 0 for it in stakes(history.on(date(2026, 4, 13))))
        assert total == pytest.approx(1)
