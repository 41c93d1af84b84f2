"""From a cell to a figure in its unit, or to the question that must be answered first.

Belongs here: which of several statements counts, and when they leave a figure open.
Does not belong here: finding cells, labels or notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pipelines.finance.kpi.blocks import Row, Value
from pipelines.finance.kpi.mapping import Decision, Profile
from pipelines.finance.kpi.numbers import number_of
from pipelines.finance.kpi.statements import Stated
from pipelines.finance.kpi.units import CANDIDATES, Unit, format_of
from pipelines.finance.kpi.vocabulary import Metric

_LARGEST = Decimal(10) ** 18


@dataclass(frozen=True)
class Context:
    """What is known of a row beside its cells. `label` is the unit that the label states."""

    metric: Metric
    profile: Profile
    decision: Decision | None
    label: Unit
    stated: Stated
    currencies: frozenset[str]


@dataclass(frozen=True)
class Figure:
    """An exact figure: `currency` for money alone, percentages in points (45 is 45 %)."""

    value: Decimal
    currency: str | None
    scale: int


@dataclass(frozen=True)
class _Raw:
    """A cell's number, the unit it carries itself, and what it is divided by when shown."""

    value: Decimal
    own: Unit
    shown_as: int = 1
    written: bool = False


class Open(Exception):
    """Why a figure waits for a person; the message is a whole sentence."""


def settle(row: Row, value: Value, context: Context) -> Figure:
    """The figure of one cell; Open where the workbook leaves it open."""
    raw = _raw(value)
    metric, decision = context.metric, context.decision
    near = _first(context.label, row.unit, value.unit)
    if metric.kind == "money":
        figure = _money(raw, near, context)
    else:
        figure = _other(raw, near, row, context)
    if decision and decision.sign:
        figure = Figure(figure.value * decision.sign, figure.currency, figure.scale)
    if abs(figure.value) >= _LARGEST:
        raise Open("The figure is larger than any company's.")
    if figure.value < 0 and not (decision and decision.sign) and not metric.signed:
        raise Open(f"{metric.title} is below zero; say by a sign what that means.")
    return figure


def _raw(value: Value) -> _Raw:
    cell = value.cell
    if cell.kind == "number":
        said = format_of(cell.number_format)
        number = Decimal(cell.value)
        if said.unit.kind == "percent":
            number *= 100
        return _Raw(number, said.unit, said.shown_as)
    if cell.kind == "error":
        raise Open(f"The cell shows the error {cell.value}.")
    found = number_of(cell.value) if cell.kind == "text" else None
    if found is None:
        raise Open(f"“{cell.value[:60]}” is not a number that can be read in one way alone.")
    return _Raw(found.value, found.unit, written=True)


def _first(*units: Unit | None) -> Unit:
    """Each part from the nearest that states it."""
    made = Unit()
    for unit in units:
        if unit is not None:
            made = Unit(
                made.currency or unit.currency, made.scale or unit.scale, made.kind or unit.kind
            )
    return made


def _money(raw: _Raw, near: Unit, context: Context) -> Figure:
    metric = context.metric
    kind = near.kind or raw.own.kind
    if kind is not None:
        raise Open(f"{metric.title} is money, but the workbook says {kind}.")
    currency = _currency(raw.own, near, context)
    scale = _scale(raw, near, context)
    return Figure(raw.value * scale, currency, scale)


def _currency(own: Unit, near: Unit, context: Context) -> str:
    decision, stated = context.decision, context.stated.currency
    if decision and decision.currency:
        return decision.currency
    said = near.currency or stated
    if context.stated.currency_doubt and not (own.currency or near.currency):
        raise Open(context.stated.currency_doubt)
    if own.currency and said and not _agree(own.currency, said):
        raise Open(f"The cell is shown in {own.currency}, but a label or note says {said}.")
    both = [each for each in (own.currency, said) if each]
    exact = [each for each in both if each not in CANDIDATES]
    if exact:
        return exact[0]
    usual = context.profile.currency
    if not both:
        if usual is None:
            raise Open("No currency is stated, and none is known for the company.")
        return usual
    possible = CANDIDATES[both[0]]
    if usual in possible:
        return str(usual)
    named = [code for code in possible if code in context.currencies]
    if len(named) == 1:
        return named[0]
    raise Open(f"The sign {both[0]} is that of several currencies: {', '.join(possible)}.")


def _agree(one: str, other: str) -> bool:
    return one == other or other in CANDIDATES.get(one, ()) or one in CANDIDATES.get(other, ())


def _scale(raw: _Raw, near: Unit, context: Context) -> int:
    """What a cell's number is multiplied by, to be whole units of its currency.

    A format that ends in commas shows a thousandth of what the cell holds, so that a
    label's “k” then describes the picture and not the number.
    """
    decision, metric, stated = context.decision, context.metric, context.stated
    if decision and decision.scale:
        return decision.scale
    if raw.own.scale and near.scale and raw.own.scale != near.scale:
        raise Open("The cell and its label state different scales.")
    said = raw.own.scale or near.scale
    if said is None and stated.scale_doubt and not near.currency:
        raise Open(stated.scale_doubt)
    if said is None and stated.scale:
        if metric.basis == "rate":
            raise Open(f"A note speaks of thousands or more; it may not mean {metric.title}.")
        if near.currency and stated.scale_of:
            raise Open(
                f"The label says {near.currency}, a note {stated.scale_of} in {stated.scale:,}s."
            )
        if raw.written and raw.own.currency:
            raise Open("The cell is written with its currency; a note speaks of thousands or more.")
        said = stated.scale
    if raw.shown_as == 1:
        return said or 1
    if said in (None, raw.shown_as):
        return 1
    raise Open("The cell's format divides it by another power of ten than its label says.")


def _other(raw: _Raw, near: Unit, row: Row, context: Context) -> Figure:
    metric, decision = context.metric, context.decision
    kind = near.kind or raw.own.kind
    if near.currency or raw.own.currency:
        said = near.currency or raw.own.currency
        raise Open(f"{metric.title} is no money, but the workbook says {said}.")
    if kind is not None and kind != metric.kind:
        raise Open(f"{metric.title} is given in {metric.kind}, but the workbook says {kind}.")
    scale = (decision and decision.scale) or raw.own.scale or near.scale or 1
    if raw.shown_as > 1:
        raise Open("The cell's format shows a part of what it holds.")
    if metric.kind == "percent":
        return _percent(raw, near, row, context)
    return Figure(raw.value * scale, None, scale)


def _percent(raw: _Raw, near: Unit, row: Row, context: Context) -> Figure:
    metric, decision = context.metric, context.decision
    if raw.own.kind == "percent":
        points = raw.value
    elif decision and decision.percent:
        points = raw.value * (100 if decision.percent == "share" else 1)
    else:
        plain = [_plain(value) for value in row.values]
        largest = max((abs(number) for number in plain if number is not None), default=Decimal(0))
        limit = Decimal(metric.most or 100) / 100
        if largest <= (limit if near.kind == "percent" else max(limit, Decimal(2))):
            raise Open(f"{raw.value} may be a share of one or a percentage: no percent sign tells.")
        points = raw.value
    most = metric.most
    if most is not None and not -most <= points <= most:
        raise Open(f"{metric.title} can't be {points.normalize():f} %.")
    return Figure(points, None, 1)


def _plain(value: Value) -> Decimal | None:
    """A cell's number, where it is one without a percent sign."""
    cell = value.cell
    if cell.kind != "number" or format_of(cell.number_format).unit.kind == "percent":
        return None
    return Decimal(cell.value)
