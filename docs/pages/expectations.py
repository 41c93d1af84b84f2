"""docs/reference/expectations.md: every expectation, its arguments, its engine."""

from __future__ import annotations

from docs.pages.markdown import code, codes, document, table
from pipelines.expectations import EXPECTATIONS, NOT_OFFERED, OWN, Expectation

_ABOUT = """
A check names one of these and gives its arguments; see
[how to add a check](../how-to/add-a-check.md). Names, arguments and meaning are
great-expectations' own, and a test compares the two lists. Most run as SQL, all
of a table's checks in one pass; the others hand one column to great-expectations
itself, which costs some seconds of import, once a run.

Nulls are looked at only by expectations about nulls; NaN counts as null. Where a
check is about the table's columns, those that begin with `_` are Headwater's own
and count only if they are named. Regular expressions are Python's: one that SQL
would read differently is searched by great-expectations instead.
"""
_COMMON = """
`mostly`
: the share of rows that suffices, 0 to 1; unset, all.

`row_condition`
: which rows are looked at, as an SQL condition over the table's columns.
  Great-expectations' structured form (`{type: nullity, column: {name: x}, is_null: false}`)
  and, with `condition_parser: great_expectations`, its `col("x").notNull()` do too.

`severity`
: `critical` (the default: a failure stops what is built on the table), `warning`
  or `info`. Stands beside the arguments, like `description`.
"""
_SHARED = ("mostly", "row_condition", "condition_parser")


def _row(known: Expectation) -> tuple[str, str, str, str]:
    needed = ", ".join(f"**{code(name)}**" for name in known.required)
    more = codes(name for name in known.optional if name not in _SHARED)
    own = " (Headwater's own)" if known.name in OWN else ""
    takes = ", ".join(part for part in (needed, more) if part) or "none"
    return code(known.name) + own, known.sentence, takes, known.runs


def page() -> str:
    """The page, from the vocabulary."""
    header = ["Expectation", "What it says", "Arguments (**needed**)", "Runs in"]
    refused = "\n".join(f"- {code(name)}: {why}." for name, why in NOT_OFFERED.items())
    return document(
        "Expectations",
        _ABOUT,
        table(header, map(_row, EXPECTATIONS.values())),
        "## Arguments that most take",
        _COMMON,
        "## Not offered",
        refused,
    )
