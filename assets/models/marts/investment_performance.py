"""Every holding that a fund has or had: cost, what came back, its mark, multiple and IRR.

Python, for an internal rate of return is the root of an equation. The measures are
those of `pipelines.finance`; they are gross, between the fund and the company.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.finance.flows import Flow, distributed, paid_in
from pipelines.finance.quarters import quarter_ends
from pipelines.finance.returns import Reason, moic, since_inception
from pipelines.spec import Check, Column, Model

Row = dict[str, Any]


def _money(description: str) -> Column:
    return Column(type="DECIMAL(20,2)", description=description, unit="currency of the fund")


def _text(description: str) -> Column:
    return Column(type="VARCHAR", description=description)


def _day(description: str) -> Column:
    return Column(type="DATE", description=description)


MODEL = Model(
    table="",
    description=(
        "One row a holding of a fund, sold and lost ones too, by the last day that any holding "
        "was marked for. A holding that is still held and was never marked has no value, and the "
        "reason says so; one whose mark is older than that day counts at it, and shows its age."
    ),
    owner="finance@headwater.example",
    key=("position_id",),
    columns={
        "position_id": _text("Fund and company, as in core.position."),
        "fund_id": _text("The fund, as in core.fund."),
        "company_name": _text("Legal name of the company."),
        "currency": _text("Currency of the fund, ISO 4217; all amounts are in it."),
        "as_of_on": _day("The day that all is told for."),
        "status": _text("held, realized or written_off."),
        "first_invested_on": _day("Day of the first purchase."),
        "last_traded_on": _day("Day of the last transaction."),
        "shares_held": Column(
            type="DECIMAL(24,6)", description="Shares on that day.", unit="shares"
        ),
        "invested_amount": _money("What all purchases cost."),
        "realized_amount": _money("What sales and dividends brought."),
        "unrealized_amount": _money("What is held, at its last mark; 0 where nothing is."),
        "gain_amount": _money("Realized and unrealized less invested."),
        "moic": Column(
            type="DECIMAL(18,6)",
            description="(Realized + unrealized) / invested.",
            unit="multiple",
        ),
        "gross_irr": Column(
            type="DECIMAL(18,8)",
            description="Yearly rate of return, since the first purchase.",
            unit="part of 1",
        ),
        "gross_irr_reason": _text("Why there is no IRR: one_sign, no_value, several_roots …"),
        "marked_on": _day("Day of the last mark; null where there is none."),
        "mark_age_days": Column(
            type="BIGINT", description="Days from that mark to the day told for.", unit="days"
        ),
        "method": _text("How the last mark was valued."),
        "approved_by": _text("Who approved it."),
        "quarters_held": Column(type="BIGINT", description="Quarters' ends at which it was held."),
        "quarters_unmarked": Column(
            type="BIGINT", description="Of these, those without a mark of that day."
        ),
    },
    inputs=("core.position", "core.valuation_mark"),
    checks=(
        Check(
            expectation="expect_column_values_to_be_in_set",
            arguments={"column": "status", "value_set": ["held", "realized", "written_off"]},
        ),
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "invested_amount", "min_value": 0},
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "moic", "row_condition": "gross_irr_reason IS NULL"},
        ),
        Check(
            expectation="expect_column_values_to_be_in_set",
            arguments={"column": "quarters_unmarked", "value_set": [0]},
            severity="warning",
            description="Every holding was marked at every quarter's end.",
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a holding, ordered by its id."""
    marks: dict[str, dict[date, Row]] = {}
    for row in inputs["core.valuation_mark"].to_pylist():
        if row["is_current"]:
            marks.setdefault(row["position_id"], {})[row["measured_on"]] = row
    trades: dict[str, list[Row]] = {}
    for row in inputs["core.position"].to_pylist():
        trades.setdefault(row["position_id"], []).append(row)
    days = [day for of in marks.values() for day in of]
    days = days or [row["traded_on"] for rows in trades.values() for row in rows]
    made = []
    for position, rows in sorted(trades.items()):
        known = sorted((r for r in rows if r["traded_on"] <= max(days)), key=_order)
        if known:
            made.append(_holding(position, known, marks.get(position, {}), max(days)))
    return pa.Table.from_pylist(made, _SCHEMA)


def _order(row: Row) -> tuple[date, int]:
    return row["traded_on"], row["transaction_id"]


def _holding(position: str, rows: Sequence[Row], marks: Mapping[date, Row], on: date) -> Row:
    flows = [Flow(row["traded_on"], row["flow_amount"]) for row in rows]
    invested, realized = paid_in(flows), distributed(flows)
    shares = _shares(rows, on)
    last = marks.get(max((day for day in marks if day <= on), default=date.min))
    value = Decimal(0) if not shares else None if last is None else last["fair_value_amount"]
    irr = since_inception(flows, value, on)
    multiple = Reason.NO_VALUE if value is None else moic(invested, realized, value)
    held = [day for day in quarter_ends(rows[0]["traded_on"], on) if _shares(rows, day)]
    first = next((r["traded_on"] for r in rows if r["transaction_kind"] == "purchase"), None)
    gone = "realized" if rows[-1]["transaction_kind"] != "write_off" else "written_off"
    return {
        "position_id": position,
        "fund_id": rows[0]["fund_id"],
        "company_name": rows[0]["company_name"],
        "currency": rows[0]["currency"],
        "as_of_on": on,
        "status": "held" if shares else gone,
        "first_invested_on": first,
        "last_traded_on": rows[-1]["traded_on"],
        "shares_held": shares,
        "invested_amount": invested,
        "realized_amount": realized,
        "unrealized_amount": value,
        "gain_amount": None if value is None else realized + value - invested,
        "moic": None if isinstance(multiple, Reason) else round(multiple, 6),
        "gross_irr": None if irr.rate is None else round(Decimal(irr.rate), 8),
        "gross_irr_reason": None if irr.reason is None else irr.reason.value,
        "marked_on": last and last["measured_on"],
        "mark_age_days": last and (on - last["measured_on"]).days,
        "method": last and last["method"],
        "approved_by": last and last["approved_by"],
        "quarters_held": len(held),
        "quarters_unmarked": sum(day not in marks for day in held),
    }


def _shares(rows: Sequence[Row], on: date) -> Decimal:
    return sum((row["shares_change"] for row in rows if row["traded_on"] <= on), Decimal(0))


_TYPES = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BIGINT": pa.int64(),
    "DECIMAL(20,2)": pa.decimal128(20, 2),
    "DECIMAL(24,6)": pa.decimal128(24, 6),
    "DECIMAL(18,6)": pa.decimal128(18, 6),
    "DECIMAL(18,8)": pa.decimal128(18, 8),
}
_SCHEMA = pa.schema(
    [(name, _TYPES[column.type or "VARCHAR"]) for name, column in MODEL.columns.items()]
)
