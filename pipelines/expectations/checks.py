"""Declared checks: is one valid, what is it called, what does it say.

Belongs here: questions about one `Check` that need no data. Does not belong
here: the list of expectations (see `vocabulary`), running (quality).
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.expectations.arguments import check_arguments
from pipelines.expectations.vocabulary import EXPECTATIONS, NOT_OFFERED, RANGE
from pipelines.spec import Check, Model, Stream


def validate_check(check: Check) -> list[str]:
    """What is wrong with a check's declaration, one sentence each; empty if nothing."""
    known = EXPECTATIONS.get(check.expectation)
    if known is None:
        return [_unknown(check.expectation)]
    wrong = [
        f"{check.expectation} takes no argument {name!r}.{_near(name, known.arguments)} "
        f"It takes {', '.join(known.arguments)}."
        for name in check.arguments
        if name not in known.arguments
    ]
    wrong += [
        f"{check.expectation} needs the argument {name!r}."
        for name in known.required
        if name not in check.arguments
    ]
    if check.severity not in ("critical", "warning", "info"):
        wrong.append(
            f"{check.expectation} has the severity {check.severity!r}; expected critical, warning "
            "or info."
        )
    return wrong or [f"{check.expectation}: {text}" for text in check_arguments(known.name, check)]


def _unknown(name: str) -> str:
    if name in NOT_OFFERED:
        return f"The expectation {name} can't be used here: {NOT_OFFERED[name]}."
    near = difflib.get_close_matches(name, EXPECTATIONS, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return (
        f"There is no expectation {name!r}.{hint} docs/reference/expectations.md lists all of them."
    )


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def checks_of(declared: Model | Stream) -> tuple[Check, ...]:
    """Every check of a table: those declared, and those that its key implies.

    The key of a model or of a merged stream must be filled and not repeated. A
    check of the header on the same columns stands in place of the implied one,
    so its severity can be chosen.
    """
    if not declared.key or (isinstance(declared, Stream) and declared.mode != "merge"):
        return declared.checks
    implied = [
        Check(expectation="expect_column_values_to_not_be_null", arguments={"column": column})
        for column in declared.key
    ]
    if len(declared.key) == 1:
        unique = {"column": declared.key[0]}
        implied.append(Check(expectation="expect_column_values_to_be_unique", arguments=unique))
    else:
        together = {"column_list": list(declared.key)}
        implied.append(
            Check(expectation="expect_compound_columns_to_be_unique", arguments=together)
        )
    known = {(check.expectation, *columns_named(check)) for check in declared.checks}
    new = [check for check in implied if (check.expectation, *columns_named(check)) not in known]
    return (*new, *declared.checks)


def check_name(check: Check) -> str:
    """The name of a check: its expectation and columns; letters, digits and _ only."""
    parts = [check.expectation, *columns_named(check)]
    return re.sub(r"[^0-9A-Za-z_]+", "_", "__".join(parts)).strip("_")


def check_names(checks: Sequence[Check]) -> list[str]:
    """A name for each check of one table, unique there.

    `expect_column_values_to_not_be_null__round_id`; the second of two that are
    alike in expectation and columns ends in `_2`.
    """
    seen: Counter[str] = Counter()
    names = []
    for name in map(check_name, checks):
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def columns_named(check: Check) -> list[str]:
    """The columns whose values a check looks at, in the order given."""
    given = check.arguments
    found = [given[name] for name in ("column", "column_A", "column_B") if name in given]
    if not check.expectation.startswith("expect_table_"):
        found += list(given.get("column_list", ()))
    return [str(column) for column in found]


def describe(check: Check) -> str:
    """One sentence that says what a check wants: its own, or one made from its arguments."""
    if check.description:
        return check.description
    known = EXPECTATIONS.get(check.expectation)
    if known is None:
        return check.expectation
    text = known.sentence
    if {"min_value", "max_value"} & set(known.arguments):
        text = text.replace(RANGE, _range(check))
    for name in known.arguments:
        text = text.replace("{" + name + "}", _shown(check.arguments.get(name)))
    if "mostly" in check.arguments:
        text += f" in at least {float(check.arguments['mostly']) * 100:g} % of rows"
    if isinstance(check.arguments.get("row_condition"), str):
        text += f" where {check.arguments['row_condition']}"
    return text[0].upper() + text[1:] if check.expectation.startswith("expect_table") else text


def _range(check: Check) -> str:
    given = check.arguments
    low, high = given.get("min_value"), given.get("max_value")
    if high is None:
        return f"{'above' if given.get('strict_min') else 'at or above'} {low}"
    if low is None:
        return f"{'below' if given.get('strict_max') else 'at or below'} {high}"
    return f"between {low} and {high}"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = [str(item) for item in value]
        return ", ".join(shown if len(shown) <= 8 else [*shown[:8], f"… ({len(shown)} in all)"])
    return str(value)
