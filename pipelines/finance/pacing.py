"""A fund's money over time: the J-curve so far, what is reserved, and what is to come.

Belongs here: cumulative series of past flows, reserves against what can still be
called, and projected calls and distributions. Does not belong here: a single return
(`returns`).

Source of the projection: Takahashi and Alexander, Illiquid Alternative Asset Fund
Modeling, Yale University Investments Office (2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.errors import FinanceError
from pipelines.finance.flows import Flow, distributed, paid_in, total
from pipelines.finance.money import CENT, EXACT, exact
from pipelines.finance.returns import Irr, Multiples, multiples, since_inception


@dataclass(frozen=True)
class Point:
    """A fund on one day: what went in and out so far, and what it is worth.

    `net` is distributions less contributions, the J-curve; `value` is None where no
    valuation of that day is known, and then so are the multiples and the IRR.
    """

    on: date
    paid_in: Decimal
    distributed: Decimal
    net: Decimal
    value: Decimal | None
    multiples: Multiples | None
    irr: Irr | None


def j_curve(
    flows: Iterable[Flow], values: Mapping[date, Decimal], days: Iterable[date]
) -> list[Point]:
    """The fund on each of the days. `values`: net asset values by day, exactly of that day.

    A day without a value keeps its flows and has no return: a missing valuation is
    shown, not bridged.
    """
    given = sorted(flows, key=lambda flow: flow.on)
    made = []
    for on in sorted(days):
        so_far = [flow for flow in given if flow.on <= on]
        paid, back = paid_in(so_far), distributed(so_far)
        value = values.get(on)
        if value is None:
            made.append(Point(on, paid, back, back - paid, None, None, None))
            continue
        told = multiples(so_far, value)
        made.append(
            Point(on, paid, back, back - paid, value, told, since_inception(so_far, value, on))
        )
    return made


@dataclass(frozen=True)
class Reserves:
    """What a fund can still do, in its currency.

    `unfunded` is committed less called plus what may be recalled; `deployable` is that,
    and cash, less fees still to come and reserves; below 0 the fund is over-reserved.
    `reserve_ratio` is reserves / cost invested so far, None where nothing is invested.
    """

    unfunded: Decimal
    reserved: Decimal
    deployable: Decimal
    reserve_ratio: Decimal | None


def reserves(
    *,
    committed: Decimal,
    called: Decimal,
    recallable: Decimal,
    cash: Decimal,
    fees_to_come: Decimal,
    invested: Decimal,
    planned: Mapping[str, Decimal],
) -> Reserves:
    """Reserves by company (`planned`: follow-on money set aside) against what can be called."""
    for name, amount in planned.items():
        if exact(amount) < 0:
            raise FinanceError(f"The reserve for {name} is {amount}; it must be 0 or more.")
    unfunded = committed - called + recallable
    reserved = total(planned.values())
    deployable = unfunded + cash - fees_to_come - reserved
    share = EXACT.divide(reserved, invested) if invested else None
    return Reserves(unfunded, reserved, deployable, share)


@dataclass(frozen=True)
class Pace:
    """How a kind of fund is expected to behave, by year of its life; rates are parts of 1.

    `calls`: the part of what is unfunded that is called in year 1, 2, …; the last one
    holds for all later years. `growth` of what is held a year, `yield_rate` the least
    part that is distributed, `bow` how late distributions come, `life` in years.
    """

    calls: Sequence[Decimal]
    growth: Decimal
    yield_rate: Decimal
    bow: Decimal
    life: int

    def __post_init__(self) -> None:
        if not self.calls or self.life < 1:
            raise FinanceError("A pace needs a rate of calls for year 1, and a life of a year.")
        for rate in (*self.calls, self.yield_rate):
            if not 0 <= exact(rate) <= 1:
                raise FinanceError(f"A rate of calls or yield lies between 0 and 1; got {rate}.")
        if exact(self.growth) <= -1 or exact(self.bow) < 0:
            raise FinanceError("Growth must be above -1, and the bow 0 or more.")


@dataclass(frozen=True)
class Year:
    """One year of a projection: flows in it, and what stands at its end."""

    number: int
    called: Decimal
    distributed: Decimal
    unfunded: Decimal
    value: Decimal


def project(
    pace: Pace,
    committed: Decimal,
    *,
    after_year: int = 0,
    unfunded: Decimal | None = None,
    value: Decimal = Decimal(0),
) -> list[Year]:
    """A fund's years to the end of its life, in cents; from the start or from where it stands.

    In year t: calls = rate(t) * unfunded; grown = value * (1 + growth); distributions =
    grown * max(yield, (t / life) ** bow), so all of it in the last year; value = grown +
    calls - distributions.
    """
    left = committed if unfunded is None else unfunded
    made = []
    for t in range(after_year + 1, pace.life + 1):
        rate = pace.calls[min(t, len(pace.calls)) - 1]
        called = _cents(EXACT.multiply(left, rate))
        grown = EXACT.multiply(value, 1 + pace.growth)
        age = EXACT.divide(Decimal(t), Decimal(pace.life))
        part = max(pace.yield_rate, EXACT.power(age, pace.bow))
        back = _cents(EXACT.multiply(grown, part))
        left -= called
        value = _cents(grown) + called - back
        made.append(Year(t, called, back, left, value))
    return made


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, context=EXACT)
