"""What each financing round did to every holder's share.

Python, for both sides are replayed holdings: the day before the round and its last day.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.finance.captable.dilution import rounds
from pipelines.finance.captable.rows import TABLES, read_tables
from pipelines.spec import Check, Column, Model

NUMBER = pa.decimal128(38, 10)
SHARE = pa.decimal128(38, 18)
POOL = "pool"

SCHEMA = pa.schema(
    [
        ("org_id", pa.string()),
        ("financing_id", pa.string()),
        ("holder_id", pa.string()),
        ("holder_name", pa.string()),
        ("company_name", pa.string()),
        ("round_name", pa.string()),
        ("round_number", pa.int32()),
        ("opened_on", pa.date32()),
        ("closed_on", pa.date32()),
        ("raised_amount", NUMBER),
        ("currency", pa.string()),
        ("before_quantity", NUMBER),
        ("after_quantity", NUMBER),
        ("before_share", SHARE),
        ("after_share", SHARE),
        ("dilution", SHARE),
    ]
)

MODEL = Model(
    table="",
    description=(
        "One row a financing of a cap table and holder, the plans' free shares being the holder "
        "`pool`. Shares are parts of the fully diluted capital, before notes and SAFEs convert."
    ),
    owner="finance@headwater.example",
    key=("org_id", "financing_id", "holder_id"),
    columns={
        "org_id": Column(description="The company, as in core.organization."),
        "financing_id": Column(description="Identity of the financing in its package."),
        "holder_id": Column(description="Issuer and holder, as in core.cap_table_entry; or pool."),
        "holder_name": Column(description="Legal name; null for the pool."),
        "company_name": Column(description="Legal name of the company."),
        "round_name": Column(description="Name of the financing."),
        "round_number": Column(description="Place among the company's financings, from 1."),
        "opened_on": Column(description="Day of its first issuance."),
        "closed_on": Column(description="Day of its last issuance."),
        "raised_amount": Column(
            description=(
                "What the stock issued in it cost, converted notes and SAFEs included; null where "
                "it was paid in several currencies."
            ),
            unit="currency of the row",
        ),
        "currency": Column(description="Currency of the amount, ISO 4217."),
        "before_quantity": Column(
            description="The holder's fully diluted shares on the day before it opened.",
            unit="shares of that day",
        ),
        "after_quantity": Column(
            description="The same on the day it closed.", unit="shares of that day"
        ),
        "before_share": Column(description="Part held before.", unit="part of 1"),
        "after_share": Column(description="Part held after.", unit="part of 1"),
        "dilution": Column(
            description=(
                "Part of the share that was lost, 1 - after / before; below zero for who gained, "
                "null for who had nothing."
            ),
            unit="part of 1",
        ),
    },
    inputs=tuple(f"raw.ocf__{table}" for table in TABLES),
    checks=(
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "after_share", "min_value": 0, "max_value": 1},
        ),
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "dilution", "max_value": 1},
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "dilution", "row_condition": "before_share > 0"},
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a financing and holder, ordered by the key."""
    told, _ = read_tables({name: inputs[f"raw.ocf__{name}"].to_pylist() for name in TABLES})
    rows = []
    for company in told:
        for number, made in enumerate(rounds(company.history), 1):
            money = made.raised[0] if len(made.raised) == 1 else None
            for change in made.changes:
                holder = change.stakeholder_id
                rows.append(
                    {
                        "org_id": company.org_id,
                        "financing_id": made.financing_id,
                        "holder_id": POOL if holder is None else company.named(holder),
                        "holder_name": None if holder is None else company.holder(holder),
                        "company_name": company.company,
                        "round_name": made.name,
                        "round_number": number,
                        "opened_on": made.first_on,
                        "closed_on": made.last_on,
                        "raised_amount": money.amount if money else None,
                        "currency": money.currency if money else None,
                        "before_quantity": change.before_shares,
                        "after_quantity": change.after_shares,
                        "before_share": change.before,
                        "after_share": change.after,
                        "dilution": change.dilution,
                    }
                )
    rows.sort(key=lambda row: (row["org_id"], row["financing_id"], row["holder_id"]))
    return pa.Table.from_pylist(rows, SCHEMA)
