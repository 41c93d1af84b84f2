"""Declarations that are right, for tests that break one thing at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.catalog.load import load_catalog
from pipelines.errors import DeclarationError

SOURCE = """
from pipelines.spec import *

SOURCE = Source(
    name="shop", description="A shop.", owner="team:data",
    streams=(
        FileStream(name="orders", files=("orders*.csv",), format=Csv(), description="Orders.",
            columns={"id": Column(type="BIGINT"), "total_usd": Column(type="DECIMAL(18,2)")}),
    ),
)
"""
MODEL = """/*
description: Orders, typed.
owner: data@headwater.example
key: [id]
columns:
  id: Number of the order.
  total_usd: {description: What was paid., unit: USD, type: "DECIMAL(18,2)"}
checks:
  - expect_column_values_to_not_be_null: {column: total_usd, severity: warning}
*/
SELECT id, total_usd FROM raw.shop__orders
"""
RULE = """/*
description: Orders that nobody paid.
severity: warning
table: staging.orders
*/
SELECT id FROM staging.orders WHERE total_usd IS NULL;
"""
PYTHON = """
from pipelines.spec import Column, Model

MODEL = Model(description="Copied.", owner="team:data", key=("id",),
    columns={"id": Column(description="Number.")}, inputs=("staging.orders",))


def build(inputs):
    return inputs["staging.orders"].select(["id"])
"""
GOOD = {
    "sources/shop.py": SOURCE,
    "models/staging/orders.sql": MODEL,
    "models/core/copied.py": PYTHON,
    "checks/unpaid.sql": RULE,
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


ORDERS = "models/staging/orders.sql"


def problems(folder: Path, files: dict[str, str]) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_catalog([write(folder, {**GOOD, **files})], built_in=False)
    return str(caught.value)


def check_named(folder: Path, broken: tuple[str, tuple[str, str], str]) -> None:
    """Break one file by a replacement, and find file and problem in the error."""
    file, (old, new), expected = broken
    assert old in GOOD[file]
    text = problems(folder, {file: GOOD[file].replace(old, new)})
    assert expected in text
    assert f"{folder}/{file}\n" in text
