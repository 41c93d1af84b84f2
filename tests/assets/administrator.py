"""The made-up administrator's rows, and a fund small enough to reckon by hand, for the bench.

Belongs here: filling raw tables. Does not belong here: what is expected of models.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from assets.sources.fund_admin import SOURCE
from pipelines.naming import quote
from sandbox.fund_admin import tables
from sandbox.universe import make_universe
from tests.assets.bench import Bench

STREAMS = {stream.name: stream for stream in SOURCE.streams}


def fill(bench: Bench) -> None:
    """Everything that the made-up administrator keeps."""
    for name, rows in tables(make_universe(7)).items():
        columns = ", ".join(map(quote, STREAMS[name].columns))
        marks = ", ".join("?" * len(STREAMS[name].columns))
        bench.connection.executemany(
            f"INSERT INTO raw.fund_admin__{name} ({columns}) VALUES ({marks})", rows
        )


def small_fund(bench: Bench) -> None:
    """200 committed, 100 invested and 10 of fees paid on 1 January 2024, 365 days from its end."""
    first = date(2024, 1, 1)
    bench.put(
        "raw.fund_admin__funds",
        {"fund_id": "F", "name": "Small", "vintage": 2024, "currency": "EUR",
         "committed_amount": Decimal(200)},
    )  # fmt: skip
    bench.put(
        "raw.fund_admin__fund_terms",
        {"fund_id": "F", "hurdle_rate": Decimal("0.08"), "hurdle_compounds": 1,
         "carry_rate": Decimal("0.2"), "catch_up_share": Decimal(1), "waterfall": "whole_fund"},
    )  # fmt: skip
    bench.put("raw.fund_admin__investors", {"investor_id": 1, "name": "One"})
    bench.put(
        "raw.fund_admin__commitments",
        {"commitment_id": 1, "fund_id": "F", "investor_id": 1, "amount": Decimal(200),
         "committed_on": first},
    )  # fmt: skip
    for number, (line, amount) in enumerate((("investments", 100), ("management_fees", 10)), 1):
        notice = {"fund_id": "F", "amount": Decimal(amount)}
        bench.put(
            "raw.fund_admin__capital_calls",
            {"call_id": number, "call_number": number, "called_on": first, "due_on": first}
            | notice,
        )
        bench.put(
            "raw.fund_admin__call_payments",
            {"call_id": number, "commitment_id": 1, "amount": Decimal(amount), "paid_on": first},
        )
        bench.put(
            "raw.fund_admin__notice_lines",
            {"notice_kind": "call", "notice_id": number, "commitment_id": 1, "line_type": line,
             "inside_commitment": 1, "recallable": 0, "amount": Decimal(amount)},
        )  # fmt: skip
    bench.put(
        "raw.fund_admin__investment_transactions",
        {"transaction_id": 1, "fund_id": "F", "company": "A", "instrument": "Preferred",
         "kind": "purchase", "traded_on": first, "shares": Decimal(10), "amount": Decimal(100)},
    )  # fmt: skip


def mark(bench: Bench, measured: date, known: datetime, value: int, why: str | None = None) -> None:
    """One version of a mark of the small fund's only holding."""
    bench.put(
        "raw.fund_admin__valuations",
        {"fund_id": "F", "company": "A", "measured_on": measured, "recorded_at": known,
         "fair_value": Decimal(value), "method": "revenue_multiple", "inputs": "{}",
         "calibrated_on": date(2024, 1, 1), "approved_by": "Ada", "comment": why},
    )  # fmt: skip
