"""When every security vests: what has vested by a day is the sum of the tranches up to it.

Python, for a schedule is a graph that is walked with the events of the package.

    SELECT security_id, SUM(quantity) AS vested_quantity
    FROM core.vesting_tranche WHERE vests_on <= DATE '2024-06-30' GROUP BY security_id
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.finance.captable.rows import TABLES, read_tables
from pipelines.finance.captable.vesting import tranches_of_today
from pipelines.spec import Check, Column, Model

NUMBER = pa.decimal128(38, 10)

SCHEMA = pa.schema(
    [
        ("security_id", pa.string()),
        ("tranche", pa.int32()),
        ("org_id", pa.string()),
        ("vests_on", pa.date32()),
        ("quantity", NUMBER),
        ("cause", pa.string()),
        ("as_of_on", pa.date32()),
    ]
)

MODEL = Model(
    table="",
    description=(
        "One row a security and tranche, of everything that was issued, past and scheduled, with "
        "what was accelerated. Cancelled and exercised shares are in it: what is left of a grant "
        "is in core.cap_table_entry. Events that have not happened vest nothing yet."
    ),
    owner="finance@headwater.example",
    key=("security_id", "tranche"),
    columns={
        "security_id": Column(description="The security, as in core.security."),
        "tranche": Column(description="Place in the schedule, from 1."),
        "org_id": Column(description="The issuer, as in core.organization."),
        "vests_on": Column(description="Day on which it vests."),
        "quantity": Column(
            description="Shares that vest, after every split that the package knows.",
            unit="shares of the newest day",
        ),
        "cause": Column(
            description=(
                "The condition of the schedule, or acceleration, stated (a day in the issuance) or "
                "issuance (no schedule)."
            )
        ),
        "as_of_on": Column(description="Day for which the package was written."),
    },
    inputs=tuple(f"raw.ocf__{table}" for table in TABLES),
    checks=(
        Check(
            expectation="expect_column_values_to_be_between",
            arguments={"column": "quantity", "min_value": 0, "strict_min": True},
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a tranche, ordered by the key."""
    told, _ = read_tables({name: inputs[f"raw.ocf__{name}"].to_pylist() for name in TABLES})
    rows = [
        {
            "security_id": company.named(security),
            "tranche": place,
            "org_id": company.org_id,
            "vests_on": tranche.on,
            "quantity": tranche.quantity,
            "cause": tranche.why,
            "as_of_on": company.as_of_on,
        }
        for company in told
        for security, tranches in tranches_of_today(company.history)
        for place, tranche in enumerate(tranches, 1)
    ]
    rows.sort(key=lambda row: (row["security_id"], row["tranche"]))
    return pa.Table.from_pylist(rows, SCHEMA)
