"""How a fund, or one of its holdings, stands on a day: gross, net, and what is not known.

Belongs here: putting a fund's flows, trades, marks and terms together. Does not belong
here: the measures themselves (`returns`, `waterfall`), or reading tables.

Gross is between the fund and its companies, net between the investors and the fund:
after fees, expenses and carried interest, paid or accrued. What would go to the manager
were everything sold on the day for its marks is accrued, whichever way its carry is
paid: over a whole life a deal-by-deal agreement with a clawback comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pipelines.finance.flows import Flow, distributed, paid_in, total
from pipelines.finance.returns import (
    Irr,
    Multiples,
    Reason,
    moic,
    multiples,
    over_period,
    since_inception,
)
from pipelines.finance.tiers import Terms
from pipelines.finance.waterfall import whole_fund


@dataclass(frozen=True)
class Trade:
    """A deal of a fund in a holding: shares that came (or went), money got (or paid)."""

    position: str
    on: date
    shares: Decimal
    amount: Decimal


Marks = Mapping[str, Mapping[date, Decimal]]
"""Position → day that was valued → value."""


@dataclass(frozen=True)
class Book:
    """All of one fund, in its currency. Flows count on the day the money moved.

    `investors` are their payments (negative) and receipts; `carried` is what the manager
    got as carried interest, `drawn` what was called out of commitments, `recallable`
    what of the distributions may be called again, `to_invest` what was called for
    investments: these four are positive.
    """

    committed: Decimal
    terms: Terms | None
    investors: Sequence[Flow] = ()
    carried: Sequence[Flow] = ()
    drawn: Sequence[Flow] = ()
    recallable: Sequence[Flow] = ()
    to_invest: Sequence[Flow] = ()
    trades: Sequence[Trade] = ()
    marks: Marks = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """What a fund holds on a day. `value` is None where a holding was never marked by then.

    `unmarked` holdings have no mark of that very day: they count at their last one, and
    `oldest` is the day of the oldest mark that counts.
    """

    value: Decimal | None
    positions: int
    unmarked: int
    oldest: date | None


@dataclass(frozen=True)
class Standing:
    """A fund on a day. Amounts that rest on an unknown value are None, and say so in `reason`."""

    on: date
    net_flow: Decimal
    unfunded: Decimal
    invested: Decimal
    realized: Decimal
    held: Held
    cash: Decimal
    accrued_carry: Decimal | None
    net_value: Decimal | None
    multiples: Multiples
    moic: Decimal | Reason
    gross: Irr
    net: Irr


def held(trades: Iterable[Trade], marks: Marks, on: date) -> Held:
    """The holdings whose shares are above 0 on a day, at their last marks by that day."""
    shares: dict[str, Decimal] = {}
    for trade in trades:
        if trade.on <= on:
            shares[trade.position] = shares.get(trade.position, Decimal(0)) + trade.shares
    days = {
        position: max((day for day in marks.get(position, {}) if day <= on), default=None)
        for position, count in shares.items()
        if count > 0
    }
    known = {position: day for position, day in days.items() if day is not None}
    value = total(marks[position][day] for position, day in known.items())
    return Held(
        value if len(known) == len(days) else None,
        len(days),
        sum(day != on for day in days.values()),
        min(known.values(), default=None),
    )


def standing(book: Book, on: date) -> Standing:
    """A fund on a day, by what had happened until then."""
    investors = _until(book.investors, on)
    trades = [Flow(trade.on, trade.amount) for trade in book.trades if trade.on <= on]
    invested, realized = paid_in(trades), distributed(trades)
    now = held(book.trades, book.marks, on)
    carried = total(flow.amount for flow in _until(book.carried, on))
    came = total(flow.amount for flow in _until(book.to_invest, on)) + realized
    cash = came - invested - distributed(investors) - carried
    accrued = None if now.value is None else _accrued(book, on, now.value + cash)
    net = None if now.value is None or accrued is None else now.value + cash - accrued
    unfunded = (
        book.committed
        - total(flow.amount for flow in _until(book.drawn, on))
        + total(flow.amount for flow in _until(book.recallable, on))
    )
    return Standing(
        on=on,
        net_flow=total(flow.amount for flow in investors),
        unfunded=unfunded,
        invested=invested,
        realized=realized,
        held=now,
        cash=cash,
        accrued_carry=accrued,
        net_value=net,
        multiples=multiples(investors, net, book.committed),
        moic=Reason.NO_VALUE if now.value is None else moic(invested, realized, now.value),
        gross=since_inception(trades, now.value, on),
        net=since_inception(investors, net, on),
    )


def _accrued(book: Book, on: date, value: Decimal) -> Decimal | None:
    """The carried interest still to be paid, were all that is there paid out on the day."""
    if book.terms is None:
        return None
    investors, carried = _until(book.investors, on), _until(book.carried, on)
    paid = [Flow(flow.on, -flow.amount) for flow in investors if flow.amount < 0]
    back = [flow for flow in investors if flow.amount > 0]
    last = [Flow(on, value)] if value > 0 else []
    made = whole_fund(paid, [*back, *carried, *last], book.terms)
    return max(made.gp - total(flow.amount for flow in carried), Decimal(0))


def between(
    flows: Iterable[Flow], values: Mapping[date, Decimal | None], start: date, end: date
) -> Irr:
    """The IRR of a period, its values at both ends looked up; NO_VALUE where one is unknown."""
    opening, closing = values.get(start), values.get(end)
    if opening is None or closing is None:
        return Irr(None, Reason.NO_VALUE)
    return over_period(flows, opening, closing, start, end)


def _until(flows: Iterable[Flow], on: date) -> list[Flow]:
    return [flow for flow in flows if flow.on <= on]
