"""Funds' performance: a year worked by hand, and the made-up funds against another library."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import pyxirr

from tests.assets.administrator import fill, mark, small_fund
from tests.assets.bench import Bench, catalog

END = date(2024, 12, 31)


@pytest.fixture(scope="module")
def firm() -> Bench:
    """The made-up administrator's books, with both marts built."""
    bench = Bench()
    fill(bench)
    for table in ("core.lp", "core.commitment", "core.capital_event"):
        bench.build(table)
    bench.build("marts.fund_performance")
    bench.build("marts.investment_performance")
    return bench


def test_a_year_of_a_fund_worked_by_hand(bench: Bench) -> None:
    # 110 paid in; 100 of it became 150. Of the profit of 40 the manager would have a fifth,
    # so 142 are the investors': 142 / 110 = 1.290909 after a year of 365 days.
    small_fund(bench)
    mark(bench, END, datetime(2025, 1, 12), 150)  # noqa: DTZ001 - as the source has it
    (row,) = bench.build("marts.fund_performance")
    assert (row["as_of_on"], row["currency"]) == (END, "EUR")
    assert (row["paid_in_amount"], row["unfunded_amount"]) == (110, 90)
    assert (row["accrued_carry_amount"], row["net_value_amount"]) == (8, 142)
    assert (row["gross_irr"], row["moic"]) == (Decimal("0.5"), Decimal("1.5"))
    assert row["net_irr"] == Decimal("0.29090909")
    assert (row["tvpi"], row["dpi"]) == (Decimal("1.290909"), 0)
    assert (row["pic"], row["net_irr_reason"]) == (Decimal("0.55"), None)


def test_a_quarter_without_marks_has_flows_and_says_why_it_has_no_return(bench: Bench) -> None:
    small_fund(bench)
    mark(bench, END, datetime(2025, 1, 12), 150)  # noqa: DTZ001
    rows = bench.build("marts.fund_performance_by_quarter")
    assert len(rows) == 4
    first = rows[0]
    assert (first["quarter_end_on"], first["net_flow_amount"]) == (date(2024, 3, 31), -110)
    assert (first["gross_value_amount"], first["tvpi"]) == (None, None)
    assert (first["net_irr"], first["net_irr_reason"]) == (None, "no_value")
    assert (first["positions_held"], first["positions_unmarked"]) == (1, 1)
    assert rows[3]["net_irr_1y_reason"] == "no_value"


def test_a_fund_whose_terms_are_unknown_has_a_gross_return_and_no_net_one(bench: Bench) -> None:
    small_fund(bench)
    bench.connection.execute("DELETE FROM raw.fund_admin__fund_terms")
    mark(bench, END, datetime(2025, 1, 12), 150)  # noqa: DTZ001
    (row,) = bench.build("marts.fund_performance")
    assert row["gross_irr"] == Decimal("0.5")
    assert (row["net_irr"], row["net_irr_reason"]) == (None, "no_value")


def test_a_corrected_mark_keeps_what_was_believed_before(bench: Bench) -> None:
    small_fund(bench)
    mark(bench, END, datetime(2025, 1, 12), 150)  # noqa: DTZ001
    mark(bench, END, datetime(2025, 2, 20), 120, "Corrected: …")  # noqa: DTZ001
    old, new = bench.build("core.valuation_mark")
    assert (old["fair_value_amount"], old["is_current"]) == (150, False)
    assert old["known_to_at"] == new["known_from_at"]
    assert (new["fair_value_amount"], new["known_to_at"], new["is_current"]) == (120, None, True)
    (row,) = bench.build("marts.fund_performance")
    assert row["gross_irr"] == Decimal("0.2")
    believed = bench.rows(
        "SELECT fair_value_amount FROM core.valuation_mark WHERE known_from_at <= '2025-02-01' "
        "AND (known_to_at IS NULL OR '2025-02-01' < known_to_at)"
    )
    assert believed == [{"fair_value_amount": Decimal(150)}]


def test_the_administrator_s_books_break_no_critical_rule(firm: Bench) -> None:
    rules = {rule.name: rule for rule in catalog().rules.values()}
    for name in (
        "notice_lines_add_up",
        "commitments_are_not_exceeded",
        "commitments_add_up_to_the_fund",
        "no_holding_is_negative",
    ):
        assert firm.rows(rules[name].sql) == []
    (missing,) = firm.rows(rules["held_positions_are_marked"].sql)
    assert missing["quarter_end_on"] == date(2025, 12, 31)


@pytest.mark.parametrize("fund", ["QF1", "QF2"])
def test_the_returns_are_those_of_another_library(firm: Bench, fund: str) -> None:
    (row,) = firm.rows(f"SELECT * FROM marts.fund_performance WHERE fund_id = '{fund}'")
    flows = firm.rows(
        f"SELECT paid_on AS day, flow_amount AS amount FROM core.capital_event_line "
        f"WHERE fund_id = '{fund}' AND paid_on IS NOT NULL"
    )
    assert float(row["net_irr"]) == pytest.approx(_xirr(flows, row, "net"), abs=1e-7)
    trades = firm.rows(
        f"SELECT traded_on AS day, flow_amount AS amount FROM core.position "
        f"WHERE fund_id = '{fund}'"
    )
    assert float(row["gross_irr"]) == pytest.approx(_xirr(trades, row, "gross"), abs=1e-7)
    assert row["gross_irr"] > row["net_irr"]
    assert row["tvpi"] == pytest.approx(row["dpi"] + row["rvpi"], abs=Decimal("0.000002"))


def _xirr(flows: list[dict[str, Any]], row: dict[str, Any], kind: str) -> float:
    days = [flow["day"] for flow in flows] + [row["as_of_on"]]
    amounts = [flow["amount"] for flow in flows] + [row[f"{kind}_value_amount"]]
    rate = pyxirr.xirr(days, amounts)
    assert rate is not None
    return rate


def test_a_fund_that_has_only_paid_fees_says_that_nothing_came_back(firm: Bench) -> None:
    (row,) = firm.rows("SELECT * FROM marts.fund_performance WHERE fund_id = 'QF3'")
    assert (row["net_irr"], row["net_irr_reason"]) == (None, "one_sign")
    assert (row["gross_irr"], row["gross_irr_reason"]) == (None, "no_flows")
    assert (row["tvpi"], row["moic"]) == (0, None)


def test_a_quarter_that_lacks_a_mark_is_counted(firm: Bench) -> None:
    rows = firm.rows("SELECT fund_id, quarters_unmarked FROM marts.fund_performance ORDER BY 1")
    assert [row["quarters_unmarked"] for row in rows] == [1, 0, 0]
    (gap,) = firm.rows(
        "SELECT quarter_end_on, positions_unmarked, oldest_mark_on "
        "FROM marts.fund_performance_by_quarter WHERE positions_unmarked > 0"
    )
    assert gap == {
        "quarter_end_on": date(2025, 12, 31),
        "positions_unmarked": 1,
        "oldest_mark_on": date(2025, 9, 30),
    }


def test_holdings_add_up_to_their_fund(firm: Bench) -> None:
    sums = firm.rows(
        "SELECT fund_id, SUM(invested_amount) AS invested, SUM(realized_amount) AS realized, "
        "SUM(unrealized_amount) AS unrealized FROM marts.investment_performance "
        "GROUP BY ALL ORDER BY 1"
    )
    funds = firm.rows(
        "SELECT fund_id, invested_amount AS invested, realized_amount AS realized, "
        "gross_value_amount AS unrealized FROM marts.fund_performance "
        "WHERE positions_held > 0 ORDER BY 1"
    )
    assert sums == funds


def test_what_was_lost_is_written_off_and_has_no_rate(firm: Bench) -> None:
    rows = firm.rows("SELECT * FROM marts.investment_performance WHERE status = 'written_off'")
    assert rows
    for row in rows:
        assert row["gross_irr"] is None
        assert row["gross_irr_reason"] in ("one_sign", "single_flow")
        assert (row["moic"], row["shares_held"]) == (0, 0)


def test_no_fund_buys_before_it_was_paid(firm: Bench) -> None:
    for row in firm.rows("SELECT * FROM marts.fund_performance_by_quarter"):
        assert row["cash_amount"] >= 0
        assert row["net_flow_amount"] == row["distributed_amount"] - row["paid_in_amount"]
