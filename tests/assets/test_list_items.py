"""Lists in Python's notation are read as Python would, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.staging.yc__list_items import read_list
from tests.assets.bench import Bench


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("[]", []),
        ("['fintech', 'ai']", ["fintech", "ai"]),
        ("[\"Sam O'Keefe\", 'Miguel Toledo']", ["Sam O'Keefe", "Miguel Toledo"]),
        ("['Uzoma \"Zo\" Orchingwa']", ['Uzoma "Zo" Orchingwa']),
        (r"['A\u200dB']", ["A\u200dB"]),
    ],
)
def test_quotes_of_both_kinds_and_escapes_are_understood(cell: str, items: list[str]) -> None:
    assert read_list(cell) == items


@pytest.mark.parametrize("cell", ["nan", "['open", "{'a': 1}", "[1, 2]", "__import__('os')", "("])
def test_what_is_no_list_of_texts_is_told(cell: str) -> None:
    assert read_list(cell) is None


_CLEAN = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(_CLEAN.map(str.strip), max_size=5))
def test_any_list_of_texts_round_trips(items: list[str]) -> None:
    assert read_list(repr(items)) == items


def test_a_cell_that_is_no_list_leaves_a_row_that_says_so(bench: Bench) -> None:
    bench.put("raw.yc__companies", {"company_id": "1", "tags": "nan", "founders_names": "['Bo']"})
    rows = bench.build("staging.yc__list_items")
    assert [(r["list_name"], r["item"], r["cell_raw"]) for r in rows] == [
        ("founders_names", "Bo", None),
        ("tags", None, "nan"),
    ]
    (company,) = bench.build("staging.yc__companies")
    assert company["tags"] == []
    assert "tags, founders: a cell is no list of texts; left empty" in company["repairs"]
