"""A regular expression that SQL takes over finds what Python's would find."""

from __future__ import annotations

import re
import warnings

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.quality.patterns import to_re2

_PIECES = st.sampled_from(
    [
        *"ab.^$|*+?{-# é",
        *([r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\A", r"\Z", r"\.", r"\/"]),
        *("[a-c]", r"[^\d]", r"[\w.-]", r"[\s]", "[]a]", "[^]a]", "[[a]", r"[a\]b]", "[+-]"),
        *("x{2}", "a{1,3}", "{,3}", "{2,}", "(?:ab)", "(ab|c)", "(?P<n>q)"),
    ]
)
_TEXTS = st.lists(st.text("ab1x٣é_ \n\t\u2028\u00a0.-]²Ⅷ", max_size=6), min_size=4, max_size=8)


@settings(max_examples=300, deadline=None)
@given(pattern=st.lists(_PIECES, min_size=1, max_size=5).map("".join), texts=_TEXTS)
def test_both_find_the_same(pattern: str, texts: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            python = re.compile(pattern)
        except re.error:
            return
    translated = to_re2(pattern)
    if translated is None:
        return
    query = "SELECT regexp_matches(unnest($texts), $pattern)"
    found = duckdb.execute(query, {"texts": texts, "pattern": translated}).fetchall()
    assert [row[0] for row in found] == [bool(python.search(text)) for text in texts]


@pytest.mark.parametrize("pattern", [r"\bfoo\b", "^(?!x)", "(?i)a", r"(a)\1", "a++", "a{2000}"])
def test_what_has_no_equal_is_left_to_python(pattern: str) -> None:
    assert to_re2(pattern) is None


@pytest.mark.parametrize(
    "pattern", [r"^\d{4}-\d\d$", r"^https?://[^/\s]+\.[a-z]{2,}", "^[A-Z]{3}$"]
)
def test_everyday_patterns_run_as_sql(pattern: str) -> None:
    assert to_re2(pattern) is not None
