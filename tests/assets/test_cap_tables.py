"""Cap tables in the warehouse that are not those of the packages."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.cap_tables import write_cap_tables
from sandbox.universe import FIRM, make_universe
from tests.assets.bench import Bench, catalog
from tests.finance.captable.company import TRANSACTIONS, documents, tx, usd

TABLES = {
    "Stakeholders": "stakeholders",
    "StockClasses": "stock_classes",
    "StockPlans": "stock_plans",
    "StockLegends": "stock_legends",
    "VestingTerms": "vesting_terms",
    "Financings": "financings",
    "Documents": "documents",
    "Valuations": "valuations",
    "Transactions": "transactions",
}


def put(bench: Bench, folder: str, files: dict[str, Any], as_of: str = "2022-12-31") -> None:
    """A package's files in the raw tables, as the source reads them."""
    types = {
        stream.name: stream.columns
        for source, stream in catalog().streams()
        if source.name == "ocf"
    }
    for file, document in files.items():
        name = file.partition(".")[0]
        if name == "Manifest":
            rows, table = [document["issuer"] | {"as_of": as_of}], "issuers"
        else:
            rows, table = document["items"], TABLES[name]
        plain = [
            {
                key: json.dumps(value)
                if types[table][key].type == "VARCHAR" and not isinstance(value, str | None)
                else value
                for key, value in row.items()
            }
            for row in rows
        ]
        bench.put(f"raw.ocf__{table}", *({**row, "_file": f"{folder}/{file}"} for row in plain))


def on(bench: Bench, table: str, day: str, what: str) -> dict[str, Any]:
    """Key and value of the rows of a table that hold on a day."""
    key = "security_id" if table.startswith("core") else "holder_id"
    rows = bench.rows(
        f"SELECT {key}, {what} FROM {table} WHERE valid_from_on <= DATE '{day}'"
        f" AND (valid_to_on IS NULL OR valid_to_on > DATE '{day}')"
    )
    return {row[key].rpartition(":")[2]: row[what] for row in rows}


def test_the_cap_table_of_a_day_is_that_worked_by_hand(bench: Bench) -> None:
    put(bench, "ocf/juniper", documents())
    rows = bench.build("core.cap_table_entry")
    assert on(bench, "core.cap_table_entry", "2021-06-01", "quantity") == {
        "cs-1": 8_000_000,
        "cs-2": 8_000_000,
        "opt-1": 400_000,
        "seed-delta": 1_000_000,
        "seed-echo": 2_000_000,
    }
    assert on(bench, "core.cap_table_entry", "2022-12-31", "as_converted_quantity") == {
        "cs-1": 7_500_000,
        "cs-3": 100_000,
        "cs-4": 1_000_000,
        "cs-5": 7_000_000,
        "opt-1": 300_000,
        "seed-delta": 2_000_000,
        "seed-echo": 4_000_000,
    }
    assert on(bench, "core.cap_table_entry", "2020-06-01", "principal_amount")["safe-1"] == 500_000
    assert {row["as_of_on"] for row in rows} == {date(2022, 12, 31)}


def test_securities_keep_what_they_were_issued_with(bench: Bench) -> None:
    put(bench, "ocf/juniper", documents())
    found = {row["source_id"]: row for row in bench.build("core.security")}
    assert len(found) == 9
    assert found["cs-1"]["issued_quantity"] == 4_000_000
    assert (found["cs-2"]["closed_on"], found["cs-1"]["closed_on"]) == (date(2022, 6, 1), None)
    safe = found["safe-1"]
    assert (safe["instrument_type"], safe["conversion_timing"]) == ("SAFE", "POST_MONEY")
    assert (safe["principal_amount"], safe["valuation_cap_amount"]) == (500_000, 5_000_000)
    assert found["opt-1"]["stock_class_id"] == "ocf:juniper:common"


def test_ownership_of_a_day_is_that_worked_by_hand(bench: Bench) -> None:
    put(bench, "ocf/juniper", documents())
    bench.build("marts.ownership")
    shares = on(bench, "marts.ownership", "2022-12-31", "fully_diluted_quantity")
    assert shares == {
        "ada": 7_500_000,
        "ben": 7_000_000,
        "echo": 4_000_000,
        "delta": 2_000_000,
        "fox": 1_000_000,
        "cleo": 400_000,
        "pool": 1_600_000,
    }
    part = on(bench, "marts.ownership", "2021-02-01", "fully_diluted_share")
    assert part["echo"] == pytest.approx(Decimal(1) / 6)
    assert bench.rows(catalog().rules["ownership_adds_up"].sql) == []


def test_dilution_of_a_round_is_that_worked_by_hand(bench: Bench) -> None:
    put(bench, "ocf/juniper", documents())
    rows = {
        row["holder_id"].rpartition(":")[2]: row for row in bench.build("marts.dilution_by_round")
    }
    assert rows["ada"]["dilution"] == pytest.approx(Decimal("0.25"))
    assert rows["echo"]["dilution"] is None
    assert (rows["echo"]["raised_amount"], rows["echo"]["currency"]) == (2_500_000, "USD")
    assert {row["round_number"] for row in rows.values()} == {1}


def test_vested_shares_of_a_day_are_the_sum_of_tranches(bench: Bench) -> None:
    put(bench, "ocf/juniper", documents())
    bench.build("core.vesting_tranche")
    (row,) = bench.rows(
        "SELECT SUM(quantity) AS vested FROM core.vesting_tranche"
        " WHERE security_id = 'ocf:juniper:opt-1' AND vests_on <= DATE '2022-03-15'"
    )
    assert row["vested"] == 200_000  # half of 400,000 after two years


def test_a_package_with_faults_leaves_the_one_before_it_and_is_listed(bench: Bench) -> None:
    put(bench, "ocf/juniper", documents())
    sale = tx(
        "TX_STOCK_REPURCHASE",
        "2023-01-05",
        "r-2",
        security_id="cs-5",
        quantity="7000001",
        price=usd("1"),
    )
    newer = documents()
    newer["Transactions.ocf.json"] = {"items": [*TRANSACTIONS, sale]}
    put(bench, "ocf/juniper-2023", newer, "2023-01-31")
    rows = bench.build("core.cap_table_entry")
    assert {row["as_of_on"] for row in rows} == {date(2022, 12, 31)}
    (fault,) = bench.build("core.cap_table_fault")
    assert (fault["package"], fault["rule"]) == ("ocf/juniper-2023/", "holding-negative")
    assert (fault["object_id"], fault["object_type"]) == ("r-2", "TX_STOCK_REPURCHASE")
    assert fault["file"] == "ocf/juniper-2023/Transactions.ocf.json"


def test_a_newer_package_takes_the_place_of_an_older_one(bench: Bench) -> None:
    put(bench, "ocf/later", documents(), "2023-06-30")
    put(bench, "ocf/old", documents(TRANSACTIONS[:2]), "2020-01-31")
    assert len(bench.build("core.security")) == 9


def test_a_package_without_a_manifest_is_refused(bench: Bench) -> None:
    files = documents()
    del files["Manifest.ocf.json"]
    put(bench, "ocf/juniper", files)
    assert bench.build("core.security") == []
    (fault,) = bench.build("core.cap_table_fault")
    assert fault["rule"] == "manifest-exists"


def test_the_cap_tables_of_the_made_up_firm_hold_together(bench: Bench, tmp_path: Path) -> None:
    universe = make_universe(7)
    write_cap_tables(tmp_path, universe)
    for folder in sorted((tmp_path / "ocf").iterdir()):
        files = {path.name: json.loads(path.read_text()) for path in sorted(folder.iterdir())}
        put(bench, f"ocf/{folder.name}", files)
    assert bench.build("core.cap_table_fault") == []
    rounds = bench.build("marts.dilution_by_round")
    told = {(row["company_name"], row["opened_on"]) for row in rounds}
    assert told == {(c.legal_name, made.on) for c in universe.portfolio for made in c.rounds}
    owned = bench.build("marts.ownership")
    assert FIRM in {row["holder_name"] for row in owned}
    assert bench.rows(catalog().rules["ownership_adds_up"].sql) == []
    assert len({row["org_id"] for row in owned}) == len(universe.portfolio)
