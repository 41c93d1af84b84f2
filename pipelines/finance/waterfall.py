"""How a fund's proceeds are split between its investors and its manager's carried interest.

Belongs here: the fund as a whole (European), deal by deal (American), and the clawback
at the end. Does not belong here: the tiers of one distribution (`tiers`), management
fees (`fees`), or which investor gets which part: `lp` is what all who bear carry get.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from pipelines.errors import FinanceError
from pipelines.finance.flows import Flow, total
from pipelines.finance.money import CENT, EXACT, exact
from pipelines.finance.tiers import Account, Split, Terms


@dataclass(frozen=True)
class Carry:
    """All distributions split, and what is owed at the end.

    `capital_due` and `preferred_due` are what the investors still lack on the last day;
    `clawback` is what the manager has to give back then (`clawback` the function).
    """

    splits: tuple[Split, ...]
    as_of: date | None
    capital_due: Decimal
    preferred_due: Decimal
    clawback: Decimal = Decimal(0)

    @property
    def lp(self) -> Decimal:
        """What the investors got, before a clawback."""
        return total(split.lp for split in self.splits)

    @property
    def gp(self) -> Decimal:
        """The carried interest paid, before a clawback."""
        return total(split.gp for split in self.splits)


@dataclass(frozen=True)
class Deal:
    """One investment: what it cost, what it brought, and the day it was wholly realized.

    `costs` and `proceeds` are positive amounts. A written-off deal has no proceeds and
    a `realized_on`; None while some of it is still held.
    """

    name: str
    costs: tuple[Flow, ...]
    proceeds: tuple[Flow, ...] = ()
    realized_on: date | None = None
    fees: tuple[Flow, ...] = ()
    """The part of fees and expenses that is allocated to it."""


def whole_fund(
    contributions: Iterable[Flow],
    distributions: Iterable[Flow],
    terms: Terms,
    as_of: date | None = None,
) -> Carry:
    """The European way: no carry before all contributions and their hurdle came back.

    Amounts are positive; contributions of a day count before its distributions, and what
    is paid in after carry was paid comes back first again. `as_of` is the day that what
    is due at the end is told for, the last flow's if not given.
    """
    account = Account(terms)
    paid = [(flow.on, 0, flow.amount) for flow in _positive(contributions)]
    back = [(flow.on, 1, flow.amount) for flow in _positive(distributions)]
    splits = []
    for on, kind, amount in sorted(paid + back):
        if kind:
            splits.append(account.pay_out(on, amount, None))
        else:
            account.pay_in(on, amount)
    return _closed(account, splits, as_of)


def deal_by_deal(
    deals: Sequence[Deal],
    terms: Terms,
    *,
    carry_losses: bool,
    as_of: date | None = None,
    value: Decimal = Decimal(0),
) -> Carry:
    """The American way: carry on each deal as it pays, with a clawback at the end.

    Without `carry_losses` every deal stands alone. With it, a deal's proceeds first make
    good the cost, fees and hurdle of all deals realized or written off by that day. The
    clawback is what `clawback` says of all deals together, fees included, were what is
    still held sold for `value` on the last day.
    """
    paid = [flow for deal in deals for flow in _positive([*deal.costs, *deal.fees])]
    back = [flow for deal in deals for flow in _positive(deal.proceeds)]
    fund = whole_fund(paid, back, terms, as_of)
    splits = _pooled(deals, terms) if carry_losses else _alone(deals, terms)
    carried = total(split.gp for split in splits)
    lacking = _lacking(paid, splits, terms, fund.as_of) - value
    profit = value + total(f.amount for f in back) - total(f.amount for f in paid)
    due = clawback(carried, profit, lacking, terms)
    return Carry(tuple(splits), fund.as_of, fund.capital_due, fund.preferred_due, due)


def _alone(deals: Sequence[Deal], terms: Terms) -> list[Split]:
    splits: list[Split] = []
    for deal in deals:
        splits += (
            replace(split, deal=deal.name)
            for split in whole_fund([*deal.costs, *deal.fees], deal.proceeds, terms).splits
        )
    return sorted(splits, key=lambda split: split.on)


def _pooled(deals: Sequence[Deal], terms: Terms) -> list[Split]:
    """One account of all that was realized; a deal joins it as it first pays or is written off."""
    account = Account(terms)
    joins: list[tuple[date, int, str, Flow]] = []
    for deal in deals:
        days = [flow.on for flow in deal.proceeds]
        if deal.realized_on is not None:
            days.append(deal.realized_on)
        if not days:
            continue
        first = min(days)
        joins += [(max(f.on, first), 0, deal.name, f) for f in (*deal.costs, *deal.fees)]
        joins += [(flow.on, 1, deal.name, flow) for flow in deal.proceeds]
    splits = []
    for on, kind, name, flow in sorted(joins, key=lambda join: join[:3]):
        if kind:
            splits.append(account.pay_out(on, flow.amount, name))
        else:
            account.until(on)
            account.pay_in(flow.on, flow.amount)
    return splits


def _lacking(
    paid: Sequence[Flow], splits: Sequence[Split], terms: Terms, as_of: date | None
) -> Decimal:
    """What the investors lack to their capital and hurdle, by all that they really got.

    What they got beyond both pays for what they paid in later, before that bears interest.
    """
    account = Account(Terms(terms.hurdle, Decimal(0), Decimal(0), terms.compounds))
    beyond = Decimal(0)
    came = [(flow.on, 0, flow.amount) for flow in paid]
    went = [(split.on, 1, split.lp) for split in splits]
    for on, kind, amount in sorted(came + went):
        if kind:
            beyond += account.pay_out(on, amount, None).split_lp
        else:
            used = min(beyond, amount)
            beyond -= used
            account.pay_in(on, amount - used)
    end = _closed(account, (), as_of)
    return end.capital_due + end.preferred_due


def clawback(
    carried: Decimal,
    profit: Decimal,
    lacking: Decimal,
    terms: Terms,
    tax_rate: Decimal = Decimal(0),
) -> Decimal:
    """What the manager gives back at the end of a fund: the greater of two excesses.

    The carry above its part of the fund's whole profit, and what the investors lack to
    their capital and hurdle; at most the carry after tax (ILPA Principles 3.0,
    Clawback, prefers it before tax: `tax_rate` 0).
    """
    deserved = EXACT.multiply(terms.carry, max(profit, Decimal(0)))
    excess = max(EXACT.subtract(carried, deserved), lacking, Decimal(0))
    most = EXACT.multiply(carried, 1 - exact(tax_rate))
    return min(excess, most).quantize(CENT, context=EXACT)


def allocate(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """An amount by weights, to the cent and with nothing lost: the last cents go to the largest."""
    whole = total(weights.values())
    if whole <= 0 or any(weight < 0 for weight in weights.values()):
        raise FinanceError(f"Weights must be 0 or more and not all 0; got {dict(weights)}.")
    parts = {
        name: EXACT.divide(EXACT.multiply(amount, weight), whole).quantize(
            CENT, ROUND_DOWN, context=EXACT
        )
        for name, weight in weights.items()
    }
    parts[max(weights, key=lambda name: weights[name])] += amount - total(parts.values())
    return parts


def _closed(account: Account, splits: Sequence[Split], as_of: date | None) -> Carry:
    end = as_of or account.at
    if end is not None:
        if account.at is not None and end < account.at:
            raise FinanceError(f"Flows go on to {account.at}, after the day asked for, {end}.")
        account.until(end)
    due = account.unpaid.quantize(CENT, context=EXACT)
    return Carry(tuple(splits), end, account.capital, due)


def _positive(flows: Iterable[Flow]) -> list[Flow]:
    given = list(flows)
    for flow in given:
        if flow.amount < 0:
            raise FinanceError(
                f"A waterfall takes positive amounts; got {flow.amount} on {flow.on}."
            )
    return given
