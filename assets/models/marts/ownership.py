"""Who owned what share of every portfolio company, outstanding and fully diluted, on any day.

Python, for shares follow from replayed holdings and each class's right to convert.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.finance.captable.rows import TABLES, ownership, read_tables
from pipelines.spec import Check, Column, Model

NUMBER = pa.decimal128(38, 10)
SHARE = pa.decimal128(38, 18)
POOL = "pool"

SCHEMA = pa.schema(
    [
        ("org_id", pa.string()),
        ("company_name", pa.string()),
        ("holder_id", pa.string()),
        ("holder_name", pa.string()),
        ("valid_from_on", pa.date32()),
        ("valid_to_on", pa.date32()),
        ("share_quantity", NUMBER),
        ("option_quantity", NUMBER),
        ("warrant_quantity", NUMBER),
        ("available_quantity", NUMBER),
        ("fully_diluted_quantity", NUMBER),
        ("outstanding_share", SHARE),
        ("fully_diluted_share", SHARE),
        ("as_of_on", pa.date32()),
    ]
)


def _shares(description: str) -> Column:
    return Column(description=description, unit="shares of the class that all turn into")


MODEL = Model(
    table="",
    description=(
        "One row a company, holder and span of days in which no share of the company changed. "
        "What the plans may still grant is the holder `pool`. Notes and SAFEs are shares only "
        "once they convert."
    ),
    owner="finance@headwater.example",
    key=("org_id", "holder_id", "valid_from_on"),
    columns={
        "org_id": Column(description="The company, as in core.organization."),
        "company_name": Column(description="Its legal name."),
        "holder_id": Column(description="Issuer and holder, as in core.cap_table_entry; or pool."),
        "holder_name": Column(description="Legal name; null for the pool."),
        "valid_from_on": Column(description="First day, at whose end this was so."),
        "valid_to_on": Column(description="First day on which it no longer was; null while it is."),
        "share_quantity": _shares("Stock held."),
        "option_quantity": _shares(
            "Options, units and rights that settle in stock; vested or not."
        ),
        "warrant_quantity": _shares("Warrants whose number of shares is known."),
        "available_quantity": _shares("What the plans may still grant; 0 but for the pool."),
        "fully_diluted_quantity": _shares("All of these together."),
        "outstanding_share": Column(
            description="Part of the outstanding stock; null where there is none.",
            unit="part of 1",
        ),
        "fully_diluted_share": Column(
            description="Part of the fully diluted capital.", unit="part of 1"
        ),
        "as_of_on": Column(
            description="Day for which the package was written; it knows nothing later."
        ),
    },
    inputs=tuple(f"raw.ocf__{table}" for table in TABLES),
    checks=(
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "fully_diluted_share", "min_value": 0, "max_value": 1},
        ),
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "outstanding_share", "min_value": 0, "max_value": 1},
        ),
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "share_quantity", "min_value": 0},
        ),
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "holder_name", "row_condition": "holder_id <> 'pool'"},
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a company, holder and span, ordered by the key."""
    told, _ = read_tables({name: inputs[f"raw.ocf__{name}"].to_pylist() for name in TABLES})
    rows = []
    for company in told:
        for span in ownership(company.history):
            for stake in span.stakes:
                holder = stake.stakeholder_id
                rows.append(
                    {
                        "org_id": company.org_id,
                        "company_name": company.company,
                        "holder_id": POOL if holder is None else company.named(holder),
                        "holder_name": None if holder is None else company.holder(holder),
                        "valid_from_on": span.since,
                        "valid_to_on": span.until,
                        "share_quantity": stake.shares,
                        "option_quantity": stake.options,
                        "warrant_quantity": stake.warrants,
                        "available_quantity": stake.available,
                        "fully_diluted_quantity": stake.fully_diluted,
                        "outstanding_share": stake.outstanding_share,
                        "fully_diluted_share": stake.fully_diluted_share,
                        "as_of_on": company.as_of_on,
                    }
                )
    rows.sort(key=lambda row: (row["org_id"], row["holder_id"], row["valid_from_on"]))
    return pa.Table.from_pylist(rows, SCHEMA)
