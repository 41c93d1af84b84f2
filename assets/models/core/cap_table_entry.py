"""What every security held, from which day until which: any day's cap table is a filter away.

Python, for holdings come of replaying a package's transactions in order.

    SELECT * FROM core.cap_table_entry
    WHERE valid_from_on <= DATE '2024-06-30'
        AND (valid_to_on IS NULL OR valid_to_on > DATE '2024-06-30')
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.finance.captable.rows import TABLES, entries, read_tables
from pipelines.spec import Check, Column, Model

NUMBER = pa.decimal128(38, 10)

SCHEMA = pa.schema(
    [
        ("security_id", pa.string()),
        ("org_id", pa.string()),
        ("holder_id", pa.string()),
        ("holder_name", pa.string()),
        ("instrument", pa.string()),
        ("stock_class_id", pa.string()),
        ("valid_from_on", pa.date32()),
        ("valid_to_on", pa.date32()),
        ("quantity", NUMBER),
        ("as_converted_quantity", NUMBER),
        ("principal_amount", NUMBER),
        ("price", NUMBER),
        ("currency", pa.string()),
        ("as_of_on", pa.date32()),
    ]
)

MODEL = Model(
    table="",
    description=(
        "One row a security and span of days in which it held the same. Days on which it held "
        "nothing have no row."
    ),
    owner="finance@headwater.example",
    key=("security_id", "valid_from_on"),
    columns={
        "security_id": Column(description="The security, as in core.security."),
        "org_id": Column(description="The issuer, as in core.organization."),
        "holder_id": Column(description="Issuer and the holder's identity in its package."),
        "holder_name": Column(description="Legal name of the holder."),
        "instrument": Column(description="stock, equity_compensation, warrant or convertible."),
        "stock_class_id": Column(description="Issuer and class that it is of, or turns into."),
        "valid_from_on": Column(description="First day, at whose end it held this."),
        "valid_to_on": Column(description="First day on which it did no more; null while it does."),
        "quantity": Column(
            description="Shares held; null for a convertible, or where not stated.",
            unit="shares of that day",
        ),
        "as_converted_quantity": Column(
            description="The same in shares of the class that its class turns into.",
            unit="shares of that day",
        ),
        "principal_amount": Column(
            description="What is owed on a convertible, without interest.",
            unit="currency of the row",
        ),
        "price": Column(
            description="What a share cost, or the exercise price of that day, in `currency`."
        ),
        "currency": Column(description="ISO 4217."),
        "as_of_on": Column(
            description="Day for which the package was written; it knows nothing later."
        ),
    },
    inputs=tuple(f"raw.ocf__{table}" for table in TABLES),
    checks=(
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "quantity", "min_value": 0, "strict_min": True},
            description="No holding is negative, and what holds nothing has no row.",
        ),
        Check(
            expectation="expect_column_pair_values_a_to_be_greater_than_b",
            arguments={
                "column_A": "valid_to_on",
                "column_B": "valid_from_on",
                "ignore_row_if": "either_value_is_missing",
            },
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a security and span, ordered by the key."""
    told, _ = read_tables({name: inputs[f"raw.ocf__{name}"].to_pylist() for name in TABLES})
    rows = []
    for company in told:
        for entry in entries(company.history):
            held = entry.holding
            owed = held.instrument == "convertible"
            shares = held.counted and not owed
            rows.append(
                {
                    "security_id": company.named(held.security_id),
                    "org_id": company.org_id,
                    "holder_id": company.named(held.stakeholder_id),
                    "holder_name": company.holder(held.stakeholder_id),
                    "instrument": held.instrument,
                    "stock_class_id": company.maybe(held.stock_class_id),
                    "valid_from_on": entry.since,
                    "valid_to_on": entry.until,
                    "quantity": held.quantity if shares else None,
                    "as_converted_quantity": entry.as_converted if shares else None,
                    "principal_amount": held.quantity if owed else None,
                    "price": held.price,
                    "currency": held.currency,
                    "as_of_on": company.as_of_on,
                }
            )
    rows.sort(key=lambda row: (row["security_id"], row["valid_from_on"]))
    return pa.Table.from_pylist(rows, SCHEMA)
