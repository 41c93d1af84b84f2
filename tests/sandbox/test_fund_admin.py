"""The administrator's database: it adds up, and agrees with the cap tables and Form D."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipelines.finance.flows import Flow
from pipelines.finance.tiers import Terms
from pipelines.finance.waterfall import whole_fund
from sandbox.cap_tables import purchases
from sandbox.fund_admin import tables, write_fund_admin
from sandbox.fund_history import funds
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


def test_the_lines_of_every_notice_add_up_to_the_notice() -> None:
    rows = tables(UNIVERSE)
    lines: dict[object, Decimal] = defaultdict(Decimal)
    for kind, notice, _, _, _, _, amount, _ in rows["notice_lines"]:
        lines[kind, notice] += Decimal(str(amount))
    told = {("call", row[0]): Decimal(str(row[6])) for row in rows["capital_calls"]}
    told |= {("distribution", row[0]): Decimal(str(row[6])) for row in rows["distributions"]}
    assert lines == told


def test_every_purchase_was_called_for_and_every_sale_distributed() -> None:
    rows = tables(UNIVERSE)
    bought, got = Decimal(0), Decimal(0)
    for *_, kind, _, _, amount, _ in rows["investment_transactions"]:
        bought += Decimal(str(amount)) if kind == "purchase" else 0
        got += Decimal(str(amount)) if kind in ("sale", "dividend") else 0
    called = sum(Decimal(str(r[6])) for r in rows["notice_lines"] if r[3] == "investments")
    assert called == bought
    assert sum(Decimal(str(row[6])) for row in rows["distributions"]) == got


def test_no_fund_has_paid_out_enough_to_owe_carried_interest() -> None:
    terms = Terms(Decimal("0.08"), Decimal("0.2"), Decimal(1))
    rows = tables(UNIVERSE)
    for fund in funds(UNIVERSE):
        paid = [_flow(r[5], r[6]) for r in rows["capital_calls"] if r[1] == fund.fund_id]
        back = [_flow(r[5], r[6]) for r in rows["distributions"] if r[1] == fund.fund_id]
        assert whole_fund(paid, back, terms).gp == 0


def _flow(on: object, amount: object) -> Flow:
    return Flow(date.fromisoformat(str(on)), Decimal(str(amount)))


def test_positions_are_worth_their_newest_mark_and_one_quarter_lacks_one() -> None:
    rows = tables(UNIVERSE)
    marks: dict[tuple[object, ...], object] = {}
    for fund, company, measured, _, value, *_ in rows["valuations"]:
        marks[fund, company, measured] = value  # later versions come later
    missing = [row[:3] for row in rows["positions"] if row[:3] not in marks]
    assert [(fund, quarter) for fund, _, quarter in missing] == [("QF1", "2025-12-31")]
    assert all(marks.get(row[:3], row[6]) == row[6] for row in rows["positions"])


def test_one_mark_was_corrected_and_its_first_version_is_still_there() -> None:
    versions: dict[tuple[object, ...], list[object]] = defaultdict(list)
    for fund, company, measured, _, _, *_, comment, _ in tables(UNIVERSE)["valuations"]:
        versions[fund, company, measured].append(comment)
    corrected = [comments for comments in versions.values() if len(comments) > 1]
    assert len(corrected) == 1
    assert corrected[0][0] is None
    assert "Corrected" in str(corrected[0][1])
