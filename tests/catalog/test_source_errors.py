"""Broken Python declarations: each is named, with file, field, and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.declared import check_named

BROKEN = {
    "source not found": (
        "sources/shop.py",
        ("SOURCE =", "SORCE ="),
        "SOURCE: Got NoneType; expected SOURCE = Source(",
    ),
    "source fails": ("sources/shop.py", ('type="BIGINT"', 'typ="BIGINT"'), "Line 8: TypeError"),
    "source syntax": ("sources/shop.py", ("SOURCE =", "SOURCE +*"), "Line 4: SyntaxError"),
    "files is text": (
        "sources/shop.py",
        ('("orders*.csv",)', '"orders*.csv"'),
        "streams.orders.files: Got 'orders*.csv'; expected a tuple",
    ),
    "files outside": (
        "sources/shop.py",
        ("orders*.csv", "../orders*.csv"),
        "expected a glob below the data folder",
    ),
    "merge without key": (
        "sources/shop.py",
        ("format=Csv()", "mode='merge', format=Csv()"),
        "The mode merge needs to know",
    ),
    "bad mode": (
        "sources/shop.py",
        ("format=Csv()", "mode='upsert', format=Csv()"),
        "Got 'upsert'; expected append or merge",
    ),
    "bad format": (
        "sources/shop.py",
        ("format=Csv()", "format='csv'"),
        "format: Got 'csv'; expected Csv or Json",
    ),
    "lookback without cursor": (
        "sources/shop.py",
        ("streams=(", "streams=(PulledStream(name='rows', description='x', lookback=3),"),
        "streams.rows.lookback: It is counted from the newest value of a cursor",
    ),
    "lookback of nothing": (
        "sources/shop.py",
        ("streams=(", "streams=(PulledStream(name='rows', description='x', lookback='P3D'),"),
        "streams.rows.lookback: Got 'P3D'; expected a timedelta or a whole number",
    ),
    "bad stream type": (
        "sources/shop.py",
        ("BIGINT", "BIGNT"),
        "streams.orders.columns.id.type: 'BIGNT' is no type",
    ),
    "bad stream name": (
        "sources/shop.py",
        ('name="orders"', 'name="my__orders"'),
        "keep system and object apart",
    ),
    "python without build": (
        "models/core/copied.py",
        ("def build", "def bild"),
        "build: Expected a function build(inputs)",
    ),
    "python without inputs": (
        "models/core/copied.py",
        ('("staging.orders",))', "())"),
        "MODEL.inputs: Got nothing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_declaration_is_named_with_file_and_field(tmp_path: Path, name: str) -> None:
    check_named(tmp_path, BROKEN[name])
