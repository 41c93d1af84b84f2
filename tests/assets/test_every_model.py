"""What every model keeps, by existing: it builds on nothing, and documents what it makes."""

from __future__ import annotations

import pytest

from pipelines.spec import FileStream
from tests.assets.bench import Bench, catalog


@pytest.fixture(scope="module")
def empty() -> Bench:
    """Every model built although no source had a file."""
    bench = Bench()
    for table in catalog().models:
        bench.build(table)
    return bench


@pytest.mark.parametrize("table", sorted(catalog().models))
def test_the_columns_made_are_the_columns_described(empty: Bench, table: str) -> None:
    made = {row["column_name"] for row in empty.rows(f"DESCRIBE {table}")}
    described = catalog().models[table].columns
    assert made == set(described)
    assert all(column.description for column in described.values())


@pytest.mark.parametrize("table", sorted(catalog().models))
def test_no_column_is_a_float_or_of_no_type(empty: Bench, table: str) -> None:
    kinds = {row["column_name"]: row["column_type"] for row in empty.rows(f"DESCRIBE {table}")}
    odd = {n: k for n, k in kinds.items() if k in ("DOUBLE", "FLOAT", "HUGEINT", "NULL", '"NULL"')}
    assert odd == {}


@pytest.mark.parametrize("table", sorted(catalog().models))
def test_names_carry_their_unit_or_kind(empty: Bench, table: str) -> None:
    kinds = {row["column_name"]: row["column_type"] for row in empty.rows(f"DESCRIBE {table}")}
    wrong = [
        (name, kind)
        for name, kind in kinds.items()
        if (name.endswith(("_usd", "_eur")) and not kind.startswith("DECIMAL"))
        or (name.endswith("_on") and kind != "DATE")
        or (name.endswith("_at") and kind != "TIMESTAMP WITH TIME ZONE")
        or (kind == "DATE" and not name.endswith("_on"))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(catalog().rules))
def test_every_rule_runs_on_nothing(empty: Bench, name: str) -> None:
    assert empty.rows(catalog().rules[name].sql) == []


def test_every_stream_is_described_and_licensed() -> None:
    for source, stream in catalog().streams():
        assert source.licence, source.name
        assert stream.description, f"{source.name}.{stream.name}"
        # Files of text have no types of their own; what a system answers has.
        typed = isinstance(stream, FileStream)
        undescribed = [
            name
            for name, c in stream.columns.items()
            if not c.description or (typed and not c.type)
        ]
        assert undescribed == [], f"{source.name}.{stream.name}"
