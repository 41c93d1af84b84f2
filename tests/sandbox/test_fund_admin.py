"""The administrator's database: it adds up, and agrees with the cap tables and Form D."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from sandbox.cap_tables import purchases
from sandbox.fund_admin import funds, tables, write_fund_admin
from sandbox.universe import make_universe

UNIVERSE = make_universe(7)


def _read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_the_same_seed_gives_the_same_rows_and_writing_again_doubles_none(tmp_path: Path) -> None:
    path = write_fund_admin(tmp_path, UNIVERSE)
    first = _read(path, "SELECT * FROM call_payments")
    assert write_fund_admin(tmp_path, make_universe(7)) == path
    assert _read(path, "SELECT * FROM call_payments") == first
    assert len(first) == len(tables(UNIVERSE)["call_payments"])


def test_commitments_and_payments_add_up_to_the_cent() -> None:
    rows = tables(UNIVERSE)
    committed: dict[object, Decimal] = defaultdict(Decimal)
    for _, fund, _, amount, *_ in rows["commitments"]:
        committed[fund] += Decimal(str(amount))
    assert committed == {fund.fund_id: fund.committed for fund in funds(UNIVERSE)}
    called = {row[0]: Decimal(str(row[6])) for row in rows["capital_calls"]}
    paid: dict[object, Decimal] = defaultdict(Decimal)
    for call, _, amount, *_ in rows["call_payments"]:
        paid[call] += Decimal(str(amount))
    assert paid == called


def test_no_fund_calls_more_than_was_committed() -> None:
    rows = tables(UNIVERSE)
    called: dict[object, Decimal] = defaultdict(Decimal)
    for _, fund, _, _, _, _, amount, _ in rows["capital_calls"]:
        called[fund] += Decimal(str(amount))
    assert all(called[fund.fund_id] <= fund.committed for fund in funds(UNIVERSE))


def test_positions_hold_what_the_cap_tables_say_was_bought() -> None:
    newest = [row for row in tables(UNIVERSE)["positions"] if row[2] == "2026-03-31"]
    bought: dict[str, Decimal] = defaultdict(Decimal)
    for purchase in purchases(UNIVERSE):
        bought[purchase.company.legal_name] += purchase.shares
    held: dict[str, Decimal] = defaultdict(Decimal)
    for _, company, _, _, shares, *_ in newest:
        held[str(company)] += Decimal(str(shares))
    assert held == bought
    assert set(held) == {company.legal_name for company in UNIVERSE.portfolio}


def test_the_newest_fund_has_raised_what_its_form_d_says() -> None:
    assert funds(UNIVERSE)[-1].committed == 41_500_000
    assert "Quillfen Fund III" in funds(UNIVERSE)[-1].name
