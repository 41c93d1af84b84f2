"""What is wrong with cap table packages: by file, object and rule.

Python, for the rules are those of the replay.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.finance.captable.rows import TABLES, read_tables
from pipelines.spec import Check, Column, Model

SCHEMA = pa.schema(
    [
        ("package", pa.string()),
        ("position", pa.int32()),
        ("file", pa.string()),
        ("object_type", pa.string()),
        ("object_id", pa.string()),
        ("rule", pa.string()),
        ("message", pa.string()),
    ]
)

MODEL = Model(
    table="",
    description=(
        "One row a fault of a package. A package with faults is refused whole: its company keeps "
        "the cap table of the package before it, or has none."
    ),
    owner="finance@headwater.example",
    key=("package", "position"),
    columns={
        "package": Column(description="Folder of the package."),
        "position": Column(description="Place among the package's faults, from 1."),
        "file": Column(description="File that the object stands in."),
        "object_type": Column(description="Kind of object in the Open Cap Table Format."),
        "object_id": Column(description="Identity of the object in its package."),
        "rule": Column(description="The rule that it breaks, such as holding-negative."),
        "message": Column(description="What was found and what was expected."),
    },
    inputs=tuple(f"raw.ocf__{table}" for table in TABLES),
    checks=(
        Check(
            expectation="expect_table_row_count_to_equal",
            arguments={"value": 0},
            severity="warning",
            description="Every cap table package holds together.",
        ),
    ),
)


def build(inputs: Mapping[str, pa.Table]) -> pa.Table:
    """One row a fault, package by package."""
    _, faults = read_tables({name: inputs[f"raw.ocf__{name}"].to_pylist() for name in TABLES})
    counted: dict[str, int] = {}
    rows = []
    for package, fault in faults:
        counted[package] = counted.get(package, 0) + 1
        rows.append(
            {
                "package": package,
                "position": counted[package],
                "file": fault.file,
                "object_type": fault.object_type,
                "object_id": fault.object_id,
                "rule": fault.rule,
                "message": fault.message,
            }
        )
    return pa.Table.from_pylist(rows, SCHEMA)
