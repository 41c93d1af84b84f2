"""A check written as SQL: what to select, how to judge it, which rows fail it.

Belongs here: the shape that every SQL check has, and the two kinds that count
rows. Does not belong here: single expectations (see `rows` and `totals`), or
running the statement (see `sweep`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.naming import quote
from pipelines.quality.subject import Subject


@dataclass(frozen=True)
class Verdict:
    """What came of a check: did it hold, how many rows break it, what was seen."""

    passed: bool
    failing_rows: int
    observed: str


@dataclass(frozen=True)
class Scan:
    """One check: `aggregates` over the table's rows, and what their values mean.

    `failing` is a query of the rows that break the check (the columns to show
    come first, then the identity of the row), or None where no row stands out.
    """

    aggregates: tuple[str, ...]
    judge: Callable[[Sequence[Any]], Verdict]
    failing: str | None = None


def enough(considered: int, unexpected: int, mostly: float) -> bool:
    """Whether a share of at least `mostly` of the considered rows is as expected."""
    return considered == 0 or (considered - unexpected) / considered >= mostly


def counted(considered: int, unexpected: int, mostly: float) -> Verdict:
    """The verdict on rows that were counted."""
    if considered == 0:
        observed = "no row to look at"
    elif unexpected == 0:
        observed = f"all {considered:,} rows"
    else:
        observed = f"{unexpected:,} of {considered:,} rows fail ({unexpected / considered:.2%})"
    return Verdict(enough(considered, unexpected, mostly), unexpected, observed)


def row_by_row(
    subject: Subject, columns: Sequence[str], considered: str, expected: str, mostly: float
) -> Scan:
    """Each considered row must be as expected; an unknown answer counts as a failure."""
    unexpected = f"({considered}) AND ({expected}) IS NOT TRUE"
    shown = listed(subject, columns)
    return Scan(
        aggregates=(
            f"count(*) FILTER (WHERE {considered})",
            f"count(*) FILTER (WHERE {unexpected})",
        ),
        judge=lambda seen: counted(seen[0], seen[1], mostly),
        failing=f"SELECT {shown} FROM {subject.relation} WHERE {unexpected} {order(subject)}",
    )


def not_repeated(subject: Subject, columns: Sequence[str], considered: str, mostly: float) -> Scan:
    """No considered row may equal another in these columns; all that do are counted."""
    values = ", ".join(subject.value(column) for column in columns)
    groups = (
        f"SELECT {values}, count(*) AS _times FROM {subject.relation} WHERE {considered} "
        f"GROUP BY {values} HAVING count(*) > 1"
    )
    names = [f"_repeated_{position}" for position, _ in enumerate(columns)]
    same = " AND ".join(
        f"{subject.value(column)} IS NOT DISTINCT FROM repeated.{name}"
        for column, name in zip(columns, names, strict=True)
    )
    return Scan(
        aggregates=(
            f"count(*) FILTER (WHERE {considered})",
            f"(SELECT coalesce(sum(_times), 0)::BIGINT FROM ({groups}))",
        ),
        judge=lambda seen: counted(seen[0], seen[1], mostly),
        failing=(
            f"WITH repeated({', '.join(names)}, _times) AS ({groups} ORDER BY ALL LIMIT 20) "
            f"SELECT {listed(subject, columns)} FROM {subject.relation} JOIN repeated ON {same} "
            f"WHERE {considered} ORDER BY {', '.join('repeated.' + name for name in names)}"
        ),
    )


def listed(subject: Subject, columns: Sequence[str]) -> str:
    """The columns to show of a failing row: its identity, then those looked at."""
    names = dict.fromkeys([*subject.identity(), *columns])
    # The key leads and the origin ends a row, with the values between them.
    ordered = [name for name in names if not name.startswith("_")]
    ordered += [name for name in names if name.startswith("_")]
    return ", ".join(quote(name) for name in ordered)


def order(subject: Subject) -> str:
    """An ORDER BY that makes the shown rows the same ones each time."""
    names = subject.identity()
    return f"ORDER BY {', '.join(quote(name) for name in names)}" if names else ""
