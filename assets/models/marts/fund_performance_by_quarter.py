"""Every fund at every quarter's end since its first call: the J-curve, multiples and IRRs.

Python, for an internal rate of return is the root of an equation and accrued carry a run
through the fund's waterfall. The measures are those of `pipelines.finance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.finance.flows import Flow
from pipelines.finance.performance import Book, Marks, Standing, Trade, between, standing
from pipelines.finance.quarters import quarter_ends, years_before
from pipelines.finance.returns import Irr, Reason
from pipelines.finance.tiers import Terms
from pipelines.spec import Check, Column, Model

Row = dict[str, Any]

YEARS = (1, 3, 5)
"""Periods, in years up to the quarter's end, that have returns of their own."""


def _money(description: str) -> Column:
    return Column(type="DECIMAL(20,2)", description=description, unit="currency of the fund")


def _multiple(description: str) -> Column:
    return Column(type="DECIMAL(18,6)", description=description, unit="multiple")


def _irr(name: str, of: str, since: str) -> dict[str, Column]:
    return {
        name: Column(
            type="DECIMAL(18,8)",
            description=f"Yearly rate of return {of}, {since}.",
            unit="part of 1",
        ),
        f"{name}_reason": Column(
            type="VARCHAR",
            description=f"Why there is no {name}: no_flows, one_sign, no_value, several_roots …",
        ),
    }


def _irrs(years: int | None) -> dict[str, Column]:
    ending = "" if years is None else f"_{years}y"
    since = "since inception" if years is None else f"over the {years} years before"
    gross, net = "between the fund and its companies", "of the investors"
    return _irr(f"gross_irr{ending}", gross, since) | _irr(f"net_irr{ending}", net, since)


MODEL = Model(
    table="",
    description=(
        "One row a fund and quarter's end, from the first payment to the last quarter with "
        "marks. A holding without a mark of that day counts at its last one and is counted in "
        "positions_unmarked; where one was never marked, values are null and the reason says so. "
        "Net is after fees, expenses and carried interest, paid or accrued."
    ),
    owner="finance@headwater.example",
    key=("fund_id", "quarter_end_on"),
    columns={
        "fund_id": Column(type="VARCHAR", description="The fund, as in core.fund."),
        "quarter_end_on": Column(type="DATE", description="Last day of the quarter."),
        "currency": Column(type="VARCHAR", description="Currency of the fund, ISO 4217."),
        "paid_in_amount": _money("What investors paid in so far."),
        "distributed_amount": _money("What investors got so far."),
        "net_flow_amount": _money("Distributed less paid in: the J-curve."),
        "unfunded_amount": _money("What can still be called, recallable distributions included."),
        "invested_amount": _money("What companies cost so far."),
        "realized_amount": _money("What companies brought so far."),
        "gross_value_amount": _money("What is held, at its marks."),
        "cash_amount": _money("Called for investments or got from them, and not yet paid on."),
        "accrued_carry_amount": _money("Carried interest due were all sold at its marks."),
        "net_value_amount": _money("Gross value and cash less accrued carry: the investors'."),
        "dpi": _multiple("Distributed / paid in."),
        "rvpi": _multiple("Net value / paid in."),
        "tvpi": _multiple("DPI and RVPI together."),
        "pic": _multiple("Paid in / committed."),
        "moic": _multiple("(Realized + gross value) / invested, before fees."),
        **_irrs(None),
        **{name: column for years in YEARS for name, column in _irrs(years).items()},
        "positions_held": Column(type="BIGINT", description="Holdings with shares on that day."),
        "positions_unmarked": Column(
            type="BIGINT", description="Of these, those without a mark of that day."
        ),
        "oldest_mark_on": Column(type="DATE", description="Day of the oldest mark that counts."),
    },
    inputs=(
        "core.fund",
        "core.capital_event_line",
        "core.position",
        "core.valuation_mark",
    ),
    checks=(
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "unfunded_amount", "min_value": 0},
            description="No fund has called more than was committed.",
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "net_irr", "row_condition": "net_irr_reason IS NULL"},
            description="Where there is no net IRR, the reason is told.",
        ),
        Check(
            expectation="expect_column_values_to_be_in_set",
            arguments={"column": "positions_unmarked", "value_set": [0]},
            severity="warning",
            description="Every holding is marked at every quarter's end.",
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a fund and quarter's end, ordered by both."""
    marks: dict[str, dict[date, Decimal]] = {}
    for row in inputs["core.valuation_mark"].to_pylist():
        if row["is_current"]:
            days = marks.setdefault(row["position_id"], {})
            days[row["measured_on"]] = row["fair_value_amount"]
    lines = inputs["core.capital_event_line"].to_pylist()
    trades = inputs["core.position"].to_pylist()
    made: list[Row] = []
    for fund in inputs["core.fund"].to_pylist():
        own = [row for row in lines if row["fund_id"] == fund["fund_id"] and row["paid_on"]]
        deals = [row for row in trades if row["fund_id"] == fund["fund_id"]]
        made += _quarters(fund, _book(fund, own, deals, marks))
    made.sort(key=lambda row: (row["fund_id"], row["quarter_end_on"]))
    return pa.Table.from_pylist(made, _SCHEMA)


def _book(fund: Row, lines: Sequence[Row], trades: Sequence[Row], marks: Marks) -> Book:
    calls = [line for line in lines if line["event_kind"] == "call"]
    carry = [line for line in lines if line["line_type"] == "carried_interest"]
    theirs = [line for line in lines if line["line_type"] != "carried_interest"]
    return Book(
        committed=fund["committed_amount"],
        terms=_terms(fund),
        investors=_flows(theirs, "flow_amount"),
        carried=_flows(carry),
        drawn=_flows([line for line in calls if line["is_inside_commitment"]]),
        recallable=_flows([line for line in theirs if line["is_recallable"]]),
        to_invest=_flows([line for line in calls if line["line_type"] == "investments"]),
        trades=[
            Trade(row["position_id"], row["traded_on"], row["shares_change"], row["flow_amount"])
            for row in trades
        ],
        marks=marks,
    )


def _flows(lines: Sequence[Row], amount: str = "amount") -> list[Flow]:
    """One flow a day and way, for what investors pay and get is many small parts of a notice."""
    sums: dict[tuple[date, bool], Decimal] = {}
    for line in lines:
        key = (line["paid_on"], line[amount] < 0)
        sums[key] = sums.get(key, Decimal(0)) + line[amount]
    return [Flow(on, total) for (on, _), total in sorted(sums.items())]


def _terms(fund: Row) -> Terms | None:
    if fund["carry_rate"] is None:
        return None
    return Terms(
        fund["hurdle_rate"], fund["carry_rate"], fund["catch_up_share"], fund["hurdle_compounds"]
    )


def _quarters(fund: Row, book: Book) -> list[Row]:
    """The fund's rows: from its first payment to the last day that any holding was marked for."""
    moved = [flow.on for flow in book.investors]
    if not moved:
        return []
    marked = [day for days in book.marks.values() for day in days]
    stand = [standing(book, on) for on in quarter_ends(min(moved), max(marked, default=max(moved)))]
    values = {now.on: (now.held.value, now.net_value) for now in stand}
    trades = [Flow(trade.on, trade.amount) for trade in book.trades]
    return [
        {
            "fund_id": fund["fund_id"],
            "currency": fund["currency"],
            **_standing(now),
            **_periods(now.on, trades, book.investors, values),
        }
        for now in stand
    ]


def _standing(now: Standing) -> Row:
    told = now.multiples
    return {
        "quarter_end_on": now.on,
        "paid_in_amount": told.paid_in,
        "distributed_amount": told.distributed,
        "net_flow_amount": now.net_flow,
        "unfunded_amount": now.unfunded,
        "invested_amount": now.invested,
        "realized_amount": now.realized,
        "gross_value_amount": now.held.value,
        "cash_amount": now.cash,
        "accrued_carry_amount": now.accrued_carry,
        "net_value_amount": now.net_value,
        "dpi": _rounded(told.dpi),
        "rvpi": _rounded(told.rvpi),
        "tvpi": _rounded(told.tvpi),
        "pic": _rounded(told.pic),
        "moic": None if isinstance(now.moic, Reason) else _rounded(now.moic),
        **_told("gross_irr", now.gross),
        **_told("net_irr", now.net),
        "positions_held": now.held.positions,
        "positions_unmarked": now.held.unmarked,
        "oldest_mark_on": now.held.oldest,
    }


def _periods(
    end: date,
    trades: Sequence[Flow],
    investors: Sequence[Flow],
    values: Mapping[date, tuple[Decimal | None, Decimal | None]],
) -> Row:
    gross = {on: value for on, (value, _) in values.items()}
    net = {on: value for on, (_, value) in values.items()}
    made: Row = {}
    for years in YEARS:
        start = years_before(end, years)
        made |= _told(f"gross_irr_{years}y", between(trades, gross, start, end))
        made |= _told(f"net_irr_{years}y", between(investors, net, start, end))
    return made


def _told(name: str, irr: Irr) -> Row:
    rate = None if irr.rate is None else round(Decimal(irr.rate), 8)
    return {name: rate, f"{name}_reason": None if irr.reason is None else irr.reason.value}


def _rounded(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else round(ratio, 6)


_TYPES = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BIGINT": pa.int64(),
    "DECIMAL(20,2)": pa.decimal128(20, 2),
    "DECIMAL(18,6)": pa.decimal128(18, 6),
    "DECIMAL(18,8)": pa.decimal128(18, 8),
}
_SCHEMA = pa.schema(
    [(name, _TYPES[column.type or "VARCHAR"]) for name, column in MODEL.columns.items()]
)
