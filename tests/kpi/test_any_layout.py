"""Layouts drawn at random: what a workbook says clearly is used, and never anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.finance.kpi.calendars import Period, period
from pipelines.finance.kpi.mapping import Profile
from tests.kpi.books import filled, read, sheet_of

LABELS = {
    "revenue": ("Revenue", "Umsatz", "Total revenue", "Chiffre d'affaires"),
    "mrr": ("MRR", "Monthly recurring revenue", "Monthly Recurring Revenue (MRR)"),
    "cash": ("Cash", "Cash balance", "Liquide Mittel", "Trésorerie"),
    "ebitda": ("EBITDA",),
    "headcount": ("Headcount", "Employees", "Mitarbeiter", "Headcount (FTE)"),
    "customers": ("Customers", "Number of customers", "Kunden"),
}
MONEY = {"revenue", "mrr", "cash", "ebitda"}
SPELLED = {
    "month": ("{m} {y}", "{m}-{s:02}", "{y}-{n:02}", "{n:02}/{y}", "M{n} {y}", "day"),
    "quarter": ("Q{n} {y}", "{n}Q{s:02}", "{y} Q{n}", "Q{n}'{s:02}"),
}
SHORT = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905  (one line to read)
UNITS = {1: ("EUR", "€", "in EUR"), 1000: ("kEUR", "TEUR", "€ '000"), 10**6: ("EURm", "Mio. €")}


@dataclass(frozen=True)
class Drawn:
    """A layout: what is written where."""

    down: bool
    kind: str
    spelled: str
    count: int
    last: int
    scale: int
    unit: str
    unit_at: str
    metrics: dict[str, str]
    scenarios: bool
    title: bool
    notes: bool
    gap: bool


layouts = st.builds(
    lambda kind, spelled, scale, unit, chosen, names, **rest: Drawn(
        kind=kind,
        spelled=SPELLED[kind][spelled % len(SPELLED[kind])],
        scale=scale,
        unit=UNITS[scale][unit % len(UNITS[scale])],
        metrics={m: LABELS[m][names % len(LABELS[m])] for m in chosen},
        **rest,
    ),
    kind=st.sampled_from(["month", "quarter"]),
    spelled=st.integers(0, 60),
    scale=st.sampled_from(sorted(UNITS)),
    unit=st.integers(0, 60),
    chosen=st.lists(st.sampled_from(sorted(LABELS)), min_size=1, unique=True),
    names=st.integers(0, 60),
    down=st.booleans(),
    count=st.integers(2, 9),
    last=st.integers(0, 20),
    unit_at=st.sampled_from(["label", "corner", "note", "column"]),
    scenarios=st.booleans(),
    title=st.booleans(),
    notes=st.booleans(),
    gap=st.booleans(),
)


def _periods(drawn: Drawn) -> list[Period]:
    """Consecutive periods that all have ended by 2026-03-31."""
    a_year = 12 if drawn.kind == "month" else 4
    newest = 2026 * a_year + a_year // 4 - 1 - drawn.last
    return [
        period(drawn.kind, number // a_year, number % a_year + 1)  # type: ignore[arg-type]
        for number in range(newest - drawn.count + 1, newest + 1)
    ]


def _heading(drawn: Drawn, of: Period) -> Any:
    if drawn.spelled == "day":
        return of.end
    number = of.end.month if drawn.kind == "month" else of.end.month // 3
    return drawn.spelled.format(
        m=SHORT[of.end.month - 1], n=number, y=of.end.year, s=of.end.year % 100
    )


def _written(drawn: Drawn) -> tuple[list[list[Any]], dict[tuple[Any, ...], Decimal]]:
    """The rows of the sheet, and what they mean."""
    scenarios = ["actual", "budget"] if drawn.scenarios else ["actual"]
    heads = [(of, said) for of in _periods(drawn) for said in scenarios]
    truth: dict[tuple[Any, ...], Decimal] = {}
    corner = drawn.unit if drawn.unit_at == "corner" else None
    aside = drawn.unit_at == "column"
    top: list[list[Any]] = [
        [corner, *([None] if aside else []), *(_heading(drawn, p) for p, _ in heads)]
    ]
    if drawn.scenarios:
        top.append([None, *([None] if aside else []), *(said.title() for _, said in heads)])
    body: list[list[Any]] = []
    for place, (metric, label) in enumerate(drawn.metrics.items(), 2):
        money = metric in MONEY
        text = f"{label} ({drawn.unit})" if money and drawn.unit_at == "label" else label
        unit = [drawn.unit if money else "#"] if aside else []
        values: list[Any] = []
        for at, (of, said) in enumerate(heads):
            if drawn.gap and (at + place) % 3 == 0:
                values.append(None if at % 2 else "n/a")
                continue
            shown = Decimal(17 * place + 3 * at) + (Decimal("0.5") if money else 0)
            truth[metric, of, said] = shown * (drawn.scale if money else 1)
            values.append(shown)
        body.append([text, *unit, *values])
    table = [*top, *body]
    if drawn.down:
        width = max(map(len, table))
        table = [
            list(row)
            for row in zip(*(row + [None] * (width - len(row)) for row in table), strict=True)
        ]
    above: list[list[Any]] = [["Acme board pack"], []] if drawn.title else []
    if drawn.unit_at == "note":
        above.append(
            [f"All figures {'' if 'in ' in drawn.unit else 'in '}{drawn.unit}, unaudited."]
        )
        above.append([])
    below: list[list[Any]] = [[], ["Figures of 2026 are preliminary."]] if drawn.notes else []
    return [*above, *table, *below], truth


@settings(max_examples=150, deadline=None)
@given(layouts)
def test_a_clear_workbook_is_read_whole_and_right(drawn: Drawn) -> None:
    rows, truth = _written(drawn)
    readings = read(
        sheet_of(filled(rows), "Figures"), profile=Profile("acme"), as_of=date(2026, 4, 12)
    )
    taken = {
        (r.metric.id, r.period, r.scenario): r.value
        for r in readings
        if r.status == "used" and r.metric
    }
    wrong = {key: value for key, value in taken.items() if truth.get(key) != value}
    assert wrong == {}
    lost = {key for key in truth if key not in taken}
    assert lost == set(), [r.reason for r in readings if r.status == "queued"]
