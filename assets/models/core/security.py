"""Every security that a cap table knows: stock, options, warrants, notes and SAFEs.

Python, for whether a package can be believed is decided by replaying it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.finance.captable.rows import TABLES, Told, read_tables
from pipelines.finance.captable.state import Holding
from pipelines.spec import Check, Column, Model

NUMBER = pa.decimal128(38, 10)

SCHEMA = pa.schema(
    [
        ("security_id", pa.string()),
        ("org_id", pa.string()),
        ("source_id", pa.string()),
        ("instrument", pa.string()),
        ("instrument_type", pa.string()),
        ("custom_id", pa.string()),
        ("holder_id", pa.string()),
        ("holder_name", pa.string()),
        ("stock_class_id", pa.string()),
        ("stock_class_name", pa.string()),
        ("stock_plan_id", pa.string()),
        ("issued_on", pa.date32()),
        ("closed_on", pa.date32()),
        ("issued_quantity", NUMBER),
        ("issued_price", NUMBER),
        ("principal_amount", NUMBER),
        ("currency", pa.string()),
        ("valuation_cap_amount", NUMBER),
        ("conversion_discount", NUMBER),
        ("conversion_timing", pa.string()),
        ("as_of_on", pa.date32()),
    ]
)

MODEL = Model(
    table="",
    description=(
        "One row a security of the newest package of each company that holds together. What it "
        "held on a day is in core.cap_table_entry, what is wrong with other packages in "
        "core.cap_table_fault."
    ),
    owner="finance@headwater.example",
    key=("security_id",),
    columns={
        "security_id": Column(description="Issuer and the security's identity in its package."),
        "org_id": Column(description="The issuer, as in core.organization."),
        "source_id": Column(description="The security's identity in its package."),
        "instrument": Column(description="stock, equity_compensation, warrant or convertible."),
        "instrument_type": Column(description="OPTION_ISO, RSU, SAFE, NOTE, FOUNDERS_STOCK …"),
        "custom_id": Column(description="Number of the certificate or grant."),
        "holder_id": Column(description="Issuer and the holder's identity in its package."),
        "holder_name": Column(description="Legal name of the holder."),
        "stock_class_id": Column(
            description="Issuer and class that it is of, or that it turns into; null where open."
        ),
        "stock_class_name": Column(description="Name of the class."),
        "stock_plan_id": Column(description="Issuer and plan that it was granted from."),
        "issued_on": Column(description="Day of issuance."),
        "closed_on": Column(description="Day since which nothing is left in it."),
        "issued_quantity": Column(
            description="Shares when issued; null for a convertible, or where not stated.",
            unit="shares of that day",
        ),
        "issued_price": Column(description="Price of a share, or exercise price, in `currency`."),
        "principal_amount": Column(
            description="What was invested in a convertible.", unit="currency of the row"
        ),
        "currency": Column(description="ISO 4217."),
        "valuation_cap_amount": Column(
            description="Highest valuation at which a convertible converts.",
            unit="currency of the row",
        ),
        "conversion_discount": Column(
            description="Discount on the round's price at conversion.", unit="part of 1"
        ),
        "conversion_timing": Column(description="PRE_MONEY or POST_MONEY, where a SAFE says."),
        "as_of_on": Column(description="Day for which its package was written."),
    },
    inputs=tuple(f"raw.ocf__{table}" for table in TABLES),
    checks=(
        Check(
            expectation="expect_column_values_to_be_in_set",
            arguments={
                "column": "instrument",
                "value_set": ["stock", "equity_compensation", "warrant", "convertible"],
            },
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "holder_name"},
        ),
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "issued_quantity", "min_value": 0, "strict_min": True},
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={
                "column": "principal_amount",
                "row_condition": "instrument = 'convertible'",
            },
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a security, ordered by its key."""
    told, _ = read_tables({name: inputs[f"raw.ocf__{name}"].to_pylist() for name in TABLES})
    rows = []
    for company in told:
        last = company.history.tables[-1:]
        rows += [_row(company, held) for table in last for held in table.holdings.values()]
    rows.sort(key=lambda row: row["security_id"])
    return pa.Table.from_pylist(rows, SCHEMA)


def _row(company: Told, held: Holding) -> dict[str, Any]:
    item, package = held.item, company.history.package
    convertible = held.instrument == "convertible"
    said = item.get("compensation_type") or item.get("convertible_type")
    price = item.get("share_price") or item.get("exercise_price") or item.get("base_price")
    triggers = item.get("conversion_triggers") or ()
    terms = triggers[0].right.mechanism if triggers else None
    stock_class = package.classes.get(held.stock_class_id or "")
    issued: Decimal | None = None if convertible or not held.counted else held.issued
    return {
        "security_id": company.named(held.security_id),
        "org_id": company.org_id,
        "source_id": held.security_id,
        "instrument": held.instrument,
        "instrument_type": said or item.get("issuance_type"),
        "custom_id": item["custom_id"],
        "holder_id": company.named(held.stakeholder_id),
        "holder_name": company.holder(held.stakeholder_id),
        "stock_class_id": company.maybe(held.stock_class_id),
        "stock_class_name": stock_class["name"] if stock_class else None,
        "stock_plan_id": company.maybe(held.stock_plan_id),
        "issued_on": held.issued_on,
        "closed_on": held.closed_on,
        "issued_quantity": issued,
        "issued_price": price.amount if price else None,
        "principal_amount": held.issued if convertible else None,
        "currency": held.currency,
        "valuation_cap_amount": terms.cap.amount if terms and terms.cap else None,
        "conversion_discount": terms.discount if terms else None,
        "conversion_timing": terms.timing if terms else None,
        "as_of_on": company.as_of_on,
    }
